import Testing

@testable import OTPCore

@Suite("How far a device's clock is off, at least")
struct ClockSkewTests {
    /// The smallest clock error of a device that shows the code of `offset` steps from now, found
    /// by trying all of them; a fraction of a second behind is rounded down to full seconds.
    private func leastSkew(of offset: Int, at now: UInt64, period: UInt16) -> Int? {
        let step = Int(now) / Int(period)
        return (0...2000).lazy
            .map { offset < 0 ? -$0 : $0 }
            .first { skew in
                let shown = offset < 0 ? Int(now) + skew - 1 : Int(now) + skew
                return shown / Int(period) == step + offset
            }
    }

    @Test("Some offset, second and window gives another result than trying all clocks")
    func grid() throws {
        for period in [15, 30, 60, 120] as [UInt16] {
            let phone = try phone(period: period)
            let start = noon / UInt64(period) * UInt64(period)
            for window in 0...3 as ClosedRange<UInt8> {
                for elapsed in 0..<UInt64(period) {
                    let now = start + elapsed
                    for offset in -Int(window)...Int(window) where offset != 0 {
                        let least = try #require(leastSkew(of: offset, at: now, period: period))
                        let isTold = 2 * abs(least) > Int(period) * Int(window)
                        let skew = phone.clockSkew(of: offset, at: now, window: window)
                        #expect(
                            skew == (isTold ? least : 0),
                            "\(offset) of \(window), \(elapsed) of \(period) s")
                    }
                }
            }
        }
    }

    @Test("With the usual window, a clock more than 15 s off is not reported, or by how much")
    func usual() throws {
        let phone = try phone()
        let start = noonStep * 30
        for (offset, elapsed, skew) in [
            (1, 0, 30), (1, 5, 25), (1, 14, 16), (1, 15, 0), (1, 29, 0),
            (-1, 0, 0), (-1, 15, 0), (-1, 16, -16), (-1, 29, -29),
        ] as [(Int, UInt64, Int)] {
            #expect(phone.clockSkew(of: offset, at: start + elapsed, window: 1) == skew)
        }
    }

    @Test("The current step, steps outside the window, or counters are reported as off")
    func nothing() throws {
        let (phone, token) = (try phone(), try self.token())
        for window in 0...10 as ClosedRange<UInt8> {
            for elapsed in 0..<30 as Range<UInt64> {
                let now = noonStep * 30 + elapsed
                #expect(phone.clockSkew(of: 0, at: now, window: window) == 0)
                for offset in [Int(window) + 1, -Int(window) - 1, 1000, -1000] {
                    #expect(phone.clockSkew(of: offset, at: now, window: window) == 0)
                }
                for offset in -3...9 {
                    #expect(token.clockSkew(of: offset, at: now, window: window) == 0)
                }
            }
        }
    }

    private func token() throws -> Authenticator { try phone("token", kind: .hotp) }

    @Test("The last possible time traps")
    func edges() throws {
        for period in [15, 30, 120] as [UInt16] {
            let phone = try phone(period: period)
            for now in [0, 1, .max - 1, .max] as [UInt64] {
                for offset in -10...10 {
                    let skew = phone.clockSkew(of: offset, at: now, window: 10)
                    #expect(abs(skew) <= 10 * Int(period))
                }
            }
        }
    }

    @Test("It is told at another login than the one the code let in")
    func said() throws {
        for (offset, elapsed, said) in [
            (1, 2, "say The clock of \"phone\" is 28 s ahead. Correct it, or codes will fail."),
            (-1, 27, "say The clock of \"phone\" is 27 s behind. Correct it, or codes will fail."),
            (1, 20, nil), (-1, 2, nil), (0, 2, nil),
        ] as [(Int, UInt64, String?)] {
            let host = ScriptedHost()
            try host.enroll()
            host.time = noonStep * 30 + elapsed
            host.answers = [.text(code(UInt64(Int(noonStep) + offset)))]
            #expect(
                host.login() == .granted(.code(authenticator: try name("phone"), offset: offset)))
            #expect(host.talk == ["ask Code: "] + (said.map { [$0] } ?? []))
        }
    }
}
