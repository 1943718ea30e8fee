import OTPCore
import OTPWire

/// The conversation of a login at the other end of a connection: the module, which carries
/// questions to a person and answers back.
final class TerminalConversation: Conversation {
    /// How long a person may take for one answer, and for all of them together.
    private static let patience = Duration.seconds(15 * 60)
    private static let longest = Duration.seconds(30 * 60)
    /// How long the other end may take to accept a frame, or to look something up.
    private static let wirePatience = Duration.seconds(10)

    private var channel: FrameChannel
    private let end = Deadline(in: longest)
    private let isSilent: Bool
    /// Whether the other end is gone, or sent something invalid: nothing more is sent then.
    private var isBroken = false
    /// Whether a person took too long to answer. What comes after that belongs to no question.
    private var isLate = false

    init(_ channel: consuming FrameChannel, isSilent: Bool) {
        self.channel = channel
        self.isSilent = isSilent
    }

    // MARK: Conversation

    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret? {
        try answer(to: echo ? .promptShown : .promptHidden, prompt, within: Self.patience)
    }

    func say(_ text: String) { show(text, .errorMessage) }

    func inform(_ text: String) { show(text, .infoMessage) }

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

    private func show(_ text: String, _ kind: Frame.Kind) {
        guard !isSilent else { return }
        channel.queue(kind, Array(text.utf8))
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
