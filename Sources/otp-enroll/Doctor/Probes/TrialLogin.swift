import CPAM
import CLinux
import Glibc
import OTPCore

/// A real PAM login that leads nowhere: pam_start, pam_authenticate and pam_end, with the terminal
/// as the conversation. No session, no credentials.
enum TrialLogin {
    /// Its result.
    struct Result {
        /// libpam's number.
        let code: CInt
        /// libpam's words for it.
        let text: String

        var isSuccess: Bool { code == PAM_SUCCESS }
        /// The number's name in <security/_pam_types.h>.
        var name: String { TrialLogin.names[code] ?? "PAM error" }
    }

    private static let names: [CInt: String] = [
        PAM_SUCCESS: "PAM_SUCCESS", PAM_AUTH_ERR: "PAM_AUTH_ERR", PAM_IGNORE: "PAM_IGNORE",
        PAM_AUTHINFO_UNAVAIL: "PAM_AUTHINFO_UNAVAIL", PAM_PERM_DENIED: "PAM_PERM_DENIED",
        PAM_USER_UNKNOWN: "PAM_USER_UNKNOWN", PAM_MAXTRIES: "PAM_MAXTRIES",
        PAM_CONV_ERR: "PAM_CONV_ERR", PAM_ABORT: "PAM_ABORT", PAM_SYSTEM_ERR: "PAM_SYSTEM_ERR",
        PAM_SERVICE_ERR: "PAM_SERVICE_ERR", PAM_OPEN_ERR: "PAM_OPEN_ERR",
        PAM_CRED_INSUFFICIENT: "PAM_CRED_INSUFFICIENT", PAM_BUF_ERR: "PAM_BUF_ERR",
        PAM_ACCT_EXPIRED: "PAM_ACCT_EXPIRED", PAM_MODULE_UNKNOWN: "PAM_MODULE_UNKNOWN",
        PAM_NEW_AUTHTOK_REQD: "PAM_NEW_AUTHTOK_REQD",
    ]

    /// Logs `user` in with the service's stack.
    static func run(service: String, user: String) -> Result {
        var conversation = unsafe pam_conv(conv: converse, appdata_ptr: nil)
        var started: OpaquePointer?
        // SAFETY: libpam copies the texts and the conversation, whose function is a global one.
        let start = unsafe pam_start(service, user, &conversation, &started)
        guard start == PAM_SUCCESS, let handle = unsafe started else {
            return Result(code: start, text: "the service cannot be started")
        }
        // SAFETY: the name is the C library's own until the next such call, and libpam copies it.
        if let terminal = unsafe ttyname(STDIN_FILENO) {
            // SAFETY: a live handle. Without this item the login works as well.
            _ = unsafe pam_set_item(handle, PAM_TTY, terminal)
        }
        // SAFETY: a live handle, which nobody uses after pam_end.
        let code = unsafe pam_authenticate(handle, 0)
        // SAFETY: libpam's own text, copied at once.
        let text = unsafe String(cString: pam_strerror(handle, code))
        // SAFETY: as above.
        _ = unsafe pam_end(handle, code)
        return Result(code: code, text: text)
    }

    /// libpam's conversation function.
    private static let converse:
        @convention(c) (
            CInt, UnsafeMutablePointer<UnsafePointer<pam_message>?>?,
            UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>?, UnsafeMutableRawPointer?
        ) -> CInt = { count, messages, responses, _ in
            guard let messages = unsafe messages, let responses = unsafe responses,
                (1...PAM_MAX_NUM_MSG).contains(count)
            else { return PAM_CONV_ERR }
            return unsafe answer(Int(count), messages, responses)
        }

    private static func answer(
        _ count: Int, _ messages: UnsafeMutablePointer<UnsafePointer<pam_message>?>,
        _ responses: UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>
    ) -> CInt {
        // SAFETY: zeroed memory for `count` responses; by libpam's rules the module frees them and
        // their texts with free(3).
        let memory = unsafe calloc(count, MemoryLayout<pam_response>.stride)
        guard let memory = unsafe memory else { return PAM_BUF_ERR }
        let out = unsafe memory.bindMemory(to: pam_response.self, capacity: count)
        for index in 0..<count {
            // SAFETY: libpam passes `count` pointers to messages, whose texts are C strings.
            guard let message = unsafe messages[index], let text = unsafe message.pointee.msg else {
                continue
            }
            let style = unsafe message.pointee.msg_style
            let shown = unsafe String(cString: text)
            guard style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON else {
                show(shown + "\n")
                continue
            }
            guard var line = read(shown, isHidden: style == PAM_PROMPT_ECHO_OFF) else {
                // SAFETY: all of it came from calloc and strdup, and nobody else has seen it.
                for filled in 0..<index { unsafe free(out[filled].resp) }
                unsafe free(out)
                return PAM_CONV_ERR
            }
            line.append(0)
            // SAFETY: the copy ends with the NUL that was just put there.
            unsafe line.withUnsafeBytes { bytes in
                let start = unsafe bytes.assumingMemoryBound(to: CChar.self).baseAddress
                if let start = unsafe start { unsafe out[index].resp = strdup(start) }
            }
            Secret.wipe(&line)
        }
        unsafe responses.pointee = out
        return PAM_SUCCESS
    }

    /// Shows a module's message line by line, without anything that could move the cursor.
    private static func show(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let shown = lines.map { Output.printable(String($0)) }.joined(separator: "\n")
        // If stderr is closed, there is nobody to tell.
        _ = Machine.write(Array(shown.utf8), to: STDERR_FILENO)
    }

    /// Asks, and reads one line; `nil` at the end of the input and for Ctrl-C, so that echo is
    /// always turned on again. The caller wipes the line.
    private static func read(_ question: String, isHidden: Bool) -> [UInt8]? {
        guard let interruptions = try? Interruptions() else { return nil }
        var before = termios()
        // SAFETY: a local that the call fills.
        let isDark = unsafe isHidden && tcgetattr(STDIN_FILENO, &before) == 0
        if isDark {
            var dark = before
            dark.c_lflag &= ~tcflag_t(ECHO)
            // SAFETY: reads the local.
            _ = unsafe tcsetattr(STDIN_FILENO, TCSAFLUSH, &dark)
        }
        // After the flush, which discards what was typed before the question.
        show(question)
        defer {
            if isDark {
                // SAFETY: as above.
                _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
                show("\n")
            }
        }
        while true {
            switch Terminal.nextInput(interruptions) {
            case .resized: continue
            case .ended: return nil
            case .line(let line): return line
            }
        }
    }
}
