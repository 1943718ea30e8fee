import Glibc
import OTPCore
import OTPStore
import OTPSystem
import OTPWire

/// The command line of swiftotp-messenger.
enum Program {
    private static let usage = """
        Usage: swiftotp-messenger [--config FILE] [--queue FOLDER] [--user USER] [--check]
        """

    private static let help = """
        \(usage)

        Sends mails and text messages for swiftotpd, by programs that root chooses. systemd
        starts it by swiftotp-messenger.socket, and hands over the socket that it listens on.

          --config FILE    read the options from FILE
                           (default: /etc/security/swiftotp-messenger.conf)
          --queue FOLDER   messages wait in FOLDER (default: /var/lib/swiftotp-messenger)
          --user USER      take messages from programs of USER, besides root's
          --check          check the configuration and its programs, and exit
          --version        print the version
          --help           print this

        See swiftotp-messenger(8).
        """

    /// Runs the service; returns the exit status.
    static func run(_ words: ArraySlice<String>) -> CInt {
        var configuration: [UInt8]?
        var queue = Array("/var/lib/swiftotp-messenger".utf8)
        var other: String?
        var checks = false
        var rest = words
        while let word = rest.popFirst() {
            switch word {
            case "--help", "-h":
                print(help)
                return 0
            case "--version":
                print("swiftotp-messenger \(Version.number)")
                return 0
            case "--check": checks = true
            case "--config", "--queue", "--user":
                guard let value = rest.popFirst() else { return wrong("\(word) needs a value") }
                switch word {
                case "--queue": queue = Array(value.utf8)
                case "--user": other = value
                default: configuration = Array(value.utf8)
                }
            default: return wrong("unknown word \"\(word)\"")
            }
        }
        if checks { return check(configuration) }
        SystemLog.open(as: "swiftotp-messenger")
        guard Process.prepare(forOneLogin: false) else {
            return SystemLog.fail("the process cannot be set up")
        }
        do throws(StoreError) {
            let spool = try SpoolFolder.open(queue)
            return Messenger.run(
                configuration: configuration, queue: try Queue(in: spool),
                clients: try clients(with: other))
        } catch {
            return SystemLog.fail(String(decoding: error.text, as: UTF8.self))
        }
    }

    /// Whose programs are believed: root's, and perhaps another user's.
    private static func clients(with name: String?) throws(StoreError) -> Set<UInt32> {
        guard let name else { return [0] }
        guard let user = try SystemUsers().user(named: Array(name.utf8)) else {
            throw StoreError(.configuration, Array(name.utf8), "there is no such user")
        }
        return [0, user.uid]
    }

    private static func wrong(_ what: String) -> CInt {
        Process.complain("swiftotp-messenger: \(what)\n\(usage)\n")
        return 64
    }

    /// `--check`: says what is wrong, as it would be logged.
    private static func check(_ configuration: [UInt8]?) -> CInt {
        do throws(StoreError) {
            let options = try MessengerOptions.read(configuration)
            for kind in MessageDocument.Kind.allCases {
                if let program = options.programs[kind] { _ = try program.found() }
            }
            return 0
        } catch {
            Process.complain(
                "swiftotp-messenger: \(String(decoding: error.text, as: UTF8.self))\n")
            return 1
        }
    }
}
