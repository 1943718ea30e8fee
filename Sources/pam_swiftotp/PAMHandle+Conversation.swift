import CLinux
import CPAM

/// What the application answered.
@unsafe
enum Response {
    /// A C string, to be discarded.
    case text(UnsafeMutablePointer<CChar>)
    /// None, and no trouble.
    case none
    /// The conversation failed, or there is none.
    case failed
}

extension PAMHandle {
    /// The longest answer that is handed on, in bytes: a password and a code (PAM_MAX_RESP_SIZE).
    static var maximumAnswer: Int { 512 }

    /// Has the application ask, or show, one text (pam_conv(3)).
    @unsafe
    func ask(_ text: UnsafePointer<UInt8>, _ style: CInt) -> Response {
        guard let conversation = unsafe conversation else { return unsafe .failed }
        var response: UnsafeMutablePointer<pam_response>?
        var message = unsafe pam_message(
            msg_style: style, msg: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
        // SAFETY: the message lives through the call, and there is one.
        let status = unsafe swiftotp_pam_converse(conversation, &message, &response)
        // SAFETY: the array of one response is malloc'd by the application and ours to free, and
        // so is its text, a C string.
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
