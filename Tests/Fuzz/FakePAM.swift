import CLinux
import CPAM

/// libpam, the application and the user, for one call of the module.
final class FakePAM {
    var items: [CInt: [UInt8]] = [:]
    var user: [UInt8]?
    var variables: [(name: String, value: [UInt8])] = []
    var password: [UInt8]?

    /// The conversation that the application provides.
    enum Application { case usual, none, withoutFunction }
    var application = Application.usual
    /// Whether it returns answers to messages that are no questions, or when the conversation
    /// fails.
    var isOdd = false
    /// The message at which the application forks and goes on in the child.
    var forkAt: Int?
    /// Returns the answer to a question; `nil` if the conversation fails.
    var answer: () -> [UInt8]?? = { .none }

    /// The results: what was shown and asked, the answers, the log, and the next module's password.
    private(set) var heard: [Message] = []
    private(set) var answers: [[UInt8]??] = []
    fileprivate(set) var log: [Message] = []
    fileprivate(set) var forwarded: [[UInt8]] = []
    private(set) var hasForked = false
    private(set) var hasForkedAtQuestion = false

    /// A text with its style or priority.
    struct Message: Equatable {
        let kind: CInt
        let text: [UInt8]

        static func == (left: Message, right: Message) -> Bool {
            left.kind == right.kind && left.text.count == right.text.count
                && memcmp(left.text, right.text, left.text.count) == 0
        }
    }

    fileprivate let conversation = UnsafeMutablePointer<pam_conv>.allocate(capacity: 1)
    private var kept: [UnsafeMutablePointer<CChar>] = []

    deinit {
        conversation.deallocate()
        for text in kept { free(text) }
    }

    /// libpam's own copy of a text, for the duration of the call.
    fileprivate func keep(_ text: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let copy = FakePAM.copy(text)
        kept.append(copy)
        return copy
    }

    /// A text in memory that free(3) accepts.
    static func copy(_ text: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let text = text.asCString
        guard let memory = calloc(text.count + 1, 1) else { mistake("no memory") }
        if !text.isEmpty { memory.copyMemory(from: text, byteCount: text.count) }
        return memory.assumingMemoryBound(to: CChar.self)
    }

    /// One message from the module.
    fileprivate func hear(
        _ style: CInt, _ text: [UInt8], _ response: inout UnsafeMutablePointer<pam_response>?
    ) -> CInt {
        expect(!hasForked || style == PAM_ERROR_MSG, "a question in both of two processes")
        let isQuestion = style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF
        if forkAt == heard.count {
            (hasForked, hasForkedAtQuestion) = (true, isQuestion)
            kernel?.process += 1
        }
        heard.append(Message(kind: style, text: text))
        let typed: [UInt8]?? = isQuestion ? answer() : isOdd ? .some([120]) : .some(nil)
        if isQuestion { answers.append(typed) }
        if isQuestion && typed != nil || isOdd {
            guard let memory = calloc(1, MemoryLayout<pam_response>.size) else {
                mistake("no memory")
            }
            response = memory.assumingMemoryBound(to: pam_response.self)
            response?.pointee.resp = (typed ?? [120]).map(secret)
        }
        return typed == nil ? PAM_CONV_ERR : PAM_SUCCESS
    }

    /// A typed answer, which the module must wipe and free.
    private func secret(_ typed: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let copy = FakePAM.copy(typed)
        kernel?.memory.watch(UnsafeMutableRawPointer(copy), strlen(copy) + 1)
        return copy
    }
}

extension [UInt8] {
    /// What C sees of it: everything up to the first NUL. Not a loop, as the fuzzer would count
    /// each iteration.
    var asCString: [UInt8] {
        let length = strnlen(UnsafeRawPointer(self).assumingMemoryBound(to: CChar.self), count)
        return length == count ? self : Array(self[..<length])
    }
}

/// The running call.
nonisolated(unsafe) var pam: FakePAM?

private func converse(
    _ count: CInt, _ messages: UnsafeMutablePointer<UnsafePointer<pam_message>?>?,
    _ response: UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>?,
    _ data: UnsafeMutableRawPointer?
) -> CInt {
    guard let pam, count == 1, let message = messages?[0]?.pointee, let text = message.msg,
        let response, response.pointee == nil
    else { mistake("a conversation without a message") }
    return pam.hear(message.msg_style, bytes(text), &response.pointee)
}

private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

// MARK: libpam's functions, the only ones linked

@_cdecl("pam_get_item")
public func getItem(
    _ handle: OpaquePointer?, _ item: CInt, _ value: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> CInt {
    guard let pam else { return PAM_SYSTEM_ERR }
    if item == PAM_CONV {
        var conversation = pam_conv(conv: converse, appdata_ptr: nil)
        if pam.application == .withoutFunction { conversation.conv = nil }
        pam.conversation.initialize(to: conversation)
        guard pam.application != .none else { return PAM_BAD_ITEM }
        value?.pointee = UnsafeRawPointer(pam.conversation)
        return PAM_SUCCESS
    }
    let text = item == PAM_AUTHTOK ? pam.password : pam.items[item]
    value?.pointee = text.map { UnsafeRawPointer(pam.keep($0)) }
    return PAM_SUCCESS
}

@_cdecl("pam_get_user")
public func getUser(
    _ handle: OpaquePointer?, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ prompt: UnsafePointer<CChar>?
) -> CInt {
    guard let user = pam?.user else { return PAM_CONV_ERR }
    name?.pointee = pam.map { UnsafePointer($0.keep(user)) }
    return PAM_SUCCESS
}

@_cdecl("pam_getenv")
public func getVariable(
    _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
    guard let pam, let name else { return nil }
    let wanted = String(cString: name)
    return pam.variables.first { $0.name == wanted }.map { UnsafePointer(pam.keep($0.value)) }
}

@_cdecl("pam_set_item")
public func setItem(_ handle: OpaquePointer?, _ item: CInt, _ value: UnsafeRawPointer?) -> CInt {
    guard item == PAM_AUTHTOK, let value else { mistake("another item is set") }
    pam?.forwarded.append(bytes(value.assumingMemoryBound(to: CChar.self)))
    return PAM_SUCCESS
}

/// The format is the shim's, with a single text.
@_cdecl("__wrap_pam_syslog")
public func logLine(
    _ handle: OpaquePointer?, _ priority: CInt, _ format: UnsafePointer<CChar>?,
    _ text: UnsafePointer<CChar>?
) {
    guard let text, format.map({ String(cString: $0) }) == "%s" else {
        mistake("a format from outside")
    }
    pam?.log.append(FakePAM.Message(kind: priority, text: bytes(text)))
}
