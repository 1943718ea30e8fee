import OTPWire

/// `swiftotp-agent status`
enum StatusCommand {
    static func run(_ arguments: Program.Arguments) -> CInt {
        do throws(AgentClient.Problem) {
            let state = try AgentClient.state(at: arguments.path)
            print(arguments.isJSON ? state.json : state.text)
            return state.isReady && !state.isOverdue(at: AgentState.now) ? 0 : 1
        } catch {
            return Program.fail(error.text)
        }
    }
}

extension AgentState {
    /// For programs.
    fileprivate var json: String {
        String(decoding: (try? Document.encode(self)) ?? [], as: UTF8.self)
    }
}
