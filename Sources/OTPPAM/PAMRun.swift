/// How far libpam has got in the lines of one kind, and the state of the login so far
/// (`_pam_dispatch_aux`, for calls that freeze the chain: authentication and account).
public struct PAMRun: Hashable, Sendable {
    private enum Impression: Hashable {
        case undefined, positive, negative
    }

    private struct State: Hashable {
        var impression = Impression.undefined
        var status = PAMAnswer.permissionDenied

        mutating func refuse(_ answer: PAMAnswer) { (impression, status) = (.negative, answer) }
    }

    /// The next line; after the last one, the run is over.
    public private(set) var next = 0
    private var state = State()
    /// The state at the beginning of the stack, and of each enclosing substack.
    private var saved = [State()]

    /// At a line; by default, at the first.
    public init(at line: Int = 0) { next = line }

    /// Applies the answer of the next line.
    public mutating func take(_ answer: PAMAnswer, in lines: [PAMLine]) {
        guard lines.indices.contains(next) else { return }
        let line = lines[next], index = next
        next += 1
        if saved.count > line.level + 1 { saved.removeLast(saved.count - line.level - 1) }
        while saved.count <= line.level { saved.append(state) }
        if line.role == .substack { return }
        if answer == .incomplete {
            state.refuse(answer)
            next = lines.count
            return
        }
        follow(line.action(for: answer), answer, from: index, in: lines)
    }

    private mutating func follow(
        _ action: PAMAction, _ answer: PAMAnswer, from index: Int, in lines: [PAMLine]
    ) {
        switch action {
        case .ignore: break
        case .ok, .done:
            if state.impression == .undefined
                || state.impression == .positive && state.status == .success
            {
                state = State(impression: .positive, status: answer)
            }
            if action == .done && state.impression == .positive { finish(from: index, in: lines) }
        case .bad, .die:
            if state.impression != .negative {
                state.refuse(answer == .ignore ? .permissionDenied : answer)
            }
            if action == .die { finish(from: index, in: lines) }
        case .reset: state = saved.last ?? State()
        case .jump(let count):
            if !jump(over: count, from: index, in: lines) { state.refuse(.permissionDenied) }
        case .lost: state.refuse(.permissionDenied)
        }
    }

    /// Skips the rest of this stack or substack.
    private mutating func finish(from index: Int, in lines: [PAMLine]) {
        while next < lines.count, lines[next].level >= lines[index].level { next += 1 }
    }

    /// Skips this many lines, counting a substack with its contents as one; whether there are that
    /// many.
    private mutating func jump(over count: Int, from index: Int, in lines: [PAMLine]) -> Bool {
        let level = lines[index].level
        var left = count
        while left > 0, next < lines.count, lines[next].level >= level {
            next += 1
            while next < lines.count, lines[next].level > level { next += 1 }
            left -= 1
        }
        return left == 0
    }

    /// What libpam would return to the program if this were the end.
    public var result: PAMAnswer {
        state.status == .success && state.impression != .positive
            ? .permissionDenied : state.status
    }

    /// Whether a refusal already counts, which no later success can undo.
    public var isRefused: Bool { state.impression == .negative }

    /// Whether that is a success.
    public var isAccepted: Bool { result == .success }
}
