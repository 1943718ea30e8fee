import Foundation
import Testing

@testable import OTPCore

/// An answer that is no new guess is not counted, and looks like one.
@Suite("Answers that are not compared")
struct RefusedAnswersTests {
    private func attempt(_ from: String = "somewhere") -> Attempt {
        Attempt(verifier: Verifier(window: 1), origin: ascii("sshd"), source: source(from))
    }

    private func `try`(
        _ typed: String, on session: ScriptedSession, at now: UInt64 = noon,
        from: String = "somewhere"
    ) throws -> Outcome {
        let bytes = ascii(typed)
        return try attempt(from).run(Answer(bytes.span), on: session, at: now)
    }

    @Test("A program that repeats a stale code each minute closes the account")
    func stale() throws {
        let session = ScriptedSession(try record(phone()))
        #expect(try self.try("000000", on: session) == .refused(.wrong))
        for minute in 1...2000 as ClosedRange<UInt64> {
            let now = noon + minute * 60
            #expect(try self.try("000000", on: session, at: now) == .refused(.repeated))
        }
        #expect(session.record.throttle.failures == 1)
        let now = noon + 2001 * 60
        let right = code(now / 30)
        guard case .granted = try self.try(right, on: session, at: now) else {
            Issue.record("the right code is refused")
            return
        }
    }

    @Test("Repeating a guess reveals whether it has become right")
    func noOracle() throws {
        let session = ScriptedSession(try record(phone()))
        let later = code(noonStep + 40)
        #expect(try self.try(later, on: session) == .refused(.wrong))
        #expect(try self.try(later, on: session, at: noon + 1200) == .refused(.repeated))
        // Five other guesses, each of which counts, displace it.
        for guess in 1...5 {
            #expect(
                try self.try("99999\(guess)", on: session, at: noon + UInt64(guess) * 3000)
                    == .refused(.wrong))
        }
        #expect(session.record.throttle.failures == 6)
    }

    @Test("An answer of a length that no authenticator has is counted, or looks different")
    func lengths() throws {
        let session = ScriptedSession(try record(phone()))
        for typed in ["12345678", "1234567", "password", "\u{8}\n\r\u{7f}INCORRECT", "x"] {
            let before = session.steps.count
            #expect(try self.try(typed, on: session) == .refused(.malformed))
            // The same writes as a wrong code.
            #expect(session.steps.count == before + 2)
        }
        #expect(session.record.throttle.failures == 0)
        #expect(session.record.events.count == 0)
        let tokens = ScriptedSession(try record(phone(digits: 8)))
        #expect(try self.try("123456", on: tokens) == .refused(.malformed))
        #expect(try self.try("12345678", on: tokens) == .refused(.wrong))
    }

    @Test(
        "Guesses block a backup code, wrong ones close the account, or a right one opens it"
    )
    func backupCodes() throws {
        var record = try record(phone())
        let codes = record.makeBackupCodes()
        let temporary = record.issue(validFor: 259_200)
        let session = ScriptedSession(record)
        for guess in 0..<5 { _ = try self.try(wrong(guess), on: session) }
        // While it waits, wrong codes are looked at and leave no trace.
        let waiting = session.record.encoded
        for number in 0..<200 {
            let typed = String(format: "0ZZZZ-ZZZZZ-ZZ%03d", number)
            #expect(try self.try(typed, on: session) == .refused(.wrong))
        }
        #expect(session.record.encoded == waiting)
        for guess in 5..<120 {
            _ = try self.try(wrong(guess), on: session, at: noon + UInt64(guess) * 1000)
        }
        let now = noon + 200_000
        #expect(try self.try("111111", on: session, at: now) == .refused(.closed))
        for (typed, place) in [(codes[3], "home"), (temporary, "hotel")] {
            #expect(try self.try(typed, on: session, at: now, from: place).isGranted)
            let right = code(now / 30)
            #expect(try self.try(right, on: session, at: now) == .refused(.closed))
        }
        // Not for codes of six digits, wherever they come from.
        let right = code(now / 30)
        #expect(try self.try(right, on: session, at: now, from: "hotel") == .refused(.closed))
    }

    @Test("A code typed before its device was enrolled is refused afterwards as well")
    func early() throws {
        let session = ScriptedSession(try record(phone()))
        let key = exampleKey(of: 1)
        let early = code(0, of: 1)
        #expect(try self.try(early, on: session) == .refused(.wrong))
        #expect(try self.try(early, on: session) == .refused(.repeated))
        try session.record.add(phone("token", kind: .hotp), key: key.span)
        #expect(try self.try(early, on: session).isGranted)
    }
}
