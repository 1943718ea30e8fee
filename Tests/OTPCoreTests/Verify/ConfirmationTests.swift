import Testing

@testable import OTPCore

/// The first code of a new authenticator. Some apps show SHA-1 codes of 6 digits and 30 s whatever
/// the QR code says; they must be told apart from a wrong code.
@Suite("The first code of a new authenticator")
struct ConfirmationTests {
    typealias Verdict = OTPCore.Confirmation.Verdict

    private let ignoring: [OTPCore.Confirmation.Setting: (inout Authenticator) -> Void] = [
        .algorithm: { $0.algorithm = .sha1 }, .digits: { $0.digits = 6 },
        .period: { $0.period = 30 },
    ]

    /// The verdict on a code that `app` shows `offset` steps from now, if `real` was enrolled.
    private func judge(
        _ real: Authenticator, shownBy app: Authenticator, offset: Int = 0, at now: UInt64 = noon
    ) -> Verdict {
        let key = exampleKey
        let step = app.currentStep(at: now) &+ UInt64(bitPattern: Int64(offset))
        let code = HOTP.code(
            key: key.span, factor: step, algorithm: app.algorithm, digits: app.digits)
        return OTPCore.Confirmation(authenticator: real, window: 1)
            .judge(code, digits: app.digits, key: key.span, at: now)
    }

    @Test("An app that ignores some settings is not recognized")
    func ignored() throws {
        let settings: [OTPCore.Confirmation.Setting] = [.algorithm, .digits, .period]
        for bits in 1...7 {
            let ignored = settings.indices.filter { bits >> $0 & 1 == 1 }.map { settings[$0] }
            let real = try phone(algorithm: .sha512, digits: 8, period: 60)
            var app = real
            for setting in ignored { ignoring[setting]?(&app) }
            for offset in [0, -1, 1, 10] {
                #expect(judge(real, shownBy: app, offset: offset) == .ignored(ignored))
            }
        }
    }

    @Test("An app is said to ignore a setting that has its default")
    func defaults() throws {
        let real = try phone(algorithm: .sha256)
        #expect(judge(real, shownBy: try phone()) == .ignored([.algorithm]))
        for other in [try phone(digits: 8), try phone(period: 60), try phone(algorithm: .sha512)] {
            #expect(judge(real, shownBy: other) == .wrong)
            #expect(judge(try phone(), shownBy: other) == .wrong)
        }
    }

    @Test("HOTP: not the next ten counters, or an app that ignores a setting is not recognized")
    func counters() throws {
        var real = try phone(kind: .hotp, algorithm: .sha256, digits: 8)
        real.nextStep = 5
        for offset in 0...10 {
            #expect(
                judge(real, shownBy: real, offset: offset)
                    == .right(nextStep: 6 + UInt64(offset), skew: 0))
        }
        #expect(judge(real, shownBy: real, offset: -1) == .wrong)
        #expect(judge(real, shownBy: real, offset: 11) == .wrong)
        var app = real
        (app.algorithm, app.digits) = (.sha1, 6)
        #expect(judge(real, shownBy: app, offset: 2) == .ignored([.algorithm, .digits]))
        #expect(judge(real, shownBy: app, offset: -1) == .wrong)
    }

    @Test("Times at either end of the range overflow")
    func ends() throws {
        let real = try phone(algorithm: .sha256)
        #expect(judge(real, shownBy: real, at: 0) == .right(nextStep: 1, skew: 0))
        let app = try phone()
        #expect(judge(real, shownBy: app, at: 0) == .ignored([.algorithm]))
        #expect(judge(real, shownBy: app, offset: -1, at: 0) == .ignored([.algorithm]))
        var counter = try phone(kind: .hotp)
        counter.nextStep = .max - 20
        #expect(judge(counter, shownBy: counter) == .right(nextStep: .max - 19, skew: 0))
    }
}
