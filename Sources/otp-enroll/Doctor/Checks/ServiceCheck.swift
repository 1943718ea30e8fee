import CLinux
import Glibc
import OTPCore
import OTPPAM
import OTPStore
import OTPWire

/// swiftotpd: who listens where the module connects, and what root's programs start if nobody does.
enum ServiceCheck {
    static let name = "service"

    private static let unit = "swiftotpd.socket"
    private static let start = "systemctl enable --now \(unit)"
    private static let restart = "systemctl restart swiftotpd.service"

    static func look(_ options: Options, _ lines: [PAMLine], service: String) -> Look {
        let socket = text(options.socket, of: .socket)
        let program = text(options.program, of: .program)
        let programTrouble = trouble(ofProgram: program)
        do throws(StoreError) {
            _ = try ServiceClient(path: Array(socket.utf8))
        } catch {
            guard error.code == .missing else {
                let findings = [finding(error, socket)] + [programTrouble].compactMap { $0 }
                return Look(name, socket, findings)
            }
            return Look(
                name, "\(socket): nobody listens; \(program)",
                [
                    programTrouble
                        ?? whereNobodyListens(socket, program, lines, service: service)
                ])
        }
        let findings = [programTrouble, reachability(socket), confinement(options), enabling]
        return Look(name, "\(socket): swiftotpd listens", findings.compactMap { $0 })
    }

    /// A path from the PAM line, or the default one.
    private static func text(_ path: [UInt8]?, of option: OptionKey) -> String {
        path.map { String(decoding: $0, as: UTF8.self) } ?? option.fallback
    }

    // MARK: If nobody listens

    private static func whereNobodyListens(
        _ socket: String, _ program: String, _ lines: [PAMLine], service: String
    ) -> Finding {
        if PAMPrograms.isOfUsers(service), let line = lines.first {
            // A socket named by the line itself is the stack check's business.
            return line.namesDeadSocket
                ? Finding(.note, "nothing listens on \(socket)", in: line.place.text)
                : Finding(
                    .problem,
                    "nothing listens on \(socket), and \(service) is not root's, so that it cannot"
                        + " start the service: its users stay locked out", in: unit, change: start)
        }
        guard SystemFiles.exists(program) else {
            return Finding(
                .problem,
                "nothing listens on \(socket), and there is no \(program): the module denies"
                    + " everybody", in: unit, change: start)
        }
        // Screen lockers use common-auth as well.
        if let shared = lines.first(where: { $0.place.file.hasSuffix("/common-auth") }) {
            return Finding(
                .problem,
                "nothing listens on \(socket): screen lockers that use \(shared.place.text) stay"
                    + " locked", in: unit, change: start)
        }
        return Finding(
            .note,
            "nothing listens on \(socket): root's programs start \(program) for each login, and"
                + " users cannot enroll or manage themselves", in: unit, change: start)
    }

    /// What is wrong with the program that root's programs start; if it is missing, that does not
    /// matter while the service listens.
    private static func trouble(ofProgram path: String) -> Finding? {
        guard let status = SystemFiles.status(path) else { return nil }
        if status.st_uid != 0 || status.st_mode & 0o022 != 0 {
            return Finding(
                .problem, "\(path) can be changed by users other than root", in: path,
                change: "chown root: \(path) && chmod 0755 \(path)")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o100 != 0 else {
            return Finding(
                .problem, "\(path) cannot be started", in: path, change: "chmod 0755 \(path)")
        }
        return nil
    }

    // MARK: If somebody does

    /// What is wrong with the process that listens.
    private static func finding(_ error: StoreError, _ socket: String) -> Finding {
        if error.code == .unsafe {
            return Finding(
                .problem, "somebody who is not root listens on \(socket)", in: socket,
                change: "systemctl restart \(unit)")
        }
        if !Machine.isRoot, let denied = reachability(socket) { return denied }
        let text = String(decoding: error.text, as: UTF8.self)
        return Finding(.problem, text, in: socket, change: restart)
    }

    private static func reachability(_ socket: String) -> Finding? {
        guard let status = SystemFiles.status(socket) else { return nil }
        let folder = socket.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        let isOpen = (SystemFiles.status(folder)?.st_mode ?? 0) & 0o001 != 0
        guard status.st_mode & 0o006 != 0o006 || !isOpen else { return nil }
        return Finding(
            .warning, "users cannot connect to \(socket)", in: socket,
            change: "chmod 0666 \(socket) && chmod 0755 \(folder)")
    }

    /// Whether the unit lets the service see the store, and write to it.
    private static func confinement(_ options: Options) -> Finding? {
        guard ServiceUnit.isInstalled else { return nil }
        let store = text(options.store, of: .store)
        let unit = ServiceUnit()
        if let setting = unit.hides(store) {
            return Finding(
                .problem,
                "\(ServiceUnit.name) does not see \(store), by \(setting): it denies everybody; keep"
                    + " the store elsewhere, as in /srv/swiftotp", in: store)
        }
        guard !unit.mayWrite(to: store) else { return nil }
        return Finding(
            .problem, "\(ServiceUnit.name) may not write to \(store): it denies everybody",
            in: "\(ServiceUnit.name), by `systemctl edit \(ServiceUnit.name)`",
            change: "ReadWritePaths=\(store)")
    }

    // MARK: After a reboot

    private static var enabling: Finding? {
        guard ServiceUnit.isInstalled, !isEnabled else { return nil }
        return Finding(
            .warning, "\(unit) is not enabled: after the next start of the machine nobody listens",
            in: unit, change: "systemctl enable \(unit)")
    }

    private static let unitFolders = [
        "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
        "/lib/systemd/system",
    ]

    private static var isEnabled: Bool {
        unitFolders.contains { SystemFiles.exists("\($0)/sockets.target.wants/\(unit)") }
    }
}
