import FleetNetwork
import Glibc
import OTPSystem
import OTPWire

/// The command line of swiftotp-agent.
enum Program {
    private static let usage = """
        Usage: swiftotp-agent [serve] [--folder FOLDER] [--state FOLDER] [--socket PATH]
               swiftotp-agent join URL[,URL...] --token TOKEN [--certificate FILE --key FILE]
                              [--folder FOLDER] [--again]
               swiftotp-agent status [--json] [--socket PATH]
               swiftotp-agent reopen [--socket PATH]
               swiftotp-agent leave --yes [--folder FOLDER] [--state FOLDER]
        """

    private static let help = """
        \(usage)

        Keeps this host's connections to the servers of its fleet, and passes on what swiftotpd
        asks them.

        To join a fleet, ask an admin of it for an invite for this host, and use it within ten
        minutes:

            sudo swiftotp-agent join https://otp1.example.org,https://otp2.example.org --token TOKEN
            sudo systemctl enable --now swiftotp-agent

        The host's key is made here and never leaves it. The certificate counts for 30 days, and
        is renewed after 20, by itself.

          serve            serve swiftotpd (the default; systemd starts it)
          join URL,...     join the fleet whose servers these are; https://NAME or
                           https://NAME:PORT (default port: \(ServerURL.defaultPort))
            --token TOKEN  the invite
            --certificate FILE
                           the certificate of the site's own authority for this host, which the
                           site's own tool renews there; the invite must be for one
            --key FILE     the key of that certificate
            --again        join although the host is in a fleet: its key is replaced
          status           say which servers are reached, when the certificate ends, and
                           what no server was told yet of the time without one;
                           the exit status is 0 if a server is ready
            --json         the same for programs
          reopen           let offline answers be tried again: after too many wrong ones, or
                           after a restored backup took the ledger of used answers back
          leave            remove this host's key, certificate and receipt: it asks the fleet
                           nothing more; an admin of the fleet should revoke it as well
            --yes          that is what is wanted

          --folder FOLDER  key and certificate are in FOLDER (default: /etc/swiftotp-agent)
          --state FOLDER   the newest receipt and the ledger of offline answers are in FOLDER
                           (default: /var/lib/swiftotp-agent)
          --socket PATH    listen at PATH if systemd hands over no socket
                           (default: /run/swiftotp-agent/agent.sock)
          --version        print the version
          --help           print this

        See swiftotp-agent(8).
        """

    /// Runs a command; returns the exit status.
    static func run(_ words: ArraySlice<String>) -> CInt {
        var words = words
        var command = "serve"
        if let first = words.first, !first.hasPrefix("-") {
            command = first
            words.removeFirst()
        }
        guard ["serve", "join", "status", "reopen", "leave"].contains(command) else {
            return wrong("unknown command \"\(command)\"")
        }
        var arguments = Arguments()
        while let word = words.popFirst() {
            switch word {
            case "--help", "-h":
                print(help)
                return 0
            case "--version":
                print("swiftotp-agent \(Version.number)")
                return 0
            case "--again" where command == "join": arguments.isAgain = true
            case "--yes" where command == "leave": arguments.isSure = true
            case "--json" where command == "status": arguments.isJSON = true
            case "--certificate" where command == "join", "--key" where command == "join",
                "--folder", "--state", "--socket", "--token":
                guard let value = words.popFirst() else { return wrong("\(word) needs a value") }
                arguments.take(value, for: word)
            default:
                guard command == "join", !word.hasPrefix("-"), arguments.servers == nil else {
                    return wrong("unknown word \"\(word)\"")
                }
                arguments.servers = word
            }
        }
        switch command {
        case "join": return JoinCommand.run(arguments)
        case "status": return StatusCommand.run(arguments)
        case "leave": return LeaveCommand.run(arguments)
        case "reopen": return ReopenCommand.run(arguments)
        default: return serve(arguments)
        }
    }

    /// What the words say.
    struct Arguments {
        var folder = "/etc/swiftotp-agent"
        var state = "/var/lib/swiftotp-agent"
        var socket: String?
        var servers: String?
        var token: String?
        var certificate: String?
        var key: String?
        var isAgain = false
        var isJSON = false
        var isSure = false

        fileprivate mutating func take(_ value: String, for word: String) {
            switch word {
            case "--folder": folder = value
            case "--state": state = value
            case "--socket": socket = value
            case "--certificate": certificate = value
            case "--key": key = value
            default: token = value
            }
        }

        /// The file with the key and the certificate.
        var credentials: String { "\(folder)/host.pem" }

        /// The file with the key of offline answers.
        var offlineKey: String { "\(folder)/offline.key" }

        /// Where the agent listens.
        var path: [UInt8] { socket.map { Array($0.utf8) } ?? AgentClient.defaultPath }
    }

    private static func serve(_ arguments: Arguments) -> CInt {
        SystemLog.open(as: "swiftotp-agent")
        guard Process.prepare(forOneLogin: false) else {
            return SystemLog.fail("the process cannot be set up")
        }
        do throws(FleetProblem) {
            let agent = try Agent(arguments)
            return try agent.run()
        } catch {
            Process.complain("swiftotp-agent: \(error.text)\n")
            return SystemLog.fail(error.text)
        }
    }

    /// A command line that is not understood.
    static func wrong(_ what: String) -> CInt {
        Process.complain("swiftotp-agent: \(what)\n\(usage)\n")
        return 64
    }

    /// A command that failed.
    static func fail(_ what: String) -> CInt {
        Process.complain("swiftotp-agent: \(what)\n")
        return 1
    }
}
