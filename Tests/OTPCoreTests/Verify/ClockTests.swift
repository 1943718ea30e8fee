import TestSupport
import Testing

@testable import OTPCore

/// T12 to T14: a clock that goes back, jumps forward and back, or is not set.
@Suite("A clock that was changed")
struct ClockTests {
    private let year: UInt64 = 31_536_000

    private func granted() throws -> Outcome {
        .granted(.code(authenticator: try name("phone"), offset: 0))
    }

    private func session() throws -> (ScriptedSession, [String]) {
        var start = try record(phone())
        let codes = start.makeBackupCodes()
        return (ScriptedSession(start), codes)
    }

    @Test(
        "Set back: a code is accepted, or refused without saying by how much",
        arguments: [(3600, 3570), (86_400, 86_370), (31_536_000, 31_535_970)] as [(UInt64, UInt64)])
    func back(_ back: UInt64, _ burnt: UInt64) throws {
        let (session, codes) = try session()
        #expect(try login(code(noonStep), on: session, at: noon) == (try granted()))
        let now = noon - back
        for typed in [
            code(now / 30), code(now / 30 + 1), code(now / 30 - 1), code(noonStep), "000000",
        ] {
            let outcome = try login(typed, on: session, at: now)
            #expect(outcome == .refused(.clockMovedBack(seconds: burnt)))
            #expect(outcome.reason == "clock-moved-back")
            #expect(session.record.authenticators[0].nextStep == noonStep + 1)
        }
        #expect(session.record.throttle.failures == 5)
        session.record.throttle.unlock()
        // A backup code still works, and it ends nothing of this.
        #expect(try login(codes[3], on: session, at: now).reason == "backup-code")
        #expect(try login(code(now / 30), on: session, at: now).reason == "clock-moved-back")
        // With the right time again, login works, and the used code stays used.
        #expect(try login(code(noonStep), on: session, at: noon).reason == "replayed")
        #expect(try login(code(noonStep + 1), on: session, at: noon + 30) == (try granted()))
    }

    @Test("Waiting as long as told does not help, or less is enough")
    func wait() throws {
        for back in [60, 90, 300, 3600] as [UInt64] {
            let (session, _) = try session()
            _ = try login(code(noonStep), on: session, at: noon)
            let now = noon - back
            guard
                case .refused(.clockMovedBack(let seconds)) = try login(
                    code(now / 30 + 1), on: session, at: now)
            else {
                Issue.record("\(back) s back were not noticed")
                return
            }
            session.record.throttle.unlock()
            let later = now + seconds
            let before = try login(code((later - 30) / 30 + 1), on: session, at: later - 30)
            #expect(before == .refused(.clockMovedBack(seconds: 30)))
            let outcome = try login(code(later / 30), on: session, at: later)
            #expect(outcome == .refused(.replayed))
            let next = try login(code(later / 30 + 2), on: session, at: later + 60)
            #expect(next == (try granted()))
        }
    }

    @Test("One step back is reported as a clock that was set back")
    func step() throws {
        let (session, _) = try session()
        _ = try login(code(noonStep), on: session, at: noon)
        #expect(try login(code(noonStep - 1), on: session, at: noon - 30) == .refused(.replayed))
        #expect(try login("000000", on: session, at: noon - 30) == .refused(.wrong))
        let ahead = try login(code(noonStep + 1), on: session, at: noon + 2)
        #expect(ahead.reason == "code")
        #expect(try login(code(noonStep), on: session, at: noon + 3) == .refused(.replayed))
    }

    @Test("Ten years ahead for one login and back: accepted, or a login lowers burned steps")
    func forwardAndBack() throws {
        let (session, codes) = try session()
        let ahead = noon + 10 * year
        #expect(try login(code(ahead / 30), on: session, at: ahead) == (try granted()))
        let burnt = session.record.authenticators[0].nextStep
        for now in [noon, noon + 30, noon + 86_400, noon + year] {
            let outcome = try login(code(now / 30), on: session, at: now)
            #expect(outcome == .refused(.clockMovedBack(seconds: ahead - now - 30)))
            #expect(session.record.authenticators[0].nextStep == burnt)
            session.record.throttle.unlock()
        }
        #expect(try login(codes[0], on: session, at: noon).reason == "backup-code")
        #expect(session.record.authenticators[0].nextStep == burnt)
    }

    @Test("Not set at all: accepted, backup codes fail, or something is burned")
    func notSet() throws {
        for now in [0, 29, 3600, 86_400 * 365, MachineTime.earliest - 1] as [UInt64] {
            let (session, codes) = try session()
            _ = try login(code(noonStep), on: session, at: noon)
            for typed in [code(now / 30), code(noonStep), code(noonStep + 1), "000000"] {
                #expect(try login(typed, on: session, at: now) == .refused(.clock))
                #expect(session.record.authenticators[0].nextStep == noonStep + 1)
            }
            #expect(try login(codes[0], on: session, at: now).reason == "backup-code")
            #expect(try login(code(noonStep), on: session, at: noon) == .refused(.replayed))
            #expect(try login(code(noonStep + 1), on: session, at: noon) != .refused(.wrong))
        }
    }

    @Test("A wrong clock refuses HOTP codes")
    func counter() throws {
        let session = try ScriptedSession(record(phone("token", kind: .hotp)))
        for (count, now) in [noon, noon - year, noon + 10 * year, 0].enumerated() {
            #expect(try login(code(UInt64(count)), on: session, at: now).reason == "code")
        }
    }

    @Test("As the clock wanders, a code logs in twice, or burned steps decrease")
    func wandering() throws {
        var generator = Seeded(1212)
        var logins = 0
        for _ in 0..<20 {
            let session = try ScriptedSession(record(phone()))
            var now = noon
            var used = Set<UInt64>()
            var burnt: UInt64 = 0
            for _ in 0..<150 {
                switch Int.random(in: 0..<10, using: &generator) {
                case 0: now += .random(in: 0...2 * year, using: &generator)
                case 1: now -= min(now, .random(in: 0...year, using: &generator))
                case 2: now -= .random(in: 0...300, using: &generator)
                default: now += .random(in: 0...60, using: &generator)
                }
                // A code of the current step, or one that was seen before.
                let step = used.randomElement(using: &generator) ?? 0
                let typed = Bool.random(using: &generator) || step == 0 ? now / 30 : step
                let outcome = try login(code(typed), on: session, at: now)
                session.record.throttle.unlock()
                let next = session.record.authenticators[0].nextStep
                #expect(next >= burnt)
                if case .granted = outcome {
                    #expect(next > burnt && used.insert(next - 1).inserted)
                    #expect(now >= MachineTime.earliest)
                } else {
                    #expect(next == burnt)
                }
                burnt = next
            }
            logins += used.count
        }
        #expect(logins > 150, "\(logins) logins")
    }
}
