import Foundation

/// The real smstools without a modem, and a messenger that hands it text messages as docs/RECIPES.md
/// says.
public struct SMSTools: Sendable {
    public let messenger: Messenger
    private let scratch: Scratch
    private let spool: String
    private let gateway: Child

    public init() async throws {
        try Build.requireGround()
        scratch = try Scratch()
        spool = try scratch.folder("sms", mode: 0o755)
        let spool = spool
        let folders = ["outgoing", "checked", "failed", "incoming", "sent"].map { "\(spool)/\($0)" }
        // As Debian's package does.
        try await Command.output(["mkdir"] + folders)
        try await Command.output(["chown", "smsd:smsd", spool] + folders)
        try await Command.output(["chmod", "3775", spool] + folders)
        let configuration = """
            devices = GSM1
            outgoing = \(spool)/outgoing
            checked = \(spool)/checked
            failed = \(spool)/failed
            incoming = \(spool)/incoming
            sent = \(spool)/sent
            logfile = \(spool)/log
            loglevel = 7
            delaytime = 1
            autosplit = 3
            [GSM1]
            device = /dev/null
            modem_disabled = yes
            sending_disabled = yes

            """
        let file = try scratch.write(configuration, to: "smsd.conf", mode: 0o644)
        gateway = try Self.quietly(
            [
                "smsd", "-c\(file)", "-p\(spool)/pid", "-i\(spool)/working", "-usmsd", "-gsmsd",
            ], temporary: spool)
        let account = try await Account.make("sender", groups: ["smsd"])
        messenger = try await Messenger(as: account)
        let script = try Self.recipe("`/usr/local/sbin/swiftotp-smstools`")
            .replacing("/var/spool/sms", with: spool)
        let program = try messenger.program(script)
        try messenger.configure(
            try Self.recipe("**smstools**")
                .replacing("/usr/local/sbin/swiftotp-smstools", with: program))
    }

    /// How long a gateway may take.
    public static let patience = Duration.seconds(90)

    /// What the recipe writes after these words.
    public static func recipe(_ words: String) throws -> String {
        let lines = try RecipePage.block("Text messages", after: words)
        return lines.joined(separator: "\n") + "\n"
    }

    /// Starts a program without a terminal.
    public static func quietly(_ words: [String], temporary: String = "/tmp") throws -> Child {
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(quiet) }
        return try Child(
            words, environment: ["TMPDIR": temporary], streams: .descriptors(quiet, quiet, quiet))
    }

    /// The first message that was sent, with its headers.
    public func sent() async throws -> String {
        let folder = "\(spool)/sent"
        let name = try await patiently("a message in \(folder)", within: Self.patience) {
            try FileManager.default.contentsOfDirectory(atPath: folder).first
        }
        return try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
    }

    /// What waits for the modem.
    public var waiting: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "\(spool)/outgoing") }
    }

    public var log: String {
        get throws { try String(contentsOfFile: "\(spool)/log", encoding: .utf8) }
    }

    /// Ends it with its own processes.
    public func end() async throws {
        gateway.signal(SIGTERM)
        _ = try await gateway.finish(within: Self.patience)
    }
}
