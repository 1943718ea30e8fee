import FleetStore
import Foundation
import Testing

@testable import FleetNetwork
@testable import swiftotp_server

/// What the pages say of the metrics against what a server prints.
@Suite("The metrics in the manual and the guide")
struct MetricsPageTests {
    /// What a server prints that has done nothing yet.
    private let text =
        FleetMetrics().text(hosts: 0) + ServerMetrics(of: FleetState(), isReady: true).text

    /// The names in it, in alphabetic order.
    private var printed: [String] {
        text.matches(of: #/(?m)^# TYPE (\w+) (?:counter|gauge|histogram)$/#)
            .map { String($0.1) }.sorted()
    }

    @Test("A name is printed twice, or without its type")
    func types() {
        #expect(printed.count > 10 && Set(printed).count == printed.count, "\(printed)")
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let name = String(line.prefix { $0 != "{" && $0 != " " })
            #expect(printed.contains(name.replacing(#/_(bucket|sum|count)$/#, with: "")), "\(line)")
        }
    }

    @Test("The guide has no row for one of them, or one too many, or no alarm for it")
    func guide() throws {
        let rows = try Page(Page.guide).text.split(separator: "\n")
            .compactMap { $0.wholeMatch(of: #/\| `(swiftotp_\w+)`[^|]* \| (.+) \|/#) }
        #expect(Set(rows.map { String($0.1) }).sorted() == printed)
        #expect(rows.allSatisfy { $0.2.count > 5 })
    }

    @Test("The manual has no entry for one of them, or one too many")
    func manual() throws {
        let told = try Page(Page.server).lines(below: "# METRICS")
            .compactMap { $0.wholeMatch(of: #/\*(swiftotp_\w+)\*/#) }.map { String($0.1) }
        #expect(told.sorted() == printed)
    }

    @Test("The manual or the guide lacks a reason for which something is refused")
    func reasons() throws {
        let entry = try Page(Page.server).lines(below: "# METRICS")
            .drop { $0 != "*swiftotp_refusals_total*" }.dropFirst().prefix { $0.hasPrefix("\t") }
            .joined()
        let row =
            try Page(Page.guide).text.split(separator: "\n")
            .first { $0.hasPrefix("| `swiftotp_refusals_total`") } ?? ""
        for reason in FleetCounts.Refusal.allCases.map(\.rawValue) {
            #expect(entry.contains("*\(reason)*") && row.contains("\"\(reason)\""), "\(reason)")
            let line = "swiftotp_refusals_total{reason=\"\(reason)\"} 0\n"
            #expect(text.contains(line), "\(reason)")
        }
    }
}
