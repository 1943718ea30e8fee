import Foundation
import TestSupport
import Testing

/// Where codes are sent: by whom it is changed, and with what.
@Suite("swiftotpd: contacts", .timeLimit(.minutes(5)))
struct ContactTests {
    /// A service that has text messages written to a file, and alice, enrolled.
    private struct Scene {
        let service: Service
        let alice: Client
        let codes: [String]
        let messenger: Messenger
        let texts: String

        init(_ policy: String = "deliver = sms") async throws {
            messenger = try await Messenger()
            texts = messenger.file("texts")
            let program = try messenger.program(#"{ echo "$1"; cat; echo; } >>\#(texts)"#)
            try messenger.configure("sms = \(program) {to}\n")
            service = try await Service(
                configuration: policy + "\n", messenger: messenger.socket)
            alice = try Client(service, try await Account.make("alice"))
            codes = try await alice.enroll()
        }

        /// What was sent to this number, once there is something.
        func text(to number: String) async throws -> String {
            try await patiently("a message to \(number)", within: .seconds(30)) {
                let all = (try? String(contentsOfFile: texts, encoding: .utf8)) ?? ""
                let lines = all.split(separator: "\n")
                return lines.firstIndex(of: Substring(number)).flatMap { index in
                    lines.indices.contains(index + 1) ? String(lines[index + 1]) : nil
                }
            }
        }
    }

    private static func set(_ address: String?) -> String {
        let address = address.map { #","address":"\#($0)""# } ?? ""
        return #"request {"contact":{"kind":"sms"\#(address)}}"#
    }

    private static func confirm(_ ticket: String, _ code: String) -> String {
        #"request {"confirmContact":{"ticket":"\#(ticket)","code":"\#(code)"}}"#
    }

    @Test("A user's number changes without a code of theirs, or without the one sent to it")
    func ofOneself() async throws {
        let scene = try await Scene()
        let alice = scene.alice
        #expect(try await alice.run(Self.set("+4711111111"))[0].why == "proofNeeded")
        let begun = try await alice.run("prove \(scene.codes[0])", Self.set("+4711111111"))
        let ticket = try #require(begun[0].ticket, "\(begun)")
        #expect(try await alice.run("status")[0].account?.contacts == nil)
        let message = try await scene.text(to: "+4711111111")
        let code = String(try #require(message.firstMatch(of: #/^\d{8}/#), "\(message)").output)
        let wrong = code == "00000000" ? "11111111" : "00000000"
        #expect(try await alice.run(Self.confirm(ticket, wrong))[0].reason == "wrong")
        #expect(try await alice.run("status")[0].account?.failures == 1)
        #expect(try await alice.run(Self.confirm(ticket, code))[0].change != nil)
        let contacts = try await alice.run("status")[0].account?.contacts
        #expect(contacts?.map(\.address) == ["+4711111111"])
        // It is used up, and nobody else's.
        #expect(try await alice.run(Self.confirm(ticket, code))[0].why == "ticketVoid")
        // Another within a minute is refused before a code is used up.
        let soon = try await alice.run("prove \(scene.codes[1])", Self.set("+4722222222"))
        #expect(soon[0].why == "messageWait")
        #expect(try await alice.run("status")[0].account?.backupCodesLeft == 9)
        // Removing it takes a code, too, and the number is told.
        #expect(try await alice.run(Self.set(nil))[0].why == "proofNeeded")
        let ended = try await alice.run("prove \(scene.codes[1])", Self.set(nil))
        #expect(ended[0].change != nil)
        _ = try await patiently("the last message") {
            let all = try String(contentsOfFile: scene.texts, encoding: .utf8)
            return all.contains("no longer go to this number") ? true : nil
        }
    }

    @Test("Somebody else's ticket, or one of before a change, sets a number")
    func tickets() async throws {
        let scene = try await Scene()
        let begun = try await scene.alice.run("prove \(scene.codes[0])", Self.set("+4711111111"))
        let ticket = try #require(begun[0].ticket, "\(begun)")
        let code = String(try await scene.text(to: "+4711111111").prefix(8))
        let mallory = try Client(scene.service, try await Account.make("mallory"))
        try await mallory.enroll()
        #expect(try await mallory.run(Self.confirm(ticket, code))[0].why == "ticketVoid")
        let root = try Client.root(scene.service)
        try await root.run("about \(scene.alice.user)", Self.set("+4733333333"))
        #expect(try await scene.alice.run(Self.confirm(ticket, code))[0].why == "ticketVoid")
    }

    @Test("A policy that sends no codes lets users set a number, or root may not")
    func policy() async throws {
        for policy in ["", "deliver = mail", "deliver = sms\ndeliver_for = nobody-is-in-it"] {
            let scene = try await Scene(policy)
            let reply = try await scene.alice.run(
                "prove \(scene.codes[0])", Self.set("+4711111111"))
            #expect(reply[0].change == nil && reply[0].ticket == nil, "\(policy): \(reply)")
            let root = try await Client.root(scene.service).run(
                "about \(scene.alice.user)", Self.set("+4711111111"))
            #expect(root[0].change != nil)
        }
    }

    @Test("A text that is no number is set, or a change by root is told to nobody")
    func ofRoot() async throws {
        let scene = try await Scene()
        let root = try Client.root(scene.service)
        let about = "about \(scene.alice.user)"
        for text in ["12", "-i", "+47 1", "a@example.com", "+4711111111\\nx"] {
            let reply = try await root.run(about, Self.set(text))
            #expect(reply[0].why == "malformed", "\(text): \(reply)")
        }
        for number in ["+4711111111", "+4711111111", "+4722222222"] {
            #expect(try await root.run(about, Self.set(number))[0].change != nil)
        }
        #expect(
            try await scene.text(to: "+4711111111")
                == "Codes for \(scene.alice.user) on \(Self.host) no longer go to this number. If "
                + "this was not you, tell your administrator.")
        let login = try await root.run(
            "login \(scene.alice.user) sudo", "answer \(scene.codes[0])")
        #expect(
            login[1].said.contains {
                $0.contains("Where your codes are sent was changed: sms ...22")
            },
            "\(login[1].said)")
    }

    @Test("A number is not told that its codes ended with everything else")
    func ofAnEnd() async throws {
        let scene = try await Scene()
        let root = try Client.root(scene.service)
        let about = "about \(scene.alice.user)"
        try await root.run(about, Self.set("+4711111111"))
        #expect(
            try await scene.alice.run("disable proof \(scene.codes[0])")[0].change != nil)
        #expect(try await scene.text(to: "+4711111111").contains("no longer go to this number"))
        #expect(try await scene.alice.run("status")[0].account?.contacts == nil)
        try await root.run(about, Self.set("+4722222222"))
        #expect(try await root.run(about, #"request {"reset":{}}"#)[0].change != nil)
        #expect(try await scene.text(to: "+4722222222").contains("no longer go to this number"))
    }

    private static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
