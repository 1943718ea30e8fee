import OTPCore
import OTPStore
import OTPWire

/// The conversation of a login at the other end of a connection: the module, which carries
/// questions to a person and answers back.
final class TerminalConversation: Conversation {
    /// How long a person may take for one answer, and for all of them together.
    private static let patience = Duration.seconds(15 * 60)
    private static let longest = Duration.seconds(30 * 60)
    /// How long the other end may take to accept a frame, or to look something up.
    private static let wirePatience = Duration.seconds(10)
    /// The columns that every terminal has.
    private static let columns = 80

    private var channel: FrameChannel
    private let end = Deadline(in: longest)
    private let isSilent: Bool
    /// Whether the terminal shows only ASCII, so that messages must be in English.
    private let showsASCII: Bool
    private var catalog = Catalog.english
    /// Whether the other end is gone, or sent something invalid: nothing more is sent then.
    private var isBroken = false
    /// Whether a person took too long to answer. What comes after that belongs to no question.
    private var isLate = false

    init(_ channel: consuming FrameChannel, isSilent: Bool, showsASCII: Bool) {
        self.channel = channel
        self.isSilent = isSilent
        self.showsASCII = showsASCII
    }

    // MARK: Conversation

    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret? {
        try answer(to: echo ? .promptShown : .promptHidden, prompt, within: Self.patience)
    }

    func say(_ phrase: Phrase) { show(phrase, .errorMessage) }

    func inform(_ phrase: Phrase) { show(phrase, .infoMessage) }

    func words(_ phrase: Phrase) -> String { phrase.text(in: catalog) }

    /// Keeps the language if there is no catalog for the new one, and logs why.
    func speak(_ language: Language) {
        guard !showsASCII else { return }
        do throws(StoreError) {
            catalog = try CatalogFile.find(language, version: Version.number).catalog
        } catch {
            var line = LogLine("another language")
            line.add("wanted", language.name)
            line.add("error", sentence: error.text)
            log(.warning, line)
        }
    }

    var isHeard: Bool { !isSilent }

    func earlierAnswer() -> Secret? {
        try? answer(to: .earlierAnswer, [], within: Self.wirePatience)
    }

    func forward(_ password: Span<UInt8>) { channel.queue(.setAuthtok, password.array) }

    // MARK: The module's other tasks

    /// Has a line written to the system log.
    func log(_ priority: LogPriority, _ line: LogLine) {
        channel.queue(.log, [priority.rawValue] + line.bytes)
    }

    /// Says how it ended; whether the other end received it.
    func end(_ end: LoginEnd, within patience: Duration) -> Bool {
        guard !isBroken else { return false }
        if isLate, end == .conversationFailed { say(UserText.tooLate) }
        channel.queue(.end, [end.rawValue])
        do throws(WireError) {
            try channel.flush(until: Deadline(in: patience))
            return true
        } catch {
            return false
        }
    }

    // MARK: Frames

    private func show(_ phrase: Phrase, _ kind: Frame.Kind) {
        guard !isSilent else { return }
        // Terminals would break it within words.
        let lines = Columns.wrapped(words(phrase), to: Self.columns)
        channel.queue(kind, Array(lines.joined(separator: UserText.lineEnd).utf8))
    }

    private func answer(
        to kind: Frame.Kind, _ text: [UInt8], within patience: Duration
    ) throws(ConversationError) -> Secret? {
        // A late answer would be taken for the answer to the next question.
        guard !isBroken, !isLate else { throw ConversationError() }
        var isAsked = false
        var frame: Frame
        do throws(WireError) {
            channel.queue(kind, text)
            try channel.flush(until: Deadline(in: Self.wirePatience).clamped(to: end))
            isAsked = kind != .earlierAnswer
            frame = try channel.receive(until: Deadline(in: patience).clamped(to: end))
        } catch {
            isLate = isAsked && error == .timedOut
            isBroken = !isLate
            throw ConversationError()
        }
        defer { Secret.wipe(&frame.payload) }
        switch frame.kind {
        case .answer: return Secret(copying: frame.payload.span)
        case .noAnswer: return nil
        case .conversationFailed: throw ConversationError()
        default:
            isBroken = true
            throw ConversationError()
        }
    }
}
