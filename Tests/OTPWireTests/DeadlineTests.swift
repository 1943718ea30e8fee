import Foundation
import Testing

@testable import OTPWire

@Suite("Deadlines", .timeLimit(.minutes(1)))
struct DeadlineTests {
    @Test("It is over too early or too late")
    func passes() async throws {
        let start = ContinuousClock.now
        let deadline = Deadline(in: .milliseconds(60))
        let wasOver = deadline.isOver
        let isEarly = ContinuousClock.now - start < .milliseconds(60)
        #expect(!(wasOver && isEarly))
        try await Task.sleep(for: .milliseconds(61))
        #expect(deadline.isOver && deadline.milliseconds == 0)
        #expect(Deadline(in: .zero).isOver && Deadline(in: .seconds(-1)).isOver)
        #expect(Deadline(in: .seconds(-1)).milliseconds == 0)
    }

    @Test("The time left is not at least one millisecond, or does not fit poll(2)")
    func milliseconds() {
        #expect((3_500_000...3_600_000).contains(Deadline(in: .seconds(3600)).milliseconds))
        #expect(Deadline(in: .seconds(1 << 40)).milliseconds == .max)
        #expect(Deadline(in: .seconds(Int64.max / 4)).milliseconds == .max)
        // Until it has passed, poll(2) must not be told to return at once.
        for _ in 0..<1000 {
            let deadline = Deadline(in: .microseconds(300))
            let left = deadline.milliseconds
            #expect(left == 1 || deadline.isOver)
        }
    }

    @Test("The later of two deadlines counts")
    func clamped() {
        let (soon, late) = (Deadline(in: .zero), Deadline(in: .seconds(3600)))
        #expect(soon.clamped(to: late).isOver && late.clamped(to: soon).isOver)
        #expect(!late.clamped(to: late).isOver)
    }
}
