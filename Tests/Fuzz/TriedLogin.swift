/// One login, and everything known about it.
struct TriedLogin {
    let setup: Setup
    let machine: Kernel
    let caller: Caller
    let faults: Faults
    let now: Int64
    let before: Views
    let after: Views

    /// The result, as far as it was received.
    var result: LoginEnd? { caller.ending }

    /// Whether a login was begun, which must leave a line in the log.
    var isLogin: Bool { !faults.hasStruck && faults.oddity.isAfterLogin && setup.isAnybody }

    /// Whether nothing went wrong, apart from what was typed.
    var isSmooth: Bool {
        isLogin && faults.oddity.isHarmless && setup.mayAsk && setup.options?.store == nil
    }

    var answers: [[UInt8]] { caller.answers + caller.client.answers }

    /// The throttle's decision: five failures are free, then there is a wait that doubles from 30 s
    /// to 15 min, and a hundred failures close it: separately for a key that has logged in before,
    /// and together for all other places.
    func mayTry(_ throttle: Throttle) -> Bool {
        if throttle.opensAt > 0, now >= Int64(clamping: throttle.opensAt) { return true }
        let known = throttle.sources.first { $0.id == setup.place.source }
        let counter = known?.counter ?? throttle.shared
        if known == nil || !setup.place.source.isKey {
            let others = throttle.sources.filter { !$0.id.isKey }
            let all = others.reduce(UInt64(throttle.shared.failures)) {
                $0 + UInt64($1.counter.failures)
            }
            if all >= 100 { return false }
        }
        if counter.failures < 5 { return true }
        let waits: [Int64] = [30, 60, 120, 240, 480]
        let index = Int(counter.failures) - 5
        let wait = index < waits.count ? waits[index] : 900
        return counter.failures < 100 && now - Int64(clamping: counter.last) >= wait
    }

    /// Whether this code was typed.
    func isTyped(_ code: [UInt8]) -> Bool {
        let joined = setup.options?.forwardsPass == true
        return answers.contains { answer in
            if joined && answer.suffix(code.count).elementsEqual(code) { return true }
            return answer.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") } == code
        }
    }
}

extension TriedLogin {
    /// The answers in all possible readings.
    private func anyAnswer(_ isIt: (borrowing Answer) -> Bool) -> Bool {
        answers.contains { typed in
            isIt(Answer(typed.span))
                || setup.options?.forwardsPass == true && isIt(JoinedAnswer.answer(typed.span))
        }
    }

    func isTypedBackup(_ index: Int, _ kept: HashedCode) -> Bool {
        anyAnswer {
            switch $0 {
            case .backupCode(let code): code.index == index && kept.matches(code.symbols)
            default: false
            }
        }
    }

    func isTypedTemporary(_ kept: IssuedCode) -> Bool {
        anyAnswer {
            switch $0 {
            case .temporaryCode(let code): kept.hash.matches(code.symbols)
            default: false
            }
        }
    }
}
