import OTPCore
import OTPStore
import OTPWire

/// The messages that wait, each in a file of its own. What is in memory besides is lost when the
/// process is killed: how often each was tried. It is then tried again at once.
struct Queue: ~Copyable {
    /// The longest wait between two tries.
    static let longestWait = Duration.seconds(900)

    /// A message that waits, without its text.
    struct Entry {
        /// The name of its file.
        let name: [UInt8]
        let kind: MessageDocument.Kind
        let until: UInt64
        fileprivate(set) var failures = 0
        /// When it may be tried.
        fileprivate(set) var due = ContinuousClock.now
    }

    private let spool: SpoolFolder
    private(set) var entries: [Entry] = []

    /// Takes over the messages of an earlier process; what cannot be read is removed.
    init(in spool: consuming SpoolFolder) throws(StoreError) {
        let names = try spool.names().sorted { $0.lexicographicallyPrecedes($1) }
        self.spool = spool
        for name in names {
            do throws(StoreError) {
                let message = try message(in: name)
                entries.append(Entry(name: name, kind: message.kind, until: message.until))
            } catch {
                let text = String(decoding: error.text, as: UTF8.self)
                MessengerLog.write("a file in the queue cannot be read: \(text)")
                // What a disk does not give now, it may give the next process.
                if error.code != .system { remove(name) }
            }
        }
    }

    /// The message in a file.
    func message(in name: [UInt8]) throws(StoreError) -> MessageDocument {
        var bytes = try spool.read(name, upTo: Document.maximumLength)
        defer { Secret.wipe(&bytes) }
        do throws(Document.Problem) {
            return try Document.message(bytes)
        } catch {
            throw StoreError(.damaged, name, "it is not a message")
        }
    }

    /// Adds a message; when this returns, it survives a power cut.
    mutating func add(_ message: MessageDocument) throws(StoreError) {
        var bytes: [UInt8]
        do throws(Document.Problem) {
            bytes = try Document.encode(message)
        } catch {
            throw StoreError(.system, [], "it is too long")
        }
        defer { Secret.wipe(&bytes) }
        let name = try SystemRandom().bytes(8).flatMap { byte in
            [byte >> 4, byte & 15].flatMap { String($0, radix: 16).utf8 }
        }
        try spool.write(bytes, as: name)
        entries.append(Entry(name: name, kind: message.kind, until: message.until))
    }

    /// Removes a message that was sent or is given up. If the file stays, it is tried again by the
    /// next process.
    mutating func remove(_ name: [UInt8]) {
        do throws(StoreError) {
            try spool.remove(name)
        } catch {
            MessengerLog.write(String(decoding: error.text, as: UTF8.self))
        }
        entries.removeAll { $0.name == name }
    }

    /// Puts off a message that failed: for `first`, and twice as long after each further failure.
    mutating func putOff(_ name: [UInt8], first: Duration) {
        guard let index = entries.firstIndex(where: { $0.name == name }) else { return }
        entries[index].due = .now + Queue.wait(after: entries[index].failures, first: first)
        entries[index].failures += 1
    }

    /// Puts off all messages of a kind: a program that hangs must not keep the others waiting.
    mutating func putOff(all kind: MessageDocument.Kind, for time: Duration) {
        for index in entries.indices where entries[index].kind == kind {
            entries[index].due = max(entries[index].due, .now + time)
        }
    }

    /// The wait after this many earlier failures.
    static func wait(after failures: Int, first: Duration) -> Duration {
        min(first * (1 << min(failures, 10)), longestWait)
    }

    /// The message to try next, and when.
    var next: Entry? { entries.min { $0.due < $1.due } }

    /// The messages whose time is over.
    func late(at now: UInt64) -> [Entry] { entries.filter { $0.until <= now } }
}
