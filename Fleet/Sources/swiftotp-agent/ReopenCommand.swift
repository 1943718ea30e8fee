import OTPWire

/// `swiftotp-agent reopen`
enum ReopenCommand {
    static func run(_ arguments: Program.Arguments) -> CInt {
        guard let call = try? OfflineCall(.reopen, user: "").encoded() else {
            return Program.fail("the request cannot be made")
        }
        do throws(AgentClient.Problem) {
            switch try AgentClient.send(call, to: arguments.path) {
            case .failed(_, let why): return Program.fail(why)
            case .answered(let bytes):
                switch (try? Document.offlineReply(bytes))?.result {
                case .done:
                    print("Offline answers can be tried again.")
                    return 0
                case .failed(let why): return Program.fail(why)
                default: return Program.fail("swiftotp-agent is of another version")
                }
            }
        } catch {
            return Program.fail(error.text)
        }
    }
}
