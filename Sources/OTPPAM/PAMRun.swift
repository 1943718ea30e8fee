/// How far libpam has come in the lines of one kind, and what it thinks of the login so far
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

    /// The line that is next, behind the last one when all is over.
    public private(set) var next = 0
    private var state = State()
    /// What it was at the beginning of the stack, and of each substack that it is in.
    private var saved = [State()]

    /// Before a line; before the first of all where none is said.
    public init(at line: Int = 0) { next = line }

    /// Takes what the line that is next has answered.
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

    /// Passes over the rest of this stack or substack.
    private mutating func finish(from index: Int, in lines: [PAMLine]) {
        while next < lines.count, lines[next].level >= lines[index].level { next += 1 }
    }

    /// Skips so many, a substack with all that is in it being one; whether there are so many.
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

    /// What libpam would give the program if this were the end.
    public var result: PAMAnswer {
        state.status == .success && state.impression != .positive
            ? .permissionDenied : state.status
    }

    /// Whether a no counts already, which no later yes takes back.
    public var isRefused: Bool { state.impression == .negative }

    /// Whether that is a yes.
    public var isAccepted: Bool { result == .success }
}
