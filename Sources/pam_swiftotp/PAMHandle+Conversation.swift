import CLinux
import CPAM

/// What the application answered.
@unsafe
enum Response {
    /// A C string. The caller wipes and frees it.
    case text(UnsafeMutablePointer<CChar>)
    /// No answer, and no failure.
    case none
    /// The conversation failed, or there is none.
    case failed
}

extension PAMHandle {
    /// The longest answer that is passed on, in bytes: a password and a code (PAM_MAX_RESP_SIZE).
    static var maximumAnswer: Int { 512 }

    /// Has the application ask for or show one text (pam_conv(3)).
    @unsafe
    func ask(_ text: UnsafePointer<UInt8>, _ style: CInt) -> Response {
        guard let conversation = unsafe conversation else { return unsafe .failed }
        var response: UnsafeMutablePointer<pam_response>?
        var message = unsafe pam_message(
            msg_style: style, msg: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
        // SAFETY: there is one message, and it lives through the call.
        let status = unsafe swiftotp_pam_converse(conversation, &message, &response)
        // SAFETY: the application allocates the array of one response and its text, a C string,
        // with malloc(3); both are ours to free.
        defer { unsafe free(response) }
        guard let typed = unsafe response?.pointee.resp else {
            return unsafe status == PAM_SUCCESS ? .none : .failed
        }
        if status == PAM_SUCCESS { return unsafe .text(typed) }
        unsafe PAMHandle.discard(typed)
        return unsafe .failed
    }

    /// Has the application show a text.
    @unsafe
    func show(_ text: UnsafePointer<UInt8>, _ style: CInt) {
        // An answer to a message is unusual, but ours to free.
        if case .text(let given) = unsafe ask(text, style) { unsafe PAMHandle.discard(given) }
    }

    /// Wipes what was typed, and frees it.
    @unsafe
    static func discard(_ typed: UnsafeMutablePointer<CChar>) {
        // SAFETY: a C string of malloc(3), not used after this.
        unsafe explicit_bzero(typed, strlen(typed))
        unsafe free(typed)
    }
}
