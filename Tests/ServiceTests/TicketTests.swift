import Foundation
import TestSupport
import Testing

/// Enrollments that begin on one connection and finish after something has changed on another.
@Suite("swiftotpd: unfinished enrollments")
struct TicketTests {
    /// What root does in the meantime, and whether that ends the enrollment.
    static let changes: [(steps: [String], ends: Bool)] = [
        ([#"request {"reset":{}}"#], true),
        (["disable"], true),
        (["remove other"], true),
        (["begin other", "confirm ="], true),
        ([#"request {"issue":{"seconds":600}}"#], true),
        (["codes"], true),
        (["begin third", "confirm ="], false),
        ([#"request {"unlock":{}}"#], false),
    ]

    /// The reply to the code that confirms what was begun.
    private func confirm(_ begun: Reply.Begun, by client: Client) async throws -> Reply {
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(begun.key)")
        let code = try await phone.code()
        return try await client.run(
            #"request {"confirm":{"ticket":"\#(begun.ticket)","code":"\#(code)"}}"#)[0]
    }

    @Test(
        "What a proof has begun is stored after something ended, or lost without a reason",
        arguments: changes.indices)
    func proven(index: Int) async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("ticketed"))
        let codes = try await client.enroll()
        let root = try Client.root(service)
        try await root.run("about \(client.user)", "begin other", "confirm =")
        let begun = try #require(try await client.run("begin tablet proof \(codes[1])")[0].begun)
        let roots = try #require(
            try await root.run("about \(client.user)", "begin roots").last?.begun)
        let (steps, ends) = Self.changes[index]
        let done = try await root.run(["about \(client.user)"] + steps)
        #expect(done.last?.kind == "done", "\(done)")
        let reply = try await confirm(begun, by: client)
        #expect(ends ? reply.why == "ticketVoid" : reply.kind == "done", "\(steps)")
        let names = try #require(try await client.run("status")[0].authenticators)
        #expect(names.contains("tablet") == !ends, "\(names)")
        guard ends else { return }
        // Root may do anything, but not with an enrollment that was begun for another user.
        let late = try await root.run(
            "about \(client.user)", #"request {"keep":{"ticket":"\#(roots.ticket)"}}"#)
        #expect(late.last?.why == "ticketVoid")
    }

    @Test("A first enrollment without a proof is stored after the owner's, or after a reset")
    func first() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("ticketed"))
        let begun = try #require(try await client.run("begin")[0].begun)
        try await client.enroll()
        #expect(try await confirm(begun, by: client).why == "enrolledMeanwhile")
        let root = try Client.root(service)
        try await root.run("about \(client.user)", #"request {"reset":{}}"#)
        #expect(try await confirm(begun, by: client).why == "ticketVoid")
        #expect(try await client.run("status")[0].authenticators == [])
        try await client.enroll()
    }
}
