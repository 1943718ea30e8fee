import CLinux
import CPAM
import OTPCore

/// The application's conversation function (pam_conv(3)).
struct PAMConversation: Conversation {
    let pam: PAMHandle

    /// The longest answer that is looked at, in bytes: a password and a code (PAM_MAX_RESP_SIZE).
    private static var maximumLength: Int { 512 }

    func ask(_ prompt: [UInt8], echo: Bool) throws(ConversationError) -> Secret? {
        var response: UnsafeMutablePointer<CChar>?
        unsafe try converse(prompt, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, &response)
        guard let text = unsafe response else { return nil }
        // SAFETY: the application made the answer with malloc(3), ended it with NUL, and it is
        // ours: wiped whole, then freed. What is longer than any answer is told by its length.
        let length = unsafe strlen(text)
        defer {
            unsafe swiftotp_wipe(text, length)
            unsafe __real_free(text)
        }
        let kept = min(length, PAMConversation.maximumLength + 1)
        let bytes = unsafe UnsafeRawBufferPointer(start: text, count: kept)
        return unsafe Secret(
            copying: Span(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self)))
    }

    func say(_ text: String) { show(text, PAM_ERROR_MSG) }

    func inform(_ text: String) { show(text, PAM_TEXT_INFO) }

    var isHeard: Bool { !pam.silent }

    func earlierAnswer() -> Secret? { pam.authenticationToken }

    func forward(_ password: Span<UInt8>) { pam.setAuthenticationToken(password) }

    private func show(_ text: String, _ style: CInt) {
        guard !pam.silent else { return }
        var response: UnsafeMutablePointer<CChar>?
        do throws(ConversationError) {
            unsafe try converse(Array(text.utf8), style, &response)
        } catch {
            return
        }
        // SAFETY: an answer to a message is unusual, but ours to free.
        if let response = unsafe response { unsafe __real_free(response) }
    }

    private func converse(
        _ text: [UInt8], _ style: CInt, _ answer: inout UnsafeMutablePointer<CChar>?
    ) throws(ConversationError) {
        var item: UnsafeRawPointer?
        // SAFETY: the item is libpam's own pam_conv, which outlives this call.
        guard unsafe pam_get_item(pam.pointer, PAM_CONV, &item) == PAM_SUCCESS,
            let conversation = unsafe item
        else { throw ConversationError() }
        var response: UnsafeMutablePointer<pam_response>?
        var ended: [UInt8] = []
        ended.reserveCapacity(text.count + 1)
        ended.append(copying: text.span)
        ended.append(0)
        // A question may hold a key, and a message a backup code.
        defer { Secret.wipe(&ended) }
        // SAFETY: the message is a C string that lives through the call, and there is one.
        let status = unsafe ended.withUnsafeBytes { bytes -> CInt in
            var message = unsafe pam_message(
                msg_style: style, msg: bytes.assumingMemoryBound(to: CChar.self).baseAddress)
            return unsafe swiftotp_pam_converse(
                conversation.assumingMemoryBound(to: pam_conv.self), &message, &response)
        }
        // SAFETY: the array of one response is malloc'd by the application and ours to free.
        if let response = unsafe response {
            if status == PAM_SUCCESS {
                unsafe answer = response.pointee.resp
            } else if let left = unsafe response.pointee.resp {
                unsafe __real_free(left)
            }
            unsafe __real_free(response)
        }
        guard status == PAM_SUCCESS else { throw ConversationError() }
    }
}
