import Testing

@testable import OTPCore

/// The login of a program that is not root: the same order and words as `LoginFlow`, and a verdict
/// that is somebody else's.
@Suite("The login by the helper")
struct RemoteLoginTests {
    private let asked = "ask Code: "
    private let refused = "say That code was not accepted."
    private let again = "say That code was not accepted. Please try again."
    private let unavailable =
        "say The code cannot be checked right now. Please tell your administrator."

    @Test("A right code: asked while nothing is connected, then one try; sentences follow it")
    func right() throws {
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 1)
        let desk = RemoteDesk(
            .text("123456"), verdicts: [.outcome(.granted(factor), ["One.", "Two."])])
        #expect(desk.login() == .granted(factor))
        #expect(desk.journal == ["caller", asked, "try 123456 for locker", "say One.", "say Two."])
    }

    @Test("What is typed is judged as it is, and what is too long stays too long")
    func raw() {
        for (typed, sent) in [
            (" 123-456", " 123-456"), ("\u{7f}pass", "\u{7f}pass"),
            (String(repeating: "1", count: 1 << 20), String(repeating: "1", count: 65)),
        ] {
            let desk = RemoteDesk(.text(typed), verdicts: [.outcome(.refused(.malformed), [])])
            #expect(desk.login() == .refused(.malformed))
            #expect(desk.journal == ["caller", asked, "try \(sent) for locker", refused])
        }
    }

    @Test("Nothing typed, nobody there: the helper is not asked", arguments: ["", "  ", "- -"])
    func nothing(_ typed: String) {
        let desk = RemoteDesk(.text(typed))
        #expect(desk.login { $0.retry = 3 } == .refused(.empty))
        #expect(desk.journal == ["caller", asked])
    }

    @Test("No answer and a conversation that fails: the helper is not asked")
    func noAnswer() {
        #expect(RemoteDesk(.nothing).login() == .refused(.empty))
        #expect(RemoteDesk(.failure).login() == .conversationFailed)
    }

    @Test(
        "Refused: one sentence, which says more for a wait and a closed record alone",
        arguments: [
            (.wrong, "That code was not accepted."),
            (.replayed, "That code was already used. Wait for the next one."),
            (.noRecord, "That code was not accepted."), (.clock, "That code was not accepted."),
            (.unknownUser, "That code was not accepted."),
            (
                .throttled(seconds: 61),
                "Too many wrong codes. Try again in 2 minutes."
            ),
            (.closed, "Too many wrong codes. Ask your administrator to unlock you."),
        ] as [(Outcome.Refusal, String)])
    func refusals(_ refusal: Outcome.Refusal, _ sentence: String) {
        let desk = RemoteDesk(
            .text("123456"), verdicts: [.outcome(.refused(refusal), ["Not this."])])
        #expect(desk.login() == .refused(refusal))
        #expect(desk.journal == ["caller", asked, "try 123456 for locker", "say \(sentence)"])
    }

    @Test("retry asks again, and connects again; not where waiting is what helps")
    func retry() {
        let desk = RemoteDesk(
            .text("111111"), .text("222222"),
            verdicts: [.outcome(.refused(.wrong), []), .outcome(.granted(.temporaryCode), [])])
        #expect(desk.login { $0.retry = 2 } == .granted(.temporaryCode))
        #expect(
            desk.journal == [
                "caller", asked, "try 111111 for locker", again, asked, "try 222222 for locker",
            ])
        let waiting = RemoteDesk(
            .text("111111"), verdicts: [.outcome(.refused(.throttled(seconds: 30)), [])])
        #expect(waiting.login { $0.retry = 3 } == .refused(.throttled(seconds: 30)))
    }

    @Test("Another user, nobody, and a program that is two users: nobody is asked")
    func others() {
        for (user, caller) in [("bob", 1000), ("nobody-of-this-name", 1000), ("alice", nil)]
            as [(String, UInt32?)]
        {
            let desk = RemoteDesk()
            desk.caller = caller
            let result = desk.login(user) {
                $0.nullok = true
                $0.exemptGroup = ascii("everybody")
            }
            guard case .unavailable(let error) = result else {
                Issue.record("\(result)")
                continue
            }
            #expect(error.code == .otherUser)
            #expect(text(error.text) == "only root can check the code of another user")
            #expect(desk.journal.filter { $0 != "caller" } == [unavailable])
        }
    }

    @Test("The exempt group goes before the helper; one that is not there denies")
    func exempt() {
        let desk = RemoteDesk()
        #expect(desk.login { $0.exemptGroup = ascii("everybody") } == .ignored(.exempt))
        #expect(desk.journal == ["caller"])
        let missing = desk.login { $0.exemptGroup = ascii("missing") }
        #expect(missing == .unavailable(StoreError(.configuration, [], "")))
    }

    @Test("nullok: ignored for a clean no, asked for a yes, denied for anything else")
    func nullok() throws {
        let clean = RemoteDesk()
        clean.enrolled = .no
        #expect(clean.login { $0.nullok = true } == .ignored(.notEnrolled))
        #expect(clean.journal == ["caller", "enrolled"])

        let yes = RemoteDesk(.text("123456"), verdicts: [.outcome(.refused(.wrong), [])])
        #expect(yes.login { $0.nullok = true } == .refused(.wrong))
        #expect(yes.journal.prefix(3) == ["caller", "enrolled", asked])

        let odd = RemoteDesk()
        odd.enrolled = .trouble
        #expect(odd.login { $0.nullok = true } == .unavailable(StoreError(.system, [], "")))
        #expect(odd.journal == ["caller", "enrolled", unavailable])
    }

    @Test("Trouble with the helper or the users: denied, and one plain sentence")
    func trouble() {
        let desk = RemoteDesk(.text("123456"), verdicts: [.trouble])
        #expect(desk.login { $0.retry = 3 } == .unavailable(StoreError(.system, [], "")))
        #expect(desk.journal == ["caller", asked, "try 123456 for locker", unavailable])
        let silent = RemoteDesk()
        silent.callerFails = true
        #expect(silent.login() == .unavailable(StoreError(.system, [], "")))
        let host = RemoteDesk()
        host.host.usersFail = true
        #expect(host.login() == .unavailable(StoreError(.system, [], "")))
        #expect(host.journal == [unavailable])
    }
}

