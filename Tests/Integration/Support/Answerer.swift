import Foundation
import TestSupport
import Testing

/// Who checks the codes of a login.
enum Answerer: String, CaseIterable, Sendable, CustomTestStringConvertible {
    /// One service for all logins, as started by systemd.
    case resident = "with the service"
    /// A service for each login, as in a container without systemd.
    case own = "without the service"

    var testDescription: String { rawValue }

    /// The module's arguments for it. With a service nothing is started in its place, and without
    /// one nothing listens.
    func arguments() async throws -> String {
        switch self {
        case .resident: try await Service.shared().arguments
        case .own: Self.arguments(starting: try Build.product("swiftotpd"))
        }
    }

    /// The same for one that runs behind these words, such as `faketime -f +2d`, and the service,
    /// which the caller must keep.
    func arguments(behind words: [String], in scratch: Scratch) async throws -> (String, Service?) {
        switch self {
        case .resident:
            // It is told its process ID, as the words start it as their child.
            let last = ["sh", "-c", #"LISTEN_PID=$$ exec setpriv --pdeathsig KILL "$@""#, "sh"]
            let service = try await Service(around: words + last)
            return (service.arguments, service)
        case .own:
            let program = words + [try Build.product("swiftotpd")]
            let line = program.map { "'\($0.replacing("'", with: #"'\''"#))'" }.joined(
                separator: " ")
            let script = try scratch.write(
                "#!/bin/sh\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin\nexec \(line) \"$@\"\n",
                to: "swiftotpd-\(UUID().uuidString)", mode: 0o755)
            return (Self.arguments(starting: script), nil)
        }
    }

    private static func arguments(starting program: String) -> String {
        "socket=/nonexistent/swiftotpd.sock program=\(program)"
    }
}

extension Service {
    fileprivate var arguments: String { "socket=\(socket) program=/nonexistent/swiftotpd" }
}
