/// The socket of the system log, to which module and service send a line for each login.
enum LogCheck {
    static let name = "log"

    private static let socket = "/dev/log"

    static func look() -> Look {
        guard !SystemFiles.logListens(socket) else {
            return Look(name, "\(socket): somebody listens")
        }
        let start =
            SystemFiles.exists("/run/systemd/system")
            ? "systemctl restart systemd-journald-dev-log.socket systemd-journald.service" : ""
        return Look(
            name, socket,
            [
                Finding(
                    .warning,
                    "nothing listens on \(socket): what is logged about logins is lost, and so is the"
                        + " reason of a refusal; start a system logger", in: socket, change: start)
            ])
    }
}
