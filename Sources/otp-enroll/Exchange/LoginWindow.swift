import OTPCore
import OTPPAM

/// How many steps off a code may be at the logins of this machine, by its PAM lines: the service
/// learns the options of a line only when somebody logs in by it.
enum LoginWindow {
    /// The widest window of all lines that name the module; 0 if there is none. What cannot be read
    /// may say anything, so it counts as the widest that there is.
    static func widest() -> UInt8 {
        let services = LibPAM.rules.folders.flatMap { SystemFiles.names(in: $0) }
        let reader = LineOptions(instead: [])
        return Set(services).filter { !$0.hasPrefix(".") }.reduce(0) {
            max($0, widest(of: $1, reader))
        }
    }

    private static func widest(of service: String, _ reader: LineOptions) -> UInt8 {
        guard let stack = try? PAMStack(service: service),
            !stack.troubles.contains(where: { $0.effect == .unknown })
        else { return Options.widestWindow }
        return stack.auth.filter(\.isOurs).reduce(0) { widest, line in
            max(widest, (try? reader.read(line).get().window) ?? Options.widestWindow)
        }
    }
}
