import Foundation

/// The mail of the ground: a real mailer behind /usr/sbin/sendmail (dma), which delivers to the
/// accounts' mailboxes. It has no daemon, and nothing leaves the machine: what is not for an
/// account here goes to a relay on this machine's port 9, if nothing listens.
public enum MailRoom {
    /// A mail in a mailbox, as it arrived.
    public struct Message: Sendable {
        /// Names and values in order, including those added by the mailer.
        public let headers: [(name: String, value: String)]
        public let body: String

        /// The value of the only header with this name; nil for none and for several.
        public func header(_ name: String) -> String? {
            let found = headers.filter { $0.name.lowercased() == name.lowercased() }
            return found.count == 1 ? found[0].value : nil
        }

        init(_ text: Substring) {
            let head = text.prefix(upTo: text.firstRange(of: "\n\n")?.lowerBound ?? text.endIndex)
            var headers: [(name: String, value: String)] = []
            for line in head.split(separator: "\n") {
                if line.first == "\t" || line.first == " " {
                    headers.indices.last.map { headers[$0].value += String(line) }
                } else if let colon = line.firstIndex(of: ":") {
                    let value = line[line.index(after: colon)...].drop { $0 == " " }
                    headers.append((String(line[..<colon]), String(value)))
                }
            }
            self.headers = headers
            body = String(text.dropFirst(head.count + 2))
        }
    }

    /// The domain of this machine's accounts.
    public static let domain = "ground.invalid"
    private static let spool = "/run/dma"
    private static let opened = Result { try open() }

    /// Sets up the mailer before the first mail. Tests may call it repeatedly.
    public static func prepare() throws { try opened.get() }

    private static func open() throws {
        try Build.requireGround()
        guard access("/usr/sbin/dma", X_OK) == 0, let group = getgrnam("mail") else {
            throw Trouble("dma is not installed: run `make setup`")
        }
        try """
        MAILNAME \(domain)
        SPOOLDIR \(spool)
        SMARTHOST localhost
        PORT 9

        """.write(toFile: "/etc/dma/dma.conf", atomically: false, encoding: .utf8)
        guard mkdir(spool, 0o770) == 0, chown(spool, 0, group.pointee.gr_gid) == 0,
            // With the group's bit, as on Debian.
            chmod(spool, 0o2770) == 0
        else { throw Trouble("cannot make \(spool)") }
    }

    /// The mails in the mailbox of an account so far.
    public static func messages(of account: Account) throws -> [Message] {
        try prepare()
        let path = "/var/mail/\(account.name)"
        let box = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard box >= 0 else { return [] }
        defer { close(box) }
        // dma holds this lock while it writes, line by line.
        while flock(box, LOCK_SH) != 0 && errno == EINTR {}
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        // mbox: each mail begins with a line "From SENDER DATE", and such lines inside are quoted.
        let begin = #/(?m)^From .*\n/#
        let starts = text.ranges(of: begin)
        return starts.enumerated().map { index, range in
            let end = index + 1 < starts.count ? starts[index + 1].lowerBound : text.endIndex
            return Message(text[range.upperBound..<end])
        }
    }

    /// Waits for a number of mails: the mailer delivers after it has accepted them.
    public static func messages(
        of account: Account, count: Int, within limit: Duration = .seconds(20)
    ) async throws -> [Message] {
        try await patiently("\(count) mails for \(account.name)", within: limit) {
            let messages = try messages(of: account)
            return messages.count >= count ? messages : nil
        }
    }

    /// What waits for the relay that does not exist: mails to other machines, with their envelopes.
    public static func outgoing() throws -> [String] {
        try prepare()
        let names = try FileManager.default.contentsOfDirectory(atPath: spool)
        return try names.sorted().filter { $0.hasPrefix("Q") || $0.hasPrefix("M") }.compactMap {
            // A mail for an account here may be delivered at the same time.
            do {
                return try String(contentsOfFile: "\(spool)/\($0)", encoding: .utf8)
            } catch CocoaError.fileReadNoSuchFile { return nil }
        }
    }
}
