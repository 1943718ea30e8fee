import Foundation
import TestSupport
import Testing

/// The table of rights, through the real program: each caller, command and target.
@Suite("swiftotpd: who may do what", .timeLimit(.minutes(5)))
struct RightsTests {
    enum Right: String {
        case allowed
        case withProof = "proofNeeded"
        case withOwnProof = "ownProofNeeded"
        case denied = "rootOnly"
        case protected
    }

    /// Each command, and what users may do with it to their own account. Commands that end
    /// something come last.
    private static let commands: [(command: String, ofUsers: Right)] = [
        (#"{"policy":{}}"#, .allowed), (#"{"status":{}}"#, .allowed),
        (#"{"verify":{"code":"x"}}"#, .allowed), (#"{"renewBackupCodes":{}}"#, .withProof),
        (#"{"remove":{"name":"phone"}}"#, .withProof), (#"{"revokeTrust":{}}"#, .withProof),
        (contact, .withProof), (#"{"confirmContact":{"ticket":"x","code":"x"}}"#, .allowed),
        (device, .withProof), (#"{"confirm":{"ticket":"x","code":"x"}}"#, .allowed),
        (#"{"speak":{"language":"sv","unlessSet":false}}"#, .allowed),
        (#"{"keep":{"ticket":"x"}}"#, .denied),
        (#"{"resync":{"first":"x","second":"x"}}"#, .denied), (#"{"unlock":{}}"#, .denied),
        (#"{"issue":{}}"#, .denied), (#"{"revokeIssued":{}}"#, .denied), (token, .denied),
        (#"{"noteExport":{"names":[]}}"#, .denied),
        (#"{"makeStore":{"startsEmpty":false}}"#, .denied),
        (#"{"bring":{"of":[],"adds":false,"rehearses":true}}"#, .denied),
        (#"{"rekey":{"step":{"begin":{}}}}"#, .denied), (#"{"recorded":{}}"#, .denied),
        (#"{"backUp":{"step":{"begin":{}}}}"#, .denied), (restore, .denied),
        (#"{"helpDesk":{}}"#, .denied), (#"{"mailReport":{"to":"root","text":"x"}}"#, .denied),
        (#"{"rows":{"of":[]}}"#, .denied), (#"{"keys":{"of":[]}}"#, .denied),
        (#"{"move":{"from":"x","rehearses":false}}"#, .denied),
        (#"{"forget":{"record":"x"}}"#, .denied), (#"{"disable":{}}"#, .withProof),
        (#"{"reset":{}}"#, .denied),
    ]

    private static let restore =
        #"{"restore":{"records":[],"time":9,"window":1,"keepsCodes":false,"bringsBack":false,"#
        + #""rehearses":true}}"#
    /// The removal of a contact that there is not: it changes nothing.
    private static let contact = #"{"contact":{"kind":"sms"}}"#
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
        let surveys = Self.surveys + ["recorded", "rows", "helpDesk", "policy"]
        expect(try await rights(about: "root", run), of: "an owner about others") { (command, _) in
            surveys.contains { command.contains($0) } ? .allowed : .denied
        }
    }

    /// What a helper may do for others, with a code of the helper's own.
    private static let help = [
        "status", "revokeTrust", "contact", "reset", "unlock", "issue", "revokeIssued", "recorded",
        "rows",
        "helpDesk",
    ]

    /// What is about the whole store, and root's alone.
    private static let surveys = [
        "keys", "forget", "makeStore", "rekey", "mailReport", "bring", "backUp", "restore",
    ]

    private func isHelp(_ command: String) -> Bool {
        Self.help.contains { command.hasPrefix("{\"\($0)\"") }
    }

    private func isAboutEverybody(_ command: String) -> Bool {
        ["recorded", "rows", "helpDesk"].contains { command.hasPrefix("{\"\($0)\"") }
    }

    @Test("A helper may do more than help others, or may not help them")
    func helpers() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        try await desk.enroll(desk.ted)
        for client in [desk.alice, desk.chief] { try await client.enroll() }
        let sue = desk.sue
        let before = try [desk.ted, desk.chief].map { try $0.record }
        expect(try await rights(about: nil) { try await sue.run($0) }, of: "a helper") {
            isAboutEverybody($0) ? .withOwnProof : $1
        }
        expect(
            try await rights(about: desk.alice.user) { try await sue.run($0) }, of: "about a user"
        ) { command, _ in
            isHelp(command) ? .withOwnProof : command.contains("policy") ? .allowed : .denied
        }
        for user in [desk.ted.user, desk.chief.user, "root"] {
            expect(
                try await rights(about: user) { try await sue.run($0) }, of: "about \(user)"
            ) { command, _ in
                if isAboutEverybody(command) { return .withOwnProof }
                return command.contains("policy")
                    ? .allowed
                    : Self.surveys.contains { command.contains($0) } ? .denied : .protected
            }
        }
        // The helper's own code was asked for and not given: nothing has happened.
        #expect(try [desk.ted, desk.chief].map { try $0.record } == before)
        // With one, the same commands are allowed.
        let alice = desk.alice.user
        expect(
            try await rights(about: alice) { try await sue.run(["prove \(codes[0])"] + $0) },
            of: "with a code"
        ) { command, _ in
            isHelp(command) || command.contains("policy") ? .allowed : .denied
        }
        // Whoever is no helper has no part in it.
        expect(
            try await rights(about: alice) { try await desk.mallory.run($0) }, of: "a stranger"
        ) { command, _ in command.contains("policy") ? .allowed : .denied }
    }

    @Test("A list shows a helper what is protected")
    func hidden() async throws {
        let desk = try await HelpDesk()
        let codes = try await desk.enroll(desk.sue)
        for client in [desk.alice, desk.chief] { try await client.enroll() }
        let people = try [desk.alice, desk.chief, desk.sue].map { client in
            #"[\#(try Account.numbers(of: client.user).uid),"\#(client.user)"]"#
        }
        let rows = #"{"rows":{"of":[\#(people.joined(separator: ","))]}}"#
        let reply = try await desk.sue.run("prove \(codes[0])", "request \(rows)")
        let found = try #require(reply[0].rows).map(\.count)
        #expect(found.count == 3 && found[0] > 1)
        #expect(found[1] == 1 && found[2] == 1)
    }
}
