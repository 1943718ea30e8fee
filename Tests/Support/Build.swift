import Foundation

/// The products built together with these tests.
public enum Build {
    /// The folder of the built products. On Linux a test bundle is a program among them.
    public static let products = URL(fileURLWithPath: "/proc/self/exe")
        .resolvingSymlinksInPath().deletingLastPathComponent()

    /// The module, by the absolute path for a service file.
    public static func module() throws -> String { try product("libpam_swiftotp.so") }

    /// Where the programs are that get installed, if not built with the tests: `make test` tests
    /// those that it packages, which are also quicker.
    private static let shipped = ProcessInfo.processInfo.environment["SWIFTOTP_PROGRAMS"]
    private static let installed = [
        "libpam_swiftotp.so", "otp-enroll", "swiftotpd", "swiftotp-messenger",
    ]

    /// The path of a program or library; `folder` has what was built with the tests.
    public static func place(of name: String, in folder: String) -> String {
        "\(installed.contains(name) ? shipped ?? folder : folder)/\(name)"
    }

    /// A built program or library by its name.
    public static func product(_ name: String) throws -> String {
        let path = place(of: name, in: products.path)
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
