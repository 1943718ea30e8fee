import Testing

@testable import OTPCore

/// Enrollments that are postponed, fail, or run twice at once.
@Suite("Enrolling later, or not at all", .hereAndInFleet)
struct EnrollmentDelayTests {
    private func host(_ answers: ScriptedHost.Typed...) -> ScriptedHost {
        let host = ScriptedHost(answers)
        host.methods = "password\n"
        return host
    }

    private func login(
        _ host: ScriptedHost, _ enroll: Options.Enroll = .require, grace: UInt8 = 0,
        until: UInt64? = nil, nullok: Bool = false
    ) -> LoginResult {
        host.login {
            $0.enroll = enroll
            $0.enrollGrace = grace
            $0.enrollUntil = until
            $0.nullok = nullok
        }
    }

    @Test("An offer cannot be declined with Enter any number of times, or that leaves a trace")
    func offer() throws {
        let host = host()
        for _ in 0..<20 {
            host.answers = [.text("")]
            #expect(login(host, .offer) == .ignored(.putOff(left: nil)))
            #expect(host.talk.last == "say Nothing was enrolled.")
        }
        host.answers = [.text("000000"), .text("000000"), .text("000000")]
        #expect(login(host, .offer) == .ignored(.putOff(left: nil)))
        #expect(host.session == nil)
    }

    @Test("A required enrollment lets Enter or three wrong codes pass, or leaves a trace")
    func required() throws {
        for answers in [[""], ["000000", ""], ["000000", "000000", "000000"]] {
            let host = host()
            host.answers = answers.map { .text($0) }
            #expect(login(host) == .refused(.notEnrolled))
            #expect(host.talk.last == "say " + UserText.mustEnroll.english)
            #expect(host.session == nil && !host.journal.entries.contains("make"))
        }
    }

    @Test("A connection dropped at some question leaves a trace")
    func dropped() throws {
        for enroll in [.offer, .require] as [Options.Enroll] {
            for before in [[], ["i"], ["000000"], ["a", "000000", "i"]] {
                for end in [.nothing, .failure] as [ScriptedHost.Typed] {
                    let host = host()
                    host.answers = before.map { .text($0) } + [end]
                    #expect(login(host, enroll, grace: 5) == .conversationFailed)
                    #expect(host.session == nil && !host.journal.entries.contains("make"))
                }
            }
        }
    }

    @Test("A connection dropped at the backup codes is not enrolled, though the code was right")
    func droppedLater() throws {
        let host = host(.shown(), .failure)
        #expect(login(host) == .enrolled(nil, try name("phone")))
        #expect(host.session?.record.isEnrolled == true)
    }

    @Test("A grace is not counted, not told, or given twice")
    func grace() throws {
        let host = host()
        for (left, said) in [
            (2, "Nothing was enrolled. You can put it off 2 more times."),
            (1, "Nothing was enrolled. You can put it off 1 more time."),
            (0, "Nothing was enrolled. You must enroll at the next login."),
        ] as [(UInt8, String)] {
            host.answers = [.text("")]
            #expect(login(host, grace: 3) == .ignored(.putOff(left: left)))
            #expect(host.talk.last == "say " + said)
        }
        host.answers = [.text("")]
        #expect(login(host, grace: 3) == .refused(.notEnrolled))
        #expect(host.session?.record.timesPutOff == 3)
        #expect(host.session?.record.isEnrolled == false)
        // A longer grace period adds the difference; a reset adds nothing.
        host.answers = [.text("")]
        #expect(login(host, grace: 5) == .ignored(.putOff(left: 1)))
        host.session?.withRecord { $0.removeAll() }
        host.answers = [.text("")]
        #expect(login(host, grace: 4) == .refused(.notEnrolled))
    }

    @Test("Postponing is counted before the admin's date, or not from its first second on")
    func until() throws {
        let host = host()
        for now in [noon - 100, noon - 1] {
            host.time = now
            host.answers = [.text("")]
            #expect(login(host, grace: 1, until: noon) == .ignored(.putOff(left: nil)))
            #expect(host.session == nil)
        }
        host.time = noon
        host.answers = [.text("")]
        #expect(login(host, grace: 1, until: noon) == .ignored(.putOff(left: 0)))
        host.answers = [.text("")]
        #expect(login(host, grace: 1, until: noon) == .refused(.notEnrolled))
    }

    @Test("Other services ask something, or do not say what to run")
    func elsewhere() throws {
        let told = "say " + UserText.enrollElsewhere.english
        for (enroll, grace, nullok, result, said) in [
            (.offer, 0, false, .ignored(.putOff(left: nil)), told),
            (.require, 1, false, .ignored(.putOff(left: 0)), told),
            (.require, 0, true, .ignored(.notEnrolled), nil),
            (
                .require, 0, false, .refused(.notEnrolled),
                "say " + UserText.mustEnrollElsewhere.english
            ),
        ] as [(Options.Enroll, UInt8, Bool, LoginResult, String?)] {
            let host = host()
            host.service = "vsftpd"
            let ending = host.login {
                $0.enroll = enroll
                $0.enrollGrace = grace
                $0.nullok = nullok
                $0.followsFirstFactor = true
            }
            #expect(ending == result)
            #expect(host.talk == (said.map { [$0] } ?? []))
        }
    }

    @Test("Of two enrollments at once, both succeed, or the other one is not told")
    func twoAtOnce() throws {
        for isThere in [false, true] {
            let host = host(.shown())
            let other = try record(phone("theirs"))
            let bytes = other.encoded
            func enrollOther() {
                guard let record = Record(decoding: bytes.span) else { return }
                host.session = ScriptedSession(record, journal: host.journal)
            }
            if isThere {
                host.beforeAsking = { _ in enrollOther() }
            } else {
                host.beforeMaking = enrollOther
            }
            #expect(login(host) == .refused(.enrolledMeanwhile))
            #expect(host.talk.last == "say " + UserText.enrolledMeanwhile.english)
            #expect(host.session?.record.encoded == bytes)
        }
    }

    @Test("A record made by another login to count blocks postponing")
    func countedMeanwhile() throws {
        let host = host(.shown(), .text(""))
        host.beforeMaking = {
            var record = Record()
            record.timesPutOff = 1
            host.session = ScriptedSession(record, journal: host.journal)
        }
        #expect(login(host, grace: 3) == .enrolled(nil, try name("phone")))
        #expect(host.session?.record.authenticators.count == 1)
    }

    @Test("Without random numbers, clock or a sound store, something is stored or let in")
    func trouble() throws {
        let noNumbers = host()
        noNumbers.random = nil
        #expect(login(noNumbers) == .unavailable(StoreError(.system, [], "")))
        let early = host()
        early.time = MachineTime.earliest - 1
        #expect(login(early) == .unavailable(StoreError(.clock, [], "")))
        let broken = host()
        broken.condition = .broken(.unsafe)
        #expect(login(broken) == .unavailable(StoreError(.unsafe, [], "")))
        for host in [noNumbers, early, broken] {
            #expect(host.session == nil && host.talk == ["say " + UserText.unavailable.english])
        }
    }

    @Test("A lock is held while somebody types")
    func unlocked() throws {
        let host = host(.text("i"), .text("000000"), .shown(), .text(""))
        host.session = ScriptedSession(Record(), journal: host.journal)
        #expect(login(host, grace: 1) == .enrolled(nil, try name("phone")))
        let entries = host.journal.entries
        for index in entries.indices where entries[index].hasPrefix("ask") {
            let before = entries[..<index]
            #expect(before.count { $0 == "open" } == before.count { $0 == "close" })
        }
    }
}
