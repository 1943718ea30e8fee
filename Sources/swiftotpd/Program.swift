import Glibc
import OTPCore
import OTPService
import OTPStore
import OTPSystem
import OTPWire

/// The command line of swiftotpd, and the preparations before the first connection.
enum Program {
    /// Runs the service; returns the exit status.
    static func run(_ words: ArraySlice<String>) -> CInt {
        let settings: Settings
        switch Settings.read(words) {
        case .run(let found): settings = found
        case .say(let text):
            print(text)
            return 0
        case .wrong(let what):
            Process.complain("swiftotpd: \(what)\n\(Settings.usage)\n")
            return 64
        }
        SystemLog.open(as: "swiftotpd")
        guard Process.prepare(forOneLogin: settings.isForOneConnection) else {
            return SystemLog.fail("the process cannot be set up")
        }
        if settings.makesStore { return makeStore(settings) }
        return settings.isForOneConnection ? serveOne(settings) : listen(settings)
    }

    /// `--init`: makes the store if there is none, for packages.
    private static func makeStore(_ settings: Settings) -> CInt {
        do throws(StoreError) {
            let options = try ConfigurationFile.options(settings.arguments)
            _ = try MadeStore(path: options.store, by: Array("swiftotpd".utf8))
            return 0
        } catch {
            Process.complain("swiftotpd: \(String(decoding: error.text, as: UTF8.self))\n")
            return 1
        }
    }

    /// `--stdio`: the connection is the standard input, and the program exits with it.
    private static func serveOne(_ settings: Settings) -> CInt {
        let socket = Socket(0)
        socket.tellSenders()
        let user: UInt32
        do throws(WireError) {
            user = try socket.peer()
        } catch {
            return SystemLog.fail("the standard input is not a connection")
        }
        var connection = Connection(
            settings, user, nil, FrameChannel(socket), HelpDeskPasses())
        connection.greet()
        connection.serve()
        return 0
    }

    private static func listen(_ settings: Settings) -> CInt {
        do throws(Listener.Problem) {
            var service = Service(settings, try Listener())
            return service.run()
        } catch {
            return SystemLog.fail(error.text)
        }
    }
}

/// What the command line says.
struct Settings: Sendable {
    /// Whether the standard input is the only connection.
    var isForOneConnection = false
    /// Whether to make the store, and serve nothing.
    var makesStore = false
    /// The options for every request, as arguments of the module: `conf=`, `store=`.
    var arguments: [[UInt8]] = []
    /// Where the messenger listens; `nil` for the default.
    var messenger: [UInt8]?
    /// Whether all records are here, whatever the configuration says of a fleet.
    var isLocal = false
    /// Where the fleet's agent listens.
    var agent = FleetAgent()

    static let usage = """
        Usage: swiftotpd [--stdio | --init] [--config FILE] [--store FOLDER] \
        [--messenger SOCKET] [--agent SOCKET] [--local]
        """

    private static let help = """
        \(usage)

        Checks one-time codes for pam_swiftotp and otp-enroll. systemd starts it by
        swiftotpd.socket, and hands over the socket that it listens on.

          --stdio          serve one connection, on standard input, and exit
          --init           create the store if there is none, and exit; `otp-enroll init` does
                           it too, and has more to say
          --config FILE    read the options from FILE (default: /etc/security/swiftotp.conf)
          --store FOLDER   records and seal key are in FOLDER (default: /var/lib/swiftotp, and
                           the key in /etc/swiftotp)
          --messenger SOCKET
                           hand mails over there (default:
                           /run/swiftotp-messenger/messenger.sock)
          --agent SOCKET   ask the servers of a fleet there (default:
                           /run/swiftotp-agent/agent.sock)
          --local          all records are here, also those of users who belong to a fleet
          --version        print the version
          --help           print this

        See swiftotpd(8).
        """

    enum Reading {
        case run(Settings)
        case say(String)
        case wrong(String)
    }

    static func read(_ words: ArraySlice<String>) -> Reading {
        var settings = Settings()
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "--stdio": settings.isForOneConnection = true
            case "--init": settings.makesStore = true
            case "--local": settings.isLocal = true
            case "--help", "-h": return .say(help)
            case "--version": return .say("swiftotpd \(Version.number)")
            case "--config", "--store", "--messenger", "--agent":
                guard let value = rest.popFirst() else { return .wrong("\(word) needs a value") }
                switch word {
                case "--messenger": settings.messenger = Array(value.utf8)
                case "--agent": settings.agent.path = Array(value.utf8)
                case "--config": settings.arguments.append(Array("conf=\(value)".utf8))
                default: settings.arguments.append(Array("store=\(value)".utf8))
                }
            default: return .wrong("unknown word \"\(word)\"")
            }
        }
        return .run(settings)
    }
}
