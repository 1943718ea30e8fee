import ArgumentParser
import FleetNetwork
import Glibc
import OTPCore
import OTPSystem
import OTPWire

/// The command line of swiftotp-server.
@main
struct SwiftOTPServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swiftotp-server",
        abstract: "The server of a fleet: one second factor for many hosts.",
        discussion: """
            A fleet has one PostgreSQL database with a synchronous standby, and two servers or more. \
            To make one, on the first server, as root:

                swiftotp-server init --fleet example --names otp1.example.com \\
                    --owner "host=db1 dbname=swiftotp user=swiftotp_owner sslmode=verify-full \\
                        sslrootcert=/etc/swiftotp-server/database.pem" \\
                    --database "host=db1,db2 dbname=swiftotp user=swiftotp_server \\
                        passfile=/etc/swiftotp-server/pgpass \\
                        sslmode=verify-full sslrootcert=/etc/swiftotp-server/database.pem"
                systemctl enable --now swiftotp-server

            Then invite hosts, one by one:

                swiftotp-server invite web17 --rights enroll

            and, on the host, as root:

                swiftotp-agent join https://otp1.example.com --token TOKEN

            See swiftotp-server(8) and docs/FLEET.md.
            """,
        version: "swiftotp-server \(Version.number)",
        subcommands: [
            Init.self, Serve.self, Certificate.self, Migrate.self, Invite.self, Hosts.self,
            Users.self, Role.self, Move.self, Audit.self, Report.self, AnswerCommand.self,
            Restored.self, RotateKey.self,
        ])

    static func main() async {
        // It has the master key.
        guard Process.protect() else { fail("the memory cannot be protected") }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as FleetProblem {
            fail(error.text)
        } catch let error as StoreError {
            fail(String(decoding: LogLine.visible(error.text), as: UTF8.self))
        } catch {
            exit(withError: error)
        }
    }

    private static func fail(_ why: String) -> Never {
        Process.complain("swiftotp-server: \(why)\n")
        Glibc.exit(1)
    }
}

/// What every command takes.
struct FolderOption: ParsableArguments {
    @Option(help: "The folder of keys and settings.")
    var folder = "/etc/swiftotp-server"

    /// Reads it.
    func open() throws -> ServerFolder { try ServerFolder(folder) }
}
