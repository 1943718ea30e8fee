import FleetNetwork
import FoundationEssentials
import OTPWire

/// `swiftotp-agent status`
enum StatusCommand {
    static func run(_ arguments: Program.Arguments) -> CInt {
        do throws(AgentClient.Problem) {
            let answer = try AgentClient.send([], to: arguments.path)
            switch answer {
            case .failed(_, let why): return Program.fail(why)
            case .answered(let bytes):
                guard let state = try? JSONDecoder().decode(AgentState.self, from: Data(bytes))
                else { return Program.fail("swiftotp-agent is of another version") }
                print(arguments.isJSON ? String(decoding: bytes, as: UTF8.self) : state.text)
                return state.isReady ? 0 : 1
            }
        } catch {
            return Program.fail(error.text)
        }
    }
}
