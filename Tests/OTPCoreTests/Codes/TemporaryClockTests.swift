import Testing

@testable import OTPCore

/// T15: how long a temporary code is valid, whatever happens to the clock in the meantime.
@Suite("Temporary codes and the clock")
struct TemporaryClockTests {
    private let valid: UInt64 = 86_400

    /// Seconds since the issue, by a clock that is right.
    private let elapsed: [UInt64] = [0, 1, 59, 60, 600, 3600, 86_399, 86_400, 86_401, 31_536_000]
    /// How far the clock was set in the meantime, in seconds.
    private let shifts: [Int64] = [
        -1_800_000_000, -315_360_000, -31_536_000, -86_400, -3600, -61, -60, -59, -1, 0, 1, 59,
        3600, 86_399, 86_400, 31_536_000, 315_360_000,
    ]

    private func issued(boot: BootTime?) throws -> IssuedCode {
        let zero = [UInt8](repeating: 0, count: HashedCode.length)
        return IssuedCode(
            try #require(HashedCode(zero)), at: noon, validFor: valid, boot: boot)
    }

    private func clock(_ elapsed: UInt64, _ shift: Int64) -> UInt64 {
        UInt64(max(0, Int64(noon + elapsed) + shift))
    }

    @Test("Within one boot, setting the clock prolongs or shortens a code")
    func sameBoot() throws {
        let code = try issued(boot: boot(1, 5000))
        for elapsed in elapsed {
            for shift in shifts {
                let now = clock(elapsed, shift)
                let state = code.state(at: now, boot: boot(1, 5000 + elapsed))
                let isOver = elapsed >= valid || now >= noon + valid
                #expect(state == (isOver ? .expired : .live), "\(elapsed) s, set by \(shift)")
                // Setting the clock back neither shortens nor extends the code's life.
                if shift <= 0 { #expect((state == .live) == (elapsed < valid)) }
            }
        }
    }

    @Test("After another boot, or without that clock, the code does not follow the system clock")
    func otherBoot() throws {
        let pairs = [
            (boot(1, 5000), boot(2, 100)), (boot(1, 5000), boot(2, 9000)), (boot(1, 5000), nil),
            (nil, boot(1, 5000)), (nil, nil),
        ]
        for (then, here) in pairs {
            let code = try issued(boot: then)
            for elapsed in elapsed {
                for shift in shifts {
                    let now = clock(elapsed, shift)
                    let state = code.state(at: now, boot: here)
                    switch now {
                    case ..<(noon - 60): #expect(state == .beforeIssue)
                    case ..<(noon + valid): #expect(state == .live)
                    default: #expect(state == .expired)
                    }
                }
            }
        }
    }

    @Test("Two boots are told apart by only part of their id")
    func bootIDs() throws {
        let id = [UInt8](0..<16)
        let code = try issued(boot: BootTime(id: id, seconds: 0))
        #expect(code.state(at: 0, boot: BootTime(id: id, seconds: 1)) == .live)
        for index in 0..<16 {
            var other = id
            other[index] ^= 1
            #expect(code.state(at: 0, boot: BootTime(id: other, seconds: 1)) == .beforeIssue)
        }
        for length in [0, 15, 17, 32] {
            #expect(BootTime(id: [UInt8](repeating: 0, count: length), seconds: 1) == nil)
        }
    }

    @Test("A code counts more than sixty seconds before its issue, or not even sixty")
    func tolerance() throws {
        let code = try issued(boot: nil)
        #expect(code.state(at: noon - 60, boot: nil) == .live)
        #expect(code.state(at: noon - 61, boot: nil) == .beforeIssue)
        #expect(code.state(at: 0, boot: nil) == .beforeIssue)
    }

    @Test(
        "A temporary code is valid for less than 10 minutes, or more than 3 days",
        arguments: [
            (0, 600), (1, 600), (599, 600), (600, 600), (601, 601), (86_400, 86_400),
            (259_199, 259_199), (259_200, 259_200), (259_201, 259_200), (.max, 259_200),
        ] as [(UInt64, UInt64)])
    func validity(_ asked: UInt64, _ given: UInt64) throws {
        let zero = try #require(HashedCode([UInt8](repeating: 0, count: HashedCode.length)))
        let code = IssuedCode(zero, at: noon, validFor: asked, boot: nil)
        #expect(code.issued == noon && code.expires == noon + given && code.used == 0)
        let last = IssuedCode(zero, at: .max - 5, validFor: asked, boot: nil)
        #expect(last.expires == .max)
    }

    @Test("A used code counts again after a change of the clock or a boot")
    func used() throws {
        var code = try issued(boot: boot(1, 5000))
        code.used = noon + 10
        for elapsed in elapsed {
            for shift in shifts {
                for here in [nil, boot(1, 5000 + elapsed), boot(2, 0)] {
                    #expect(code.state(at: clock(elapsed, shift), boot: here) == .used)
                }
            }
        }
    }

    @Test("Times at either end of the range trap")
    func ends() throws {
        let zero = try #require(HashedCode([UInt8](repeating: 0, count: HashedCode.length)))
        for issued in [0, 1, noon, .max - 1, .max] as [UInt64] {
            for expires in [0, 1, noon, .max - 1, .max] as [UInt64] {
                for now in [0, 1, noon, .max - 1, .max] as [UInt64] {
                    for seconds in [0, 5000, .max] as [UInt64] {
                        let code = IssuedCode(
                            hash: zero, issued: issued, expires: expires, boot: boot(1, 5000))
                        let state = code.state(at: now, boot: boot(1, seconds))
                        if now >= expires { #expect(state == .expired) }
                        // Ends before it begins, which no program writes: never live.
                        if expires <= issued { #expect(state == .expired) }
                    }
                }
            }
        }
    }
}
