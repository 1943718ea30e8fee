import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("The file of what the help desk did")
struct HelpDeskStoreTests {
    private func act(_ time: UInt64) -> HelpDeskLog.Act {
        HelpDeskLog.Act(.reset, at: time, by: alice, to: alice)
    }

    @Test("Helpers who act at once pass the limit, or an act is lost")
    func atOnce() async throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    try fixture.store().changeHelpDeskLog {
                        $0.take(act(1000 + UInt64(number)), daily: 20)
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 20)
        #expect(try fixture.store().helpDeskLog().acts.count == 20)
    }

    @Test("A log that was changed, or is another store's, lets the help desk act")
    func damaged() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        #expect(try fixture.store().changeHelpDeskLog { $0.take(act(9), daily: 9) })
        let before = try fixture.read("store/helpdesk")
        for position in [0, before.count / 2, before.count - 1] {
            var bytes = before
            bytes[position] ^= 1
            try fixture.write(bytes, to: "store/helpdesk")
            #expect(throws: StoreError.self) { try fixture.store().helpDeskLog() }
            #expect(throws: StoreError.self) {
                try fixture.store().changeHelpDeskLog { $0.take(act(10), daily: 9) }
            }
        }
        try fixture.write(before, to: "store/helpdesk")
        #expect(try fixture.store().helpDeskLog().acts == [act(9)])
    }

    @Test("The log is taken for a user's record")
    func noRecord() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let before = try fixture.store().userIDs()
        #expect(try fixture.store().changeHelpDeskLog { $0.take(act(9), daily: 9) })
        #expect(try fixture.store().userIDs() == before)
    }
}
