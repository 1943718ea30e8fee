import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// Two hundred connections at once, while root's logins go on.
@Suite("swiftotp-helper: floods", .serialized)
struct FloodTests {
    @Test("200 connections at once: each is answered, logins go on, and nothing stays")
    func flood() async throws {
        let helper = try await Helper()
        // As many users as it takes, each with all the connections that one may have.
        var clients: [Client] = []
        for _ in 0..<13 { clients.append(try Client(helper, try await Account.make("flood"))) }
        try await clients[0].enroll()
        let before = try await clients[0].record
        let calm = try await medianLogin(helper.store)
        let attack = Task { [clients] in
            try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for client in clients {
                    group.addTask {
                        // The first has more than it may.
                        let isGreedy = client.user == clients[0].user
                        return try await flood(client, isGreedy ? 200 : 16)
                    }
                }
                return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
            }
        }
        try await Task.sleep(for: .seconds(1))
        var peak = 0
        let busy = try await medianLogin(helper.store)
        for pid in helper.serving { peak = max(peak, residentKilobytes(of: pid)) }
        let (answered, refused) = try await attack.value
        #expect(answered >= 13 * 16 && refused >= 184)
        // Two processors that start hundreds of programs a second: generous, yet a login that
        // waited for a lock of the flood would take seconds.
        #expect(busy < 3 * calm + 10_000_000, "\(calm) ns calm, \(busy) ns in the flood")
        #expect(peak < 8_192)
        try await helper.rest()
        #expect(try await clients[0].record == before)
    }

    /// Floods for four seconds; how many connections were answered, and how many refused.
    private func flood(_ client: Client, _ count: Int) async throws -> (Int, Int) {
        var (answered, refused) = (0, 0)
        let end = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < end {
            let reply = try #require(try await client.run("flood \(count)").last)
            #expect((reply.answered ?? 0) + (reply.refused ?? 0) == count)
            answered += reply.answered ?? 0
            refused += reply.refused ?? 0
        }
        return (answered, refused)
    }

    @Test("One user who holds all the connections that one may have keeps nobody else out")
    func hoarding() async throws {
        let helper = try await Helper()
        let hoarder = try Client(helper, try await Account.make("hoarder"))
        let other = try Client(helper, try await Account.make("other"))
        try await other.enroll()
        let held = try await withThrowingTaskGroup(of: [Reply].self) { group in
            for _ in 0..<20 { group.addTask { try await hoarder.run("enrolled", "wait 25") } }
            _ = try await patiently("the hoarder to have all") {
                helper.serving.count == 16 ? true : nil
            }
            let replies = try await other.run("enrolled")
            #expect(replies.first?.flag == true)
            try await Task.sleep(for: .seconds(1))
            #expect(helper.serving.count <= 16)
            return try await group.reduce(into: []) { $0.append(contentsOf: $1) }
        }
        #expect(held.count(where: { $0.flag == false }) == 16)
        #expect(held.count(where: { $0.why == 8 }) == 4)
        try await helper.rest()
        // What was held is free again.
        #expect(try await hoarder.run("enrolled").first?.flag == false)
    }

    /// The median of logins through libpam in nanoseconds: of a user without a record, which reads
    /// the same store.
    private func medianLogin(_ store: String) async throws -> Int {
        let scratch = try Scratch()
        _ = try scratch.folder("pam.d")
        try scratch.write(
            """
            auth required \(Build.module()) store=\(store)
            account required pam_permit.so

            """, to: "pam.d/login", mode: 0o644)
        let output = try await Command.output(
            [Build.product("pam-dialogue")],
            input: """
                confdir \(scratch.file("pam.d"))
                service login
                user daemon
                fail-delay note
                answer 123456
                rounds 2000
                quit

                """)
        struct Rounds: Decodable {
            let rounds: Int
            let medianNs: Int
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let rounds = try decoder.decode(Rounds.self, from: Data(output.utf8))
        #expect(rounds.rounds == 2000)
        return rounds.medianNs
    }
}

/// The most memory that a process has had; 0 where it is gone.
func residentKilobytes(of pid: pid_t) -> Int {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0
}
