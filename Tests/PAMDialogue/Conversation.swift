import CLinux
import CPAM

/// What the application does at one prompt.
enum Reply {
    /// Returns these bytes, followed by a NUL.
    case text([UInt8])
    /// Returns a response whose text is NULL, and reports success.
    case missing
    /// Reports PAM_CONV_ERR.
    case failure
    /// Reports success without any response.
    case noResponse
    /// Prints the prompt, and takes the next line of the input as the reply.
    case later
    /// Returns the first line of this file, which is nowhere else in this process: see `Quiet`.
    case file(String)
}

/// A message from a module.
struct Message {
    let style: CInt
    let text: [UInt8]

    var json: [UInt8] {
        var object = JSONLine()
        object.add("style", name)
        object.add("text", bytes: text)
        return object.object
    }

    /// No dictionary, because its hashes need random numbers: a host that gets none must go on.
    private var name: String {
        switch style {
        case PAM_PROMPT_ECHO_OFF: "echo_off"
        case PAM_PROMPT_ECHO_ON: "echo_on"
        case PAM_ERROR_MSG: "error"
        case PAM_TEXT_INFO: "info"
        default: String(style)
        }
    }
}

/// The application's side of the dialogue: pending answers, and what was said.
final class Conversation {
    var replies: [Reply] = []
    var messages: [Message] = []
    var prompts = 0
    /// Prompts for which there was no reply.
    var unanswered = 0
    /// The delays that modules asked for, in microseconds, if libpam was told not to wait.
    var delays: [Int] = []
    /// Where messages go instead of `messages`: see `Quiet`.
    var shown: CInt?
    /// Asks the parent for a reply: see `Reply.later`.
    let ask: (Message) -> Reply

    init(ask: @escaping (Message) -> Reply) {
        self.ask = ask
    }

    /// Forgets what was said, and keeps the pending replies.
    func reset() {
        messages = []
        prompts = 0
        unanswered = 0
        delays = []
    }

    /// Handles one message; returns the reply if it is a prompt.
    func take(_ message: Message) -> Reply? {
        messages.append(message)
        guard message.style == PAM_PROMPT_ECHO_OFF || message.style == PAM_PROMPT_ECHO_ON else {
            return nil
        }
        prompts += 1
        guard !replies.isEmpty else {
            unanswered += 1
            return .failure
        }
        let reply = replies.removeFirst()
        if case .later = reply { return ask(message) }
        return reply
    }
}

// MARK: The C side

/// libpam's conversation function: `data` is the `Conversation` that owns the transaction.
let converse:
    @convention(c) (
        CInt, UnsafeMutablePointer<UnsafePointer<pam_message>?>?,
        UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>?, UnsafeMutableRawPointer?
    ) -> CInt = { count, messages, responses, data in
        guard let messages = unsafe messages, let responses = unsafe responses,
            let data = unsafe data, count > 0, count <= PAM_MAX_NUM_MSG
        else { return PAM_CONV_ERR }
        // SAFETY: `data` is the object that `Transaction` keeps alive until pam_end.
        let conversation = unsafe Unmanaged<Conversation>.fromOpaque(data).takeUnretainedValue()
        return unsafe reply(conversation, Int(count), messages, responses)
    }

private func reply(
    _ conversation: Conversation, _ count: Int,
    _ messages: UnsafeMutablePointer<UnsafePointer<pam_message>?>,
    _ responses: UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>
) -> CInt {
    // SAFETY: calloc gives `count` zeroed responses; libpam's rule is that the module frees them
    // and their texts with free(3).
    let memory = unsafe calloc(count, MemoryLayout<pam_response>.stride)
    guard let memory = unsafe memory else { return PAM_BUF_ERR }
    let out = unsafe memory.bindMemory(to: pam_response.self, capacity: count)
    unsafe responses.pointee = out
    for index in 0..<count {
        // SAFETY: libpam hands over `count` pointers to messages.
        guard let pointer = unsafe messages[index] else { continue }
        if let shown = conversation.shown { unsafe Quiet.show(pointer.pointee.msg, on: shown) }
        let text = unsafe conversation.shown == nil ? bytes(of: pointer.pointee.msg) : []
        let message = unsafe Message(style: pointer.pointee.msg_style, text: text)
        switch conversation.take(message) {
        case .text(let text): unsafe out[index].resp = duplicate(text)
        case .file(let path):
            unsafe out[index].resp = Quiet.line(of: path)
            if unsafe out[index].resp == nil {
                return unsafe abandon(out, count, responses, PAM_CONV_ERR)
            }
        case .missing, nil: break
        case .failure, .later: return unsafe abandon(out, count, responses, PAM_CONV_ERR)
        case .noResponse: return unsafe abandon(out, count, responses, PAM_SUCCESS)
        }
    }
    return PAM_SUCCESS
}

/// Frees the responses so far and leaves none.
private func abandon(
    _ out: UnsafeMutablePointer<pam_response>, _ count: Int,
    _ responses: UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>, _ code: CInt
) -> CInt {
    // SAFETY: all of it came from calloc here, and nobody else has seen it yet.
    for index in 0..<count { unsafe free(out[index].resp) }
    unsafe free(out)
    unsafe responses.pointee = nil
    return code
}

/// The bytes of a C string; none of NULL.
func bytes(of text: UnsafePointer<CChar>?) -> [UInt8] {
    guard let text = unsafe text else { return [] }
    // SAFETY: a C string, by libpam's contract.
    let count = unsafe strlen(text)
    return (0..<count).map { index in unsafe UInt8(bitPattern: text[index]) }
}

/// A copy of `text` for free(3), with a NUL after it.
private func duplicate(_ text: [UInt8]) -> UnsafeMutablePointer<CChar>? {
    // SAFETY: calloc gives a zeroed byte more than is written.
    let memory = unsafe calloc(text.count + 1, 1)
    guard let copy = unsafe memory?.bindMemory(to: CChar.self, capacity: text.count + 1) else {
        return nil
    }
    for (index, byte) in text.enumerated() { unsafe copy[index] = CChar(bitPattern: byte) }
    return unsafe copy
}
