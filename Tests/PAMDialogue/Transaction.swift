import CLinux
import CPAM

/// What a transaction is started with.
struct Settings {
    var confdir: [UInt8] = Array("/etc/pam.d".utf8)
    var service: [UInt8] = Array("login".utf8)
    var user: [UInt8]?
    var rhost: [UInt8]?
    var tty: [UInt8]?
    var ruser: [UInt8]?
    var environment: [[UInt8]] = []
    var flags: CInt = 0
    /// False: pam_start gets a conversation without a function.
    var hasConversation = true
    /// False: delays that a module requests with pam_fail_delay(3) are noted, not waited for.
    var waitsOnFailure = true
    /// True: the process stops (SIGSTOP) after each operation, before it does anything else.
    var halts = false
}

/// The operations of a transaction.
enum Operation: String {
    case authenticate, setcred, chauthtok
    case acctMgmt = "acct_mgmt"
    case openSession = "open_session"
    case closeSession = "close_session"

    init?(_ name: String) {
        switch name {
        case "authenticate": self = .authenticate
        case "setcred": self = .setcred
        case "acct_mgmt": self = .acctMgmt
        case "open_session": self = .openSession
        case "close_session": self = .closeSession
        case "chauthtok": self = .chauthtok
        default: return nil
        }
    }
}

/// One real PAM transaction, from pam_start to pam_end.
@safe final class Transaction {
    private var handle: OpaquePointer?
    private let flags: CInt
    /// The last result, which is passed to pam_end.
    private(set) var status: CInt
    private let conversation: Conversation

    init(_ settings: Settings, _ conversation: Conversation) {
        self.conversation = conversation
        flags = settings.flags
        // SAFETY: the conversation outlives the handle, because this object holds both; libpam
        // copies the struct and the strings.
        let data = unsafe Unmanaged.passUnretained(conversation).toOpaque()
        var conv = unsafe pam_conv(
            conv: settings.hasConversation ? converse : nil, appdata_ptr: data)
        var started: OpaquePointer?
        status = unsafe withCString(settings.service) { service in
            unsafe withCString(settings.confdir) { confdir in
                // SAFETY: as above; a NULL user is allowed.
                guard let user = settings.user else {
                    return unsafe pam_start_confdir(service, nil, &conv, confdir, &started)
                }
                return unsafe withCString(user) { user in
                    unsafe pam_start_confdir(service, user, &conv, confdir, &started)
                }
            }
        }
        unsafe handle = started
        if status == PAM_SUCCESS, let handle = unsafe handle {
            status = unsafe prepare(handle, settings)
        }
    }

    /// Sets items and environment, up to the first error.
    private func prepare(_ handle: OpaquePointer, _ settings: Settings) -> CInt {
        let items = [
            (PAM_RHOST, settings.rhost), (PAM_TTY, settings.tty), (PAM_RUSER, settings.ruser),
        ]
        for case (let item, let value?) in items {
            // SAFETY: a live handle and a C string, which libpam copies.
            let code = unsafe withCString(value) { unsafe pam_set_item(handle, item, $0) }
            guard code == PAM_SUCCESS else { return code }
        }
        for pair in settings.environment {
            // SAFETY: as above.
            let code = unsafe withCString(pair) { unsafe pam_putenv(handle, $0) }
            guard code == PAM_SUCCESS else { return code }
        }
        if !settings.waitsOnFailure {
            // SAFETY: the item is this function itself, not a pointer to it.
            let function = unsafe unsafeBitCast(noteDelay, to: UnsafeRawPointer.self)
            return unsafe pam_set_item(handle, PAM_FAIL_DELAY, function)
        }
        return PAM_SUCCESS
    }

    /// Performs one operation; a transaction that did not start returns its error again.
    func perform(_ operation: Operation) -> CInt {
        guard let handle = unsafe handle else { return status }
        // SAFETY: a live handle; `flags` are libpam's own.
        switch operation {
        case .authenticate: status = unsafe pam_authenticate(handle, flags)
        case .setcred: status = unsafe pam_setcred(handle, flags | CInt(PAM_ESTABLISH_CRED))
        case .acctMgmt: status = unsafe pam_acct_mgmt(handle, flags)
        case .openSession: status = unsafe pam_open_session(handle, flags)
        case .closeSession: status = unsafe pam_close_session(handle, flags)
        case .chauthtok: status = unsafe pam_chauthtok(handle, flags)
        }
        return status
    }

    /// pam_end, which unloads the modules.
    func end() {
        guard let open = unsafe handle else { return }
        // SAFETY: a live handle, which nobody uses afterwards.
        unsafe pam_end(open, status)
        unsafe handle = nil
    }

    deinit { end() }
}

/// libpam's PAM_FAIL_DELAY function: `data` is the `Conversation`.
private let noteDelay: @convention(c) (CInt, CUnsignedInt, UnsafeMutableRawPointer?) -> Void = {
    _, microseconds, data in
    guard let data = unsafe data else { return }
    // SAFETY: as in `converse`.
    let conversation = unsafe Unmanaged<Conversation>.fromOpaque(data).takeUnretainedValue()
    conversation.delays.append(Int(microseconds))
}

/// Calls `body` with `text` as a C string.
private func withCString<Result>(
    _ text: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
) -> Result {
    var terminated = (text + [0]).map { CChar(bitPattern: $0) }
    // SAFETY: terminated above, and alive for the length of the call.
    return unsafe body(&terminated)
}
