import Foundation
import TestSupport

/// Where the module finds its service.
enum ServiceAccess: Sendable {
    /// Nothing listens, and a service is started for each login.
    case ownService
    /// One service for all logins, which listens here.
    case resident(String)

    /// The service access of this test.
    @TaskLocal static var current = ServiceAccess.ownService

    /// The module's arguments for it. `behind` are words before the service that it starts, such as
    /// `faketime -f -1h`.
    func arguments(_ scratch: Scratch, behind: [String]) throws -> String {
        switch self {
        case .ownService:
            let program = try ServiceAccess.program(scratch, behind: behind)
            return "socket=/nonexistent/swiftotpd.sock program=\(program)"
        // If a service were started nevertheless, the login would be denied: the program does not
        // exist.
        case .resident(let socket): return "socket=\(socket) program=/nonexistent/swiftotpd"
        }
    }

    /// Starts swiftotpd with words before it; the module gives it no environment.
    static func program(
        _ scratch: Scratch, behind: [String], program: String? = nil
    ) throws -> String {
        let program = try program ?? Build.product("swiftotpd")
        guard !behind.isEmpty else { return program }
        let words = (behind + [program]).map { "'\($0.replacing("'", with: #"'\''"#))'" }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return try scratch.write(
            """
            #!/bin/sh
            export PATH='\(path)' LC_ALL=C.UTF-8
            exec \(words.joined(separator: " ")) "$@"

            """, to: "swiftotpd-\(UUID().uuidString)", mode: 0o755)
    }

    /// Waits until all services with `mark` in their environment have ended: after its host is
    /// killed, one runs for a moment until it notices.
    static func waitForServices(_ mark: String) async throws {
        let wanted = Array(mark.utf8)
        try await patiently("the service to end") {
            let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc")
            return numbers.contains { number in
                guard pid_t(number) != nil else { return false }
                let text = FileManager.default.contents(atPath: "/proc/\(number)/environ") ?? Data()
                return Array(text).firstPlace(of: wanted) != nil
            } ? nil : ()
        }
    }
}
