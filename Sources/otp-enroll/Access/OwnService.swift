import CLinux
import Glibc
import OTPSystem
import OTPWire

/// A swiftotpd that this program starts for itself (`--stdio`), on a socket of its own.
struct OwnService: ~Copyable {
    /// Our end of the connection; the service exits when it is closed.
    let socket: Socket
    let process: ChildProcess

    private static let name = "swiftotpd"
    private static let installed = "/usr/libexec/" + name

    /// The program's path: next to this one in a build, or installed.
    static var program: String {
        guard let own = Machine.executable, let slash = own.lastIndex(of: "/") else {
            return installed
        }
        let path = own[...slash] + name
        return SystemFiles.exists(String(path)) ? String(path) : installed
    }

    /// Starts the service at `program` with these arguments.
    static func start(_ program: String, _ words: [String]) throws(Failure) -> OwnService {
        // A program next to this one is as trustworthy as this one.
        if program == installed { try SystemFiles.requireRoots(program) }
        var ends: [CInt] = [-1, -1]
        // SAFETY: the array has room for the two descriptors.
        guard unsafe swiftotp_socketpair(&ends) == 0, let ours = ends.first, let its = ends.last
        else { throw OwnService.cannotStart(program, .last) }
        let socket = Socket(ours)
        let other = OpenFile(its)
        do throws(SystemError) {
            return OwnService(
                socket: socket,
                process: try ChildProcess([program, "--stdio"] + words, input: other.number))
        } catch {
            throw OwnService.cannotStart(program, error)
        }
    }

    private static func cannotStart(_ program: String, _ error: SystemError) -> Failure {
        Failure(
            "\(Output.printable(program)) cannot be started: \(error.text)",
            hints: error.number == ENOENT ? ["it belongs to the module: install it as well"] : [])
    }
}
