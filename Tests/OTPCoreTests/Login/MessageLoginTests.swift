import Testing

@testable import OTPCore

/// Codes that are sent at a login to a user who asks.
@Suite("Logging in with a code by message", .hereAndInFleet)
struct MessageLoginTests {
    private let mail = "m: have a code sent by mail to a...@example.com"
    private let sms = "s: have a code sent by text message to ...42"
    private let onItsWay = "A code is on its way to ...42. It is good for 10 minutes."
    private let nowhere = "There is nowhere to send you a code. Use your device or a backup code."

    /// Alice, enrolled, with a mail address and a number, at sshd after a key.
    private func host() throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        for (kind, text) in [(MessageKind.mail, "alice@example.com"), (.sms, "+4712345642")] {
            let contact: Contact = try #require(Contact(kind, text, since: noon - 60))
            host.session?.record.setContact(contact, kind)
        }
        host.methods = try SSHRow.methods()
        return host
    }

    private func login(
        _ host: ScriptedHost, _ typed: String..., at now: UInt64 = noon,
        _ change: (inout Options) -> Void = { _ in }
    ) -> (result: LoginResult, said: [String]) {
        host.answers = typed.map { .text($0) }
        host.time = now
        let before = host.journal.entries.count
        let result = host.login {
            $0.deliver = [.mail, .sms]
            change(&$0)
        }
        let said = host.journal.entries.dropFirst(before).filter { $0.hasPrefix("say ") }
        return (result, said.map { String($0.dropFirst(4)) })
    }

    /// Asks for a code and leaves; the code.
    private func code(_ host: ScriptedHost, at now: UInt64 = noon) throws -> String {
        host.answers = [.text("s"), .nothing]
        host.time = now
        _ = host.login { $0.deliver = [.sms] }
        return try #require(host.sent.last?.code)
    }

    @Test("The code that was sent does not log in, or twice, or another one does")
    func story() throws {
        let host = try host()
        let code = try code(host)
        #expect(host.sent.map(\.contact.text) == ["+4712345642"] && host.sent[0].end == noon + 600)
        #expect(code.count == 8 && code.allSatisfy(\.isNumber))
        #expect(host.talk.suffix(2).first == "say \(onItsWay)")
        let wrong = code == "00000000" ? "11111111" : "00000000"
        #expect(login(host, wrong).result == .refused(.wrong))
        #expect(login(host, code, at: noon + 599).result == .granted(.messageCode(.sms)))
        let again = login(host, code, at: noon + 599)
        #expect(again.result == .refused(.replayed))
        let events = try #require(host.session?.record.events.events)
        #expect(
            events.map { "\($0.kind.name) \(text($0.detail))" }.suffix(4) == [
                "failure wrong", "login code by text message",
                "message-code-used code by text message", "failure replayed",
            ])
    }

    @Test("A code is good for longer than ten minutes, or after another was sent")
    func end() throws {
        let host = try host()
        let first = try code(host)
        #expect(login(host, first, at: noon + 600).result == .refused(.expired))
        let second = try code(host, at: noon + 700)
        let third = try code(host, at: noon + 760)
        #expect(login(host, second, at: noon + 761).result == .refused(.wrong))
        #expect(login(host, third, at: noon + 762).result == .granted(.messageCode(.sms)))
    }

    @Test("Setting the clock back prolongs a code that was sent")
    func clockBack() throws {
        let host = try host()
        func boot(_ seconds: UInt64) -> BootTime? {
            BootTime(id: [UInt8](repeating: 5, count: BootTime.idLength), seconds: seconds)
        }
        host.boot = boot(1000)
        let code = try code(host)
        host.boot = boot(1600)
        #expect(login(host, code, at: noon + 30).result == .refused(.expired))
        let other = try self.code(host, at: noon + 60)
        host.boot = boot(2199)
        #expect(login(host, other, at: noon + 61).result == .granted(.messageCode(.sms)))
    }

    @Test("What there is to ask for is not listed, or asking uses up the login's tries")
    func list() throws {
        for typed in ["", "?", " ? "] {
            let host = try host()
            let (result, said) = login(host, typed, OTPCoreTests.code(noonStep))
            #expect(result == .granted(.code(authenticator: try name("phone"), offset: 0)))
            #expect(said == [mail, sms])
        }
        let host = try host()
        #expect(login(host, "?", "123") { $0.deliver = [.mail] }.said.first == mail)
        host.session?.record.setContact(nil, .mail)
        host.session?.record.setContact(nil, .sms)
        for typed in ["?", "m", "s", "S"] {
            #expect(login(host, typed, "123").said.first == nowhere)
        }
        #expect(host.sent.isEmpty)
    }

    @Test("Somebody who asks again and again is asked for ever")
    func forEver() throws {
        let host = try host()
        host.answers = (0..<9).map { _ in .text("?") }
        #expect(host.login { $0.deliver = [.mail] } == .refused(.malformed))
    }

    @Test(
        "A login that no first factor precedes, or that messages do not reach, has codes sent",
        arguments: 0..<6)
    func unproven(which: Int) throws {
        let host = try host()
        let code = try code(host)
        var change: (inout Options) -> Void = { _ in }
        switch which {
        case 0: host.methods = nil
        case 1: host.isHeard = false
        case 2: (host.isRoots, change) = (false, { $0.followsFirstFactor = true })
        case 3: change = { $0.forwardsPass = true }
        case 4: change = { $0.deliver = nil }
        default: change = { $0.deliverFor = ascii("wheel") }
        }
        let before = host.sent.count
        for typed in ["s", "?", code] {
            let (result, said) = login(host, typed, at: noon + 61, change)
            guard case .refused = result else {
                Issue.record("\(typed): \(result)")
                continue
            }
            #expect(!said.contains { $0.contains("...") }, "\(typed): \(said)")
        }
        #expect(host.sent.count == before)
    }

    @Test("Only members of deliver_for's group get codes, or without the group nobody logs in")
    func group() throws {
        let host = try host()
        host.groups["travelers"] = [1000]
        let member = login(host, "s", "123") { $0.deliverFor = ascii("travelers") }
        #expect(member.said.first == onItsWay)
        let right = OTPCoreTests.code(noonStep)
        let (result, said) = login(host, right) { $0.deliverFor = ascii("no such group") }
        #expect(result == .granted(.code(authenticator: try name("phone"), offset: 0)))
        #expect(said.isEmpty)
    }

    @Test("More than one code a minute or five an hour go to a user, or the wait is not told")
    func limits() throws {
        let host = try host()
        #expect(login(host, "m", "123").said.first?.hasPrefix("A code is on its way") == true)
        #expect(
            login(host, "m", "123", at: noon + 18).said.first
                == "You can have another code sent in 42 seconds.")
        for number in 1..<5 as Range<UInt64> {
            let said = login(host, "m", "123", at: noon + number * 61).said
            #expect(said.first?.hasPrefix("A code is on its way") == true)
        }
        #expect(
            login(host, "s", "123", at: noon + 400).said.first
                == "You can have another code sent in 54 minutes.")
        #expect(host.sent.count == 5)
        _ = login(host, "s", "123", at: noon + 3600)
        #expect(host.sent.count == 6)
    }

    @Test("More codes than deliver_hourly says are sent to all users together")
    func hourly() throws {
        let host = try host()
        _ = login(host, "m", "123") { $0.deliverHourly = 1 }
        let (_, said) = login(host, "m", "123", at: noon + 61) { $0.deliverHourly = 1 }
        #expect(
            said.first
                == "Too many codes are being sent here. Use your device or a backup code.")
        #expect(host.sent.count == 1)
    }

    @Test("A code that cannot be sent is said to be on its way")
    func unsent() throws {
        let host = try host()
        host.isSending = false
        let said = login(host, "s", "123").said
        #expect(
            said.first == "The code could not be sent. Use your device or a backup code.")
    }

    @Test("A code is sent before it is counted on the disk, or while the record is locked")
    func order() throws {
        let host = try host()
        _ = login(host, "s", "123")
        let steps = host.journal.entries.drop { $0 != "open" }.prefix(5)
        #expect(steps == ["open", "boot", "commit", "close", "send sms +4712345642"])
        host.session?.commitFails = true
        let (result, _) = login(host, "s", at: noon + 61)
        guard case .unavailable = result else { throw Failed() }
        #expect(host.sent.count == 1)
    }

    private struct Failed: Error {}

    @Test("An account that wrong codes have closed gets codes by message")
    func closed() throws {
        let host = try host()
        for number in 0..<5 { _ = login(host, wrong(number)) }
        #expect(
            login(host, "s", "123").said.first
                == "Too many wrong codes. Try again in 30 seconds.")
        #expect(host.sent.isEmpty)
    }

    @Test("An account that closed_for opens gets no code by message")
    func opened() throws {
        let host = try host()
        for _ in 0..<100 {
            host.session?.record.throttle.charge(
                at: noon, from: SourceID(address: ascii("192.0.2.9")))
        }
        let closed = login(host, "s", "123", at: noon + 3599) { $0.closedFor = 3600 }
        #expect(closed.said.first?.hasPrefix("Too many wrong codes.") == true)
        let (_, said) = login(host, "s", "123", at: noon + 3600) { $0.closedFor = 3600 }
        #expect(said.first == onItsWay)
    }

    @Test("A code by message proves anything but a login")
    func onlyLogins() throws {
        let host = try host()
        let code = try code(host)
        let session = try #require(host.session)
        let attempt = Attempt(
            verifier: Verifier(window: 1), origin: ascii("otp-enroll alice"), source: .command,
            successKind: .verified)
        var bytes = ascii(code)
        let typed = Secret(wiping: &bytes)
        let outcome = try typed.withBytes { (bytes) throws(StoreError) in
            try attempt.run(Answer(bytes), on: session, at: noon)
        }
        #expect(outcome == .refused(.malformed))
    }

    @Test("The question does not say that codes can be sent, or says it to strangers")
    func question() throws {
        let host = try host()
        _ = login(host, "123") { $0.prompt = nil }
        #expect(host.journal.entries.contains("ask Verification code (? to have one sent): "))
        host.methods = nil
        let before = host.journal.entries.count
        _ = login(host, "123") { $0.prompt = nil }
        #expect(host.journal.entries.dropFirst(before).contains("ask Verification code: "))
    }

    @Test(
        "The owner's next login says nothing of a code by message that somebody used", .hereOnly)
    func told() throws {
        let host = try host()
        let code = try code(host)
        #expect(login(host, code).result == .granted(.messageCode(.sms)))
        let said = login(host, OTPCoreTests.code(noonStep + 2), at: noon + 60).said
        #expect(
            said.contains("A code by message was used on Friday 08:00 UTC (sshd 192.0.2.7)."),
            "\(said)")
    }

    @Test("Somebody without an authenticator logs in by messages alone, again and again")
    func noAuthenticator() throws {
        let host = try host()
        try host.session?.record.remove(try name("phone"))
        #expect(login(host, "?", "123").said.first == nowhere)
        #expect(login(host, "s", "123").said.first == nowhere)
        #expect(host.sent.isEmpty)
    }

    @Test("An hour after a code's end, eight digits still count as guesses")
    func forgotten() throws {
        let host = try host()
        _ = try code(host)
        #expect(login(host, "12345678", at: noon + 4199).result == .refused(.wrong))
        #expect(login(host, "12345679", at: noon + 4200).result == .refused(.malformed))
    }
}
