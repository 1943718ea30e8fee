import CLinux
import CPAM

/// What the application answered.
enum Response {
    /// A text, which was appended to a frame.
    case text
    /// None, and no trouble.
    case none
    /// The conversation failed, or there is none.
    case failed
}

extension PAMHandle {
    /// The longest answer that is handed on, in bytes: a password and a code (PAM_MAX_RESP_SIZE).
    /// What is longer than any answer is told by its length.
    static var maximumAnswer: Int { 512 }

    /// Has the application ask, or show, a text of one frame, and appends what it answers to
    /// `answer`.
    ///
    /// The text ends with NUL. It is handed over as one message (pam_conv(3)).
    @unsafe
    func converse(
        _ text: UnsafePointer<UInt8>, _ style: CInt, into answer: inout Bytes
    ) -> Response {
        guard let conversation = unsafe conversation else { return .failed }
        var response: UnsafeMutablePointer<pam_response>?
        var message = unsafe pam_message(
            msg_style: style, msg: UnsafeRawPointer(text).assumingMemoryBound(to: CChar.self))
        // SAFETY: the message lives through the call, and there is one.
        let status = unsafe swiftotp_pam_converse(conversation, &message, &response)
        // SAFETY: the array of one response is malloc'd by the application and ours to free, and
        // so is its text, a C string.
        guard let given = unsafe response else {
            return status == PAM_SUCCESS ? .none : .failed
        }
        defer { unsafe free(given) }
        guard let typed = unsafe given.pointee.resp else {
            return status == PAM_SUCCESS ? .none : .failed
        }
        let length = unsafe strlen(typed)
        if status == PAM_SUCCESS {
            let bytes = unsafe UnsafeRawPointer(typed).assumingMemoryBound(to: UInt8.self)
            unsafe answer.append(copying: bytes, min(length, PAMHandle.maximumAnswer + 1))
        }
        unsafe explicit_bzero(typed, length)
        unsafe free(typed)
        return status == PAM_SUCCESS ? .text : .failed
    }
}
