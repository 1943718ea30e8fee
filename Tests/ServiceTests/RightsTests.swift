import Foundation
import TestSupport
import Testing

/// The table of rights, through the real program: each caller, command and target.
@Suite("swiftotpd: who may do what", .timeLimit(.minutes(5)))
struct RightsTests {
    enum Right: String {
        case allowed
        case withProof = "proofNeeded"
        case denied = "rootOnly"
    }

    /// Each command, and what users may do with it to their own account. Commands that end
    /// something come last.
    private static let commands: [(command: String, ofUsers: Right)] = [
        (#"{"policy":{}}"#, .allowed), (#"{"status":{}}"#, .allowed),
        (#"{"verify":{"code":"x"}}"#, .allowed), (#"{"renewBackupCodes":{}}"#, .withProof),
        (#"{"remove":{"name":"phone"}}"#, .withProof), (#"{"revokeTrust":{}}"#, .withProof),
        (device, .withProof), (#"{"confirm":{"ticket":"x","code":"x"}}"#, .allowed),
        (#"{"speak":{"language":"sv","unlessSet":false}}"#, .allowed),
        (#"{"keep":{"ticket":"x"}}"#, .denied),
        (#"{"resync":{"first":"x","second":"x"}}"#, .denied), (#"{"unlock":{}}"#, .denied),
        (#"{"issue":{}}"#, .denied), (#"{"revokeIssued":{}}"#, .denied), (token, .denied),
        (#"{"noteExport":{"names":[]}}"#, .denied),
        (#"{"makeStore":{"startsEmpty":false}}"#, .denied), (#"{"recorded":{}}"#, .denied),
        (#"{"rows":{"of":[]}}"#, .denied), (#"{"keys":{"of":[]}}"#, .denied),
        (#"{"move":{"from":"x","rehearses":false}}"#, .denied),
        (#"{"forget":{"record":"x"}}"#, .denied), (#"{"disable":{}}"#, .withProof),
        (#"{"reset":{}}"#, .denied),
    ]

    private static let device =
        #"{"begin":{"device":{"kind":"totp","algorithm":"SHA1","digits":6,"period":30,"#
        + #""counter":0,"isUnconfirmed":false}}}"#
    private static let token =
        #"{"take":{"rehearses":true,"isMeant":true,"allowsShortKeys":false,"token":{"key":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ","#
        + #""authenticator":{"name":"x","kind":"totp","algorithm":"SHA1","digits":6,"period":30,"#
        + #""drift":0,"nextStep":0,"added":0,"lastUsed":0}}}}"#

    /// The result of each command of `client` about `user`.
    private func rights(
        about user: String?, _ run: ([String]) async throws -> [Reply]
    ) async throws -> [Right] {
        let about = user.map { ["about \($0)"] } ?? []
        let replies = try await run(about + Self.commands.map { "request \($0.command)" })
        try #require(replies.count == Self.commands.count, "\(replies)")
        return replies.map { $0.why.flatMap(Right.init(rawValue:)) ?? .allowed }
    }

    private func expect(
        _ rights: [Right], of caller: String, _ expected: (String, Right) -> Right
    ) {
        for (right, (command, ofUsers)) in zip(rights, Self.commands) {
            #expect(right == expected(command, ofUsers), "\(caller): \(command)")
        }
    }

    @Test("Root may do less than everything, for root or for others")
    func root() async throws {
        let service = try await Service()
        let alice = try Client(service, try await Account.make("alice"))
        try await alice.enroll()
        let root = try Client.root(service)
        for user in [nil, alice.user] {
            expect(try await rights(about: user) { try await root.run($0) }, of: "root") { (_, _) in
                .allowed
            }
        }
    }

    @Test("A user may do more than the table says, or anything about somebody else")
    func users() async throws {
        let service = try await Service()
        let alice = try Client(service, try await Account.make("alice"))
        let mallory = try Client(service, try await Account.make("mallory"))
        try await alice.enroll()
        try await mallory.enroll()
        let before = try alice.record
        for user in [nil, mallory.user] {
            expect(try await rights(about: user) { try await mallory.run($0) }, of: "a user") { $1 }
        }
        for user in [alice.user, "root"] {
            expect(try await rights(about: user) { try await mallory.run($0) }, of: "a stranger") {
                (command, _) in
                command.contains("policy") ? .allowed : .denied
            }
        }
        #expect(try alice.record == before)
    }

    @Test("The owner of a store may not use it, or may use it for somebody else")
    func owners() async throws {
        let account = try await Account.make("owner")
        func run(_ steps: [String]) async throws -> [Reply] {
            try await Client.run(atOwnServiceOf: account, steps)
        }
        expect(try await rights(about: nil, run), of: "an owner") { (_, _) in .allowed }
        let surveys = ["recorded", "rows", "keys", "makeStore", "policy", "forget"]
        expect(try await rights(about: "root", run), of: "an owner about others") { (command, _) in
            surveys.contains { command.contains($0) } ? .allowed : .denied
        }
    }
}
