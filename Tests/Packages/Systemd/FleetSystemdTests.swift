import Foundation
import TestSupport
import Testing

/// The packages of a fleet under systemd: its server, a host and its database on one machine.
@Suite(
    "packages: a fleet in a systemd of its own",
    .enabled(if: Project.hasFleetPackages, "by `make fleet-package-test`"))
struct FleetSystemdTests {
    private static let units = [
        "swiftotp-server.service", "swiftotp-agent.service", "swiftotp-agent.socket",
        "swiftotp-server-report.timer",
    ]

    @Test("Made and joined as FLEET.md says, a code logs nobody in, or logs in twice")
    func login() async throws {
        let machine = try await SystemdMachine()
        let root = machine.root
        try await root.installPackages()
        let server = try await Server(in: root)
        let alice = try await Visitor("alice", in: root, server: server)
        try await root.installFleetPackages()
        for unit in Self.units {
            #expect(try await root.run("systemctl", "is-enabled", unit).output == "disabled\n")
            #expect(try await machine.property("ActiveState", of: unit) == "inactive")
        }
        for name in ["swiftotp-server", "swiftotp-agent"] {
            #expect(try await owner(of: "/etc/\(name)", in: root) == "700 \(name)")
        }
        try await alice.expectPasswordAlone("installed")

        let port = try await makeFleet(on: machine)
        let invite = try await root.output(
            "swiftotp-server", "invite", "web1", "--rights", "enroll")
        let token = try #require(invite.firstMatch(of: #/--token (\S+)/#)).1
        try await root.output(
            "sh", "-c", Self.again, "swiftotp-agent", "join", "https://localhost:\(port)",
            "--token",
            String(token))
        try await root.output("systemctl", "enable", "--now", "swiftotp-agent.socket")
        try await root.output("sh", "-c", Self.again, "swiftotp-agent", "status")
        try root.write("fleet = yes\n", to: "/etc/security/swiftotp.conf")

        let (phone, backupCodes) = try await enroll("alice", in: root)
        try await root.output("pam-auth-update", "--enable", "swiftotp")
        let code = try await phone.code()
        #expect(try await alice.login(.su, code: code) == .admittedWithCode)
        #expect(try await alice.login(.ssh, code: code) == .refused, "used before")
        let backup = try #require(backupCodes.first)
        #expect(try await alice.login(.ssh, code: backup) == .admittedWithCode)
        #expect(try await root.status("/var/lib/swiftotp/1000") == nil)
        let audit = try await root.output("swiftotp-server", "audit", "--user", "alice")
        #expect(audit.contains("granted code") && audit.contains("granted backup-code"), "\(audit)")

        try await expectReport(in: root)
        try await sealKey(in: root)
        let last = try #require(backupCodes.last)
        #expect(try await alice.login(.ssh, code: last) == .admittedWithCode)

        try await root.output("systemctl", "stop", "swiftotp-server.service")
        for unit in Self.units.prefix(2) {
            #expect(try await machine.property("Result", of: unit) == "success", "\(unit)")
        }
    }

    /// The report, as its timer starts it, goes to root.
    private func expectReport(in root: PrivateRoot) async throws {
        try await root.output("systemctl", "restart", "swiftotp-messenger.socket")
        let unit = "swiftotp-server-report.service"
        let started = try await root.run("systemctl", "start", unit)
        let log = try await root.output("journalctl", "-q", "-o", "cat", "-u", unit)
        #expect(started.status == 0, "\(started.errors)\(log)")
        #expect(log.contains("The report was sent to root."), "\(log)")
    }

    /// Makes a credential of the master key as FLEET.md says, but without a TPM, and runs a command as
    /// it says itself.
    private func sealKey(in root: PrivateRoot) async throws {
        let parts = try Project.text("docs/FLEET.md").components(separatedBy: "\n### ")
        let part = try #require(parts.first { $0.hasPrefix("The master key, sealed\n") })
        let block = part.split(separator: "\n", omittingEmptySubsequences: false)
            .drop { !$0.hasPrefix("    ") }.prefix { $0.hasPrefix("    ") }.joined(separator: "\n")
        try await root.output("sh", "-ec", block.replacing("host+tpm2", with: "host"))
        let path = "/etc/swiftotp-server/fleet.key"
        #expect(try await root.status(path) == nil)
        let bare = try await root.run("swiftotp-server", "hosts")
        #expect(bare.status == 1 && bare.errors.contains("\(path) is missing"), "\(bare)")
        let line = try #require(bare.errors.firstMatch(of: #/\n    (systemd-run .+)\n/#)).1
        let hosts = try await root.output("sh", "-c", String(line))
        #expect(hosts.contains("web1"), "\(hosts)")
        try await root.output("sh", "-c", Self.again, "swiftotp-agent", "status")
    }

