import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Many at once", .serialized, .timeLimit(.minutes(5)))
struct ConcurrencyTests {
    /// How one of many attempts ended.
    private enum Ending: Equatable, Sendable {
        case outcome(Outcome)
        case trouble(StoreError.Code)

        var isGranted: Bool {
            if case .outcome(.granted) = self { return true }
            return false
        }
    }

    private func attempt(_ fixture: StoreFixture, _ typed: String, at now: UInt64) -> Ending {
        do throws(StoreError) {
            return .outcome(try fixture.attempt(typed, at: now))
        } catch {
            return .trouble(error.code)
        }
    }

    @Test("One code, 64 at once: not exactly one gets in per round")
    func oneCode() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        for round in 0..<30 as Range<UInt64> {
            // Far enough apart that the delays of the previous round are over.
            let now = noon + round * 900
            let typed = code(now / 30)
            let endings = together(64) { _ in attempt(fixture, typed, at: now) }
            #expect(endings.count { $0.isGranted } == 1, "round \(round)")
            for ending in endings where !ending.isGranted {
                guard case .outcome(.refused(let refusal)) = ending else {
                    Issue.record("round \(round): \(ending)")
                    return
                }
                switch refusal {
                case .replayed, .repeated: break
                default: Issue.record("round \(round): \(refusal)")
                }
            }
            let state = try #require(try fixture.state())
            #expect(state.nextSteps == [now / 30 + 1])
            // The first one after the success is a failure, and the following ones repeat it.
            #expect(state.failures == 1)
        }
    }

    @Test("One backup code, 64 at once: not exactly one gets in per round")
    func oneBackupCode() throws {
        let fixture = try StoreFixture()
        let codes = try fixture.enroll()
        for (round, typed) in codes.enumerated() {
            let now = noon + UInt64(round) * 900
            let endings = together(64) { _ in attempt(fixture, typed, at: now) }
            #expect(endings.count { $0.isGranted } == 1, "round \(round)")
            #expect(!endings.contains { if case .trouble = $0 { true } else { false } })
            #expect(try fixture.state()?.backupCodes == Set((round + 1)..<10))
        }
    }

    @Test("Two good factors at once: one is refused, or not used up")
    func twoFactors() throws {
        let fixture = try StoreFixture()
        let codes = try fixture.enroll()
        for (round, backup) in codes.enumerated() {
            let now = noon + UInt64(round) * 900
            let typed = [code(now / 30), backup]
            let endings = together(2) { attempt(fixture, typed[$0], at: now) }
            #expect(endings.count { $0.isGranted } == 2, "round \(round): \(endings)")
            let state = try #require(try fixture.state())
            #expect(state.nextSteps == [now / 30 + 1])
            #expect(state.backupCodes == Set((round + 1)..<10))
            #expect(state.failures == 0)
        }
    }

    @Test("Of wrong codes at once, one is not counted")
    func wrongAtOnce() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let endings = together(32) { attempt(fixture, wrong($0), at: noon) }
        #expect(endings.count { $0 == .outcome(.refused(.wrong)) } == 5)
        #expect(endings.count { $0 == .outcome(.refused(.throttled(seconds: 30))) } == 27)
        #expect(try fixture.state()?.failures == 5)
    }

    @Test("Two records at once, and a reader of both, disturb each other")
    func twoUsers() throws {
        let fixture = try StoreFixture()
        for user in [alice, bob] { try fixture.enroll(user) }
        let results = together(6) { index -> Int in
            let user = index % 2 == 0 ? alice : bob
            var good = 0
            for round in 0..<20 as Range<UInt64> {
                let now = noon + round * 900
                if index < 2 {
                    let outcome = try? fixture.attempt(code(now / 30), at: now, as: user)
                    if outcome?.reason == "code" { good += 1 }
                } else if (try? fixture.state(of: user)) != nil {
                    good += 1
                }
            }
            return good
        }
        #expect(results == [20, 20, 20, 20, 20, 20])
    }

    @Test("One user enrolled by 16 at once has several records, or files are left over")
    func oneMaker() throws {
        let fixture = try StoreFixture()
        for _ in 0..<10 {
            let endings = together(16) { _ in
                trouble { () throws(StoreError) in
                    try fixture.store().make(Record(), of: alice)
                }
            }
            #expect(endings.count { $0 == nil } == 1)
            #expect(endings.count { $0 == .exists } == 15)
            #expect(try fixture.names(in: "store") == ["70001", "marker", "seal.key"])
            #expect(try fixture.allNames(in: "store").count == 4)
            try fixture.store().remove(alice)
        }
    }

    @Test("Of many users enrolled at once, one is not")
    func manyMakers() throws {
        let fixture = try StoreFixture()
        for round in 0..<10 {
            let endings = together(16) { index in
                trouble { () throws(StoreError) in
                    let uid = UInt32(80_000 + round * 16 + index)
                    try fixture.store().make(Record(), of: User(name: [0x75], uid: uid, gid: 1))
                }
            }
            #expect(endings == Array(repeating: nil, count: 16))
        }
        #expect(try fixture.store().userIDs().count == 160)
    }

    @Test("A store made by 16 at once has several keys")
    func oneKey() throws {
        for _ in 0..<10 {
            let fixture = try StoreFixture()
            let keys = together(16) { _ -> [UInt8] in
                do throws(StoreError) {
                    return try Store.make(path: fixture.bytes("other")).store.keyID()
                } catch {
                    return Array("\(error.code)".utf8)
                }
            }
            #expect(Set(keys).count == 1)
            #expect(keys[0].count == 8)
            #expect(try fixture.names(in: "other") == ["marker", "seal.key"])
        }
    }
}
