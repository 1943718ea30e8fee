import CLinux
import Glibc
import OTPCore
import OTPWire

/// The socket of swiftotpd, which people and programs that are not root need.
enum ServiceCheck {
    static let name = "service"

    private static let unit = "swiftotpd.socket"

    static func look(_ options: Options, _ lines: [PAMLine]) -> Look {
        let path = String(decoding: options.socket ?? ServiceClient.defaultPath, as: UTF8.self)
        // What stands in common-auth is asked by screen lockers too.
        let shared = lines.first { $0.place.file.hasSuffix("/common-auth") }
        let start = "systemctl enable --now \(unit)"
        guard isListening(path) else {
            if let shared {
                return Look(
                    name, path,
                    [
                        Finding(
                            .problem,
                            "nobody listens on \(path): screen lockers that use"
                                + " \(shared.place.text) stay locked", in: unit, change: start)
                    ])
            }
            return Look(
                name, path,
                [
                    Finding(
                        .note,
                        "nobody listens on \(path): users cannot enroll and look after"
                            + " themselves", in: unit, change: start)
                ])
        }
        if let status = SystemFiles.status(path) {
            let folder = path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            if status.st_uid != 0 {
                return Look(
                    name, path,
                    [Finding(.problem, "somebody who is not root listens on \(path)", in: path)])
            }
            let isOpen = (SystemFiles.status(folder)?.st_mode ?? 0) & 0o001 != 0
            if status.st_mode & 0o006 != 0o006 || !isOpen {
                return Look(
                    name, path,
                    [
                        Finding(
                            .warning, "users cannot connect to \(path)", in: path,
                            change: "chmod 0666 \(path) && chmod 0755 \(folder)")
                    ])
            }
        }
        guard isInstalled, !isEnabled else { return Look(name, "\(path): it listens") }
        return Look(
            name, "\(path): it listens",
            [
                Finding(
                    .warning,
                    "\(unit) is not enabled: after the next start of the machine nobody"
                        + " listens", in: unit, change: "systemctl enable \(unit)")
            ])
    }

    /// Whether a socket at this path listens, as the kernel's list says: without a connection.
    private static func isListening(_ path: String) -> Bool {
        SystemFiles.lines("/proc/net/unix", lastly: 1 << 24).contains { line in
            // __SO_ACCEPTCON is set in the flags of a socket that listens.
            let words = line.split(separator: " ")
            return words.count == 8 && words[3] == "00010000" && words[7] == path
        }
    }

    private static let unitFolders = [
        "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
    ]

    private static var isInstalled: Bool {
        unitFolders.contains { SystemFiles.exists("\($0)/\(unit)") }
    }

    private static var isEnabled: Bool {
        unitFolders.contains { SystemFiles.exists("\($0)/sockets.target.wants/\(unit)") }
    }
}