    /// Mode and owner, by names of the machine inside.
    private func owner(of file: String, in root: PrivateRoot) async throws -> String {
        try await root.output("stat", "-c", "%a %U", file).trimmingCharacters(in: .newlines)
    }

    /// A user enrolls in the fleet, and types the key that is shown.
    private func enroll(
        _ name: String, in root: PrivateRoot
    ) async throws -> (phone: Phone, backupCodes: [String]) {
        let terminal = try Terminal(
            root.running([
                "setpriv", "--reuid=\(name)", "--regid=\(name)", "--init-groups", "otp-enroll",
                "add", "--qr", "none",
            ]))
        try await terminal.expect("Code shown by the app:")
        let shown = await terminal.transcript
        let key = shown.matches(of: #/  ((?:[A-Z2-7]{4} ){3}[A-Z2-7]{4})\n/#).suffix(2)
            .map { String($0.output.1) }.joined().filter { $0 != " " }
        let phone = try Phone(scanning: "otpauth://totp/x?secret=\(key)")
        // The code before: the current one is still good for a login.
        try await terminal.type(phone.lastCode(for: 10))
        let status = try await terminal.finish()
        let all = await terminal.transcript
        #expect(status == 0, "\(all)")
        let codes = all.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#)
        return (phone, codes.map { String($0.output.0) })
    }

    /// A database with a synchronous standby, and a server; returns the server's port.
    private func makeFleet(on machine: SystemdMachine) async throws -> Int {
        let root = machine.root
        let (first, second, port) = try (Port.free(), Port.free(), Port.free())
        try await root.output("sh", "-ec", Self.database, "sh", "\(first)", "\(second)")
        let place =
            "host=127.0.0.1,127.0.0.1 port=\(first),\(second) dbname=swiftotp"
            + " target_session_attrs=read-write"
        try await root.output(
            "swiftotp-server", "init", "--fleet", "lab", "--names", "localhost", "--owner",
            "\(place) user=postgres", "--database", "\(place) user=swiftotp_server", "--port",
            "\(port)", "--address", "127.0.0.1")
        #expect(
            try await owner(of: "/etc/swiftotp-server/fleet.key", in: root)
                == "600 swiftotp-server")
        try await root.output("systemctl", "enable", "--now", "swiftotp-server.service")
        return Int(port)
    }

    /// Until it succeeds: the server and the agent take a while to be ready.
    private static let again = """
        for turn in $(seq 120); do "$0" "$@" && exit; sleep 0.5; done; exit 1
        """

    private static let database = """
        cd /
        postgres=$(printf '%s\\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        run() { program=$1; shift; setpriv --reuid postgres --regid postgres --clear-groups env \\
            LC_ALL=C "$postgres/$program" "$@"; }
        install -d -o postgres -m 700 /srv/primary /srv/standby
        run initdb --no-sync --auth=trust -E UTF8 -D /srv/primary >/srv/initdb.log
        cat >>/srv/primary/postgresql.conf <<END
        listen_addresses = '127.0.0.1'
        unix_socket_directories = ''
        END
        run pg_ctl start --wait --silent -D /srv/primary -l /srv/primary/log -o "-p $1"
        run pg_basebackup --write-recovery-conf --checkpoint=fast --no-sync -D /srv/standby \\
            -d "host=127.0.0.1 port=$1 application_name=standby"
        run pg_ctl start --wait --silent -D /srv/standby -l /srv/standby/log -o "-p $2"
        run psql -q -h 127.0.0.1 -p "$1" -c "CREATE DATABASE swiftotp" \\
            -c "ALTER SYSTEM SET synchronous_standby_names = 'standby'" \\
            -c "SELECT pg_reload_conf()" >/srv/psql.log
        """
}
