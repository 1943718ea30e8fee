import Glibc
import Testing

@testable import OTPCore

@Suite("Enrolled or not", .hereAndInFleet)
struct EnrolledTests {
    /// The state of a record's temporary code.
    enum Temporary: CaseIterable { case none, live, expired, used, revoked }

    private let refused = "say That code was not accepted."

    /// A record with or without an authenticator, with `left` backup codes and a temporary code.
    private func record(_ hasPhone: Bool, _ left: Int, _ temporary: Temporary) throws -> Record {
        var record = hasPhone ? try OTPCoreTests.record(phone()) : Record()
        if left < 10 {
            _ = record.makeBackupCodes()
            for index in left..<10 { record.backupCodes[index] = nil }
        }
        switch temporary {
        case .none: break
        case .live: _ = record.issue()
        case .expired: _ = record.issue(at: noon - 86_400, validFor: 600)
        case .used:
            let code = record.issue()
            #expect(verdict(code, &record) == .temporaryCode)
        case .revoked:
            _ = record.issue()
            _ = record.revokeTemporaryCode()
        }
        return record
    }

    @Test("nullok: a user with an authenticator or an unused code does not count as enrolled")
    func combinations() throws {
        for hasPhone in [true, false] {
            for left in [0, 1, 9] {
                for temporary in Temporary.allCases {
                    let record = try record(hasPhone, left, temporary)
                    let counts = temporary == .live || temporary == .expired
                    #expect(
                        record.isEnrolled == (hasPhone || left > 0 || counts),
                        "\(hasPhone), \(left), \(temporary)")
                    let bytes = record.encoded
                    let again = Record(decoding: bytes.span)?.isEnrolled
                    #expect(again == record.isEnrolled as Bool?)
                }
            }
        }
    }

    @Test("nullok asks a user who is not enrolled, with or without a record, or nobody")
    func nullok() throws {
        for hasPhone in [true, false] {
            for left in [0, 1] {
                for temporary in Temporary.allCases {
                    let record = try record(hasPhone, left, temporary)
                    let isEnrolled = record.isEnrolled
                    let host = ScriptedHost()
                    host.session = ScriptedSession(record, journal: host.journal)
                    if isEnrolled { host.answers = [.text("000000")] }
                    let result = host.login { $0.nullok = true }
                    // Without an authenticator, six digits have the form of no code.
                    let refused = LoginResult.refused(hasPhone ? .wrong : .malformed)
                    #expect(result == (isEnrolled ? refused : .ignored(.notEnrolled)))
                    if !isEnrolled { #expect(host.journal.entries == ["store", "look"]) }
                }
            }
        }
    }

    @Test("nullok and a reset record: refused, or notices count as told")
    func reset() throws {
        var record = try OTPCoreTests.record(phone())
        record.removeAll()
        record.note(Event(.reset, at: noon, detail: [], origin: ascii("otp-enroll root")))
        let before = record.encoded
        let host = ScriptedHost()
        host.session = ScriptedSession(record, journal: host.journal)
        #expect(host.login { $0.nullok = true } == .ignored(.notEnrolled))
        #expect(host.session?.record.encoded == before)
        #expect(host.session?.steps.isEmpty == true)
    }

    @Test(
        "nullok and only an expired temporary code: not asked, or let in",
        arguments: ["T7Q4-KD2M-9XRW", "000000", "0K7MQ-2XJ9T-DWP4A"])
    func expired(_ typed: String) throws {
        let host = ScriptedHost(.text(typed))
        host.session = ScriptedSession(try record(false, 10, .expired), journal: host.journal)
        let result = host.login { $0.nullok = true }
        guard case .refused = result else {
            Issue.record("not refused")
            return
        }
        #expect(host.talk == ["ask Code: ", refused])
    }

    @Test(
        "A user with an empty record is not asked, not refused like one without, or charged",
        arguments: ["T7Q4-KD2M-9XRW", code(noonStep), "0K7MQ-2XJ9T-DWP4A"])
    func emptyRecord(_ typed: String) throws {
        let host = ScriptedHost(.text(typed))
        host.session = ScriptedSession(try record(false, 10, .used), journal: host.journal)
        #expect(host.login() == .refused(.noRecord))
        #expect(host.talk == ["ask Code: ", refused])
        let session = try #require(host.session)
        #expect(session.steps == [.close])
        #expect(session.record.events.isEmpty && session.record.throttle == Throttle())

        let none = ScriptedHost(.text(typed))
        #expect(none.login() == .refused(.noRecord))
        #expect(none.talk == host.talk)
    }

    @Test("A user with an empty record waits for a different time than one with a phone")
    func sameWork() throws {
        // The CPU time of this thread, the smallest of several runs, so that other load on the
        // machine does not count.
        func ownNanoseconds() -> Int {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return time.tv_sec * 1_000_000_000 + time.tv_nsec
        }
        func least(_ start: borrowing Record, _ typed: String) throws -> Int {
            let bytes = start.encoded
            var times: [Int] = []
            for _ in 0..<60 {
                guard let record = Record(decoding: bytes.span) else { continue }
                let session = ScriptedSession(record)
                let start = ownNanoseconds()
                _ = try login(typed, on: session, at: noon)
                times.append(ownNanoseconds() - start)
            }
            return try #require(times.min())
        }
        for typed in ["T7Q4-KD2M-9XRW", "000000", "0K7MQ-2XJ9T-DWP4A"] {
            let empty = try least(Record(), typed)
            let full = try least(try record(true, 9, .live), typed)
            // Skipped work would show: a hash is a thousand rounds, or all of the steps.
            #expect(empty > full / 2, "\(typed): \(empty) for nothing, \(full) for a phone")
        }
    }
}
