import Foundation

/// The products built together with these tests.
public enum Build {
    /// The folder of the built products. On Linux a test bundle is a program among them.
    public static let products = URL(fileURLWithPath: "/proc/self/exe")
        .resolvingSymlinksInPath().deletingLastPathComponent()

    /// The module, by the absolute path for a service file.
    public static func module() throws -> String { try product("libpam_swiftotp.so") }

    /// A built program or library by its name.
    public static func product(_ name: String) throws -> String {
        let path = products.appendingPathComponent(name).path
        guard access(path, R_OK) == 0 else { throw Trouble("\(path) is not built") }
        return path
    }

    /// A program or library by its name, as installed.
    public static func released(_ name: String) -> String { Project.path(".build/release/\(name)") }

    /// Throws outside Tests/ground, where a test could harm the machine.
    public static func requireGround() throws {
        guard ProcessInfo.processInfo.environment["SWIFTOTP_GROUND"] == "1" else {
            throw Trouble(
                "This test makes users and services, and only does so inside Tests/ground: "
                    + "run `make test`.")
        }
    }
}
