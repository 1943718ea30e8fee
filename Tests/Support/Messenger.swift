import Foundation

/// swiftotp-messenger as under systemd (`SocketUnit`).
public final class Messenger: Sendable {
    /// Where swiftotpd finds it by default.
    public static let usualSocket = "/run/swiftotp-messenger/messenger.sock"

    /// Its socket.
    public let socket: String
    /// The folder of messages that wait.
    public let queue: String
    private let unit: SocketUnit
    private let scratch: Scratch

    /// One at the usual place, with the machine's mailer (`MailRoom`).
    private static let one = Task {
        try MailRoom.prepare()
        try FileManager.default.createDirectory(
            atPath: (usualSocket as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return try await Messenger(socket: usualSocket)
    }
    public static func shared() async throws -> Messenger { try await one.value }

    /// Starts it with this configuration and these arguments, as root or as another user. Its messages
    /// wait in `queue`, or in a new folder.
    public init(
        _ configuration: String = "", as account: Account? = nil, queue: String? = nil,
        socket: String? = nil, arguments: [String] = []
    ) async throws {
        let scratch = try Scratch()
        let queue = try queue ?? scratch.folder("queue")
        if let account {
            let numbers = try Account.numbers(of: account.name)
            chown(queue, numbers.uid, numbers.gid)
        }
        let file = try scratch.write(configuration, to: "messenger.conf", mode: 0o644)
        let socket = try socket ?? scratch.folder("run", mode: 0o755) + "/messenger.sock"
        // As another user only the messenger itself: the listener must be able to end it.
        let around = account.map {
            ["setpriv", "--reuid", $0.name, "--regid", $0.name, "--init-groups"]
        }
        let built = try Build.product("swiftotp-messenger")
        let program =
            try account == nil
            ? built : Scratch.copy(program: built, to: scratch.file("swiftotp-messenger"))
        let words = [program, "--config", file, "--queue", queue] + arguments
        unit = try await SocketUnit(
            socket, in: scratch, backlog: 64, starting: (around ?? []) + words)
        (self.scratch, self.socket, self.queue) = (scratch, socket, queue)
    }

    /// Replaces the configuration.
    public func configure(_ text: String) throws {
        try scratch.write(text, to: "messenger.conf.new", mode: 0o644)
        rename(scratch.file("messenger.conf.new"), scratch.file("messenger.conf"))
    }

    /// Makes a program of root's from a shell script, and returns its path.
    public func program(_ script: String, name: String = "program") throws -> String {
        try scratch.write("#!/bin/sh\n\(script)\n", to: name, mode: 0o755)
    }

    /// The path of a file that its programs may use.
    public func file(_ name: String) -> String { scratch.file(name) }

    /// The names of the messages that wait.
    public var waiting: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: queue)) ?? []
        return names.filter { !$0.hasPrefix("new.") }
    }

    /// Its process, if it runs now.
    public var process: pid_t? { unit.process }

    /// Sends it a signal.
    public func signal(_ number: Int32) { unit.signal(number) }

    /// Ends the listener and the messenger; connections are refused from now on.
    public func end() { unit.end() }
}
