import Foundation

/// Where a login comes from.
enum UniqueAddress {
    /// One that no other login has, to be found by in the log. In digits: where a login is denied,
    /// libpam's line for the kernel's audit looks names up, and waits for whoever should know them.
    static func make() -> String {
        "2001:db8"
            + (0..<6).map { _ in String(format: ":%x", UInt16.random(in: 1...0xffff)) }.joined()
    }
}
