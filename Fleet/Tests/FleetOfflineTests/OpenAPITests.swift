import Foundation
import TestSupport
import Testing

/// The folder of schemathesis.
private let schemathesis = ProcessInfo.processInfo.environment["SCHEMATHESIS"]

/// `make proof` runs it, because schemathesis comes from PyPI.
@Suite(
    "The description of the servers' API",
    .enabled(if: schemathesis != nil, "by `make proof`"))
struct OpenAPITests {
    @Test("A server answers a request of docs/openapi.yaml in another way than it says")
    func described() async throws {
        let fleet = try await LiveFleet()
        let port = try await fleet.open()
        let path = "PATH=\(try #require(schemathesis)):/usr/bin:/bin"
        let said = try await Built.run(
            [
                path, Project.path("Tests/openapi"), "https://127.0.0.1:\(port)",
                "\(fleet.folder)/keys",
            ])
        let line = try #require(
            said.split(separator: "\n").last { $0.contains("generated") }, "\(said)")
        print("figure: schemathesis: \(line.trimmingCharacters(in: .whitespaces))")
    }
}