/// A locked screen, and a helper that plays by a script.
final class RemoteDesk {
    enum Verdict {
        case outcome(Outcome, [String])
        case trouble
    }

    enum Enrolled { case yes, no, trouble }

    let host = ScriptedHost()
    var verdicts: [Verdict]
    var caller: UInt32? = 1000
    var callerFails = false
    /// What the first authenticator has; `nil` where there is none.
    var digits: UInt8?
    var enrolled = Enrolled.yes

    var journal: [String] { host.journal.entries }

    init(_ answers: ScriptedHost.Typed..., verdicts: [Verdict] = []) {
        self.verdicts = verdicts
        host.answers = answers
        host.users["bob"] = User(name: ascii("bob"), uid: 1001, gid: 100)
        host.groups["everybody"] = [1000, 1001]
    }

    func login(
        _ user: String = "alice", _ change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        var options = Options()
        options.prompt = ascii("Code: ")
        change(&options)
        let flow = RemoteLogin(
            conversation: ScriptedHost.Talk(host: host), clock: ScriptedHost.Time(host: host),
            users: ScriptedHost.Directory(host: host), judge: Judge(desk: self), options: options)
        let result = flow.run(ascii(user), by: ascii("locker"))
        #expect(host.answers.isEmpty, "\(host.answers.count) answers are left over")
        #expect(verdicts.isEmpty, "\(verdicts.count) verdicts are left over")
        return result
    }

    struct Judge: RemoteJudge {
        let desk: RemoteDesk
        private let trouble = StoreError(.system, [], "trouble")

        init(desk: RemoteDesk) { self.desk = desk }

        func caller() throws(StoreError) -> UInt32? {
            desk.host.journal.note("caller")
            if desk.callerFails { throw trouble }
            return desk.caller
        }

        func isEnrolled() throws(StoreError) -> Bool {
            desk.host.journal.note("enrolled")
            if desk.enrolled == .trouble { throw trouble }
            return desk.enrolled == .yes
        }

        func digits() throws(StoreError) -> UInt8? {
            desk.host.journal.note("digits")
            return desk.digits
        }

        func `try`(
            _ typed: Span<UInt8>, service: [UInt8]
        ) throws(StoreError) -> (Outcome, [String]) {
            let bytes = typed.indices.map { typed[$0] }
            desk.host.journal.note("try \(text(bytes)) for \(text(service))")
            guard !desk.verdicts.isEmpty else {
                Issue.record("an unexpected try")
                throw trouble
            }
            guard case .outcome(let outcome, let sentences) = desk.verdicts.removeFirst() else {
                throw trouble
            }
            return (outcome, sentences)
        }
    }
}
