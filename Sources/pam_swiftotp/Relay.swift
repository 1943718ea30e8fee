import CLinux
import CPAM

/// A login with a service: reports what PAM knows, and then does as the service says.
struct Relay {
    /// How it ended.
    enum Outcome {
        case ended(LoginEnd)
        case trouble(Trouble)
    }

    /// The longest name, terminal or host that is read, in bytes; the service, too, considers
    /// anything longer too long.
    private static var maximumName: Int { 1024 }
    /// The longest variable: SSH_AUTH_INFO_0 with a certificate.
    private static var maximumVariable: Int { 16_384 }

    let login: Login

    /// Runs the login on a connection, which is closed at the end.
    func run(_ wire: consuming Wire) -> Outcome {
        guard let introduction = introduction() else { return .trouble(.noMemory) }
        guard !introduction.isCut else { return .trouble(.tooLong) }
        // The reply shows whether this arrived: a service that is full has already said so.
        _ = wire.send(.login, introduction)
        switch wire.next(within: Patience.welcome) {
        case .frame(.welcome):
            guard wire.payloadCount == 1, wire.payload(0) == Wire.version else {
                return .trouble(.otherVersion)
            }
        case .frame(.busy): return .trouble(.busy)
        case .frame: return .trouble(.malformed)
        case .closed: return .trouble(.closed)
        case .late: return .trouble(.silent)
        case .malformed: return .trouble(.malformed)
        }
        // Whether the service has sent anything after its welcome.
        var hasBegun = false
        while true {
            switch wire.next(within: Patience.reply) {
            case .frame(.busy) where !hasBegun: return .trouble(.busy)
            case .frame(let kind):
                hasBegun = true
                if let outcome = obey(kind, &wire) { return outcome }
            case .closed: return .trouble(hasBegun ? .closedLater : .closed)
            case .late: return .trouble(hasBegun ? .silentLater : .silent)
            case .malformed: return .trouble(hasBegun ? .closedLater : .malformed)
            }
        }
    }

    /// The payload of the first frame: all that PAM knows of this login.
    private func introduction() -> Bytes? {
        guard var text = Bytes(capacity: Wire.maximumLength - 1) else { return nil }
        let pam = login.pam
        text.append(Wire.version)
        text.append((pam.isSilent ? 1 : 0) | (Locale.isASCII ? 2 : 0))
        pam.appendUser(to: &text, limit: Relay.maximumName)
        pam.append(item: PAM_SERVICE, to: &text, limit: Relay.maximumName)
        pam.append(item: PAM_TTY, to: &text, limit: Relay.maximumName)
        pam.append(item: PAM_RHOST, to: &text, limit: Relay.maximumName)
        pam.append(item: PAM_RUSER, to: &text, limit: Relay.maximumName)
        pam.append(variable: "SSH_CONNECTION", to: &text, limit: Relay.maximumName)
        pam.append(variable: "SSH_AUTH_INFO_0", to: &text, limit: Relay.maximumVariable)
        for index in 0..<login.line.count {
            // SAFETY: an argument from libpam, a C string.
            unsafe PAMHandle.append(login.line[index], to: &text, limit: Relay.maximumName)
        }
        return text
    }

    /// Does what the service says; the outcome, if the login has ended.
    private func obey(_ kind: Heard, _ wire: inout Wire) -> Outcome? {
        let pam = login.pam
        switch kind {
        case .promptHidden: return ask(PAM_PROMPT_ECHO_OFF, &wire)
        case .promptShown: return ask(PAM_PROMPT_ECHO_ON, &wire)
        case .errorMessage: return show(PAM_ERROR_MSG, &wire)
        case .infoMessage: return show(PAM_TEXT_INFO, &wire)
        case .earlierAnswer:
            let token = unsafe pam.authenticationToken
            unsafe send(token, token == nil ? .noAnswer : .answer, on: wire)
        case .setAuthtok: unsafe wire.withText { unsafe pam.setAuthenticationToken($0) }
        case .log:
            let priority = wire.payload(0)
            unsafe wire.withText(from: 1) { unsafe pam.log(priority, $0) }
        case .end:
            guard wire.payloadCount == 1, let end = LoginEnd(rawValue: wire.payload(0)) else {
                return .trouble(.closedLater)
            }
            return .ended(end)
        case .welcome, .busy: return .trouble(.closedLater)
        }
        return nil
    }

    /// Shows the user something.
    private func show(_ style: CInt, _ wire: inout Wire) -> Outcome? {
        let process = swiftotp_process()
        unsafe wire.withText { unsafe login.pam.show($0, style) }
        // Two processes cannot share one connection: it belongs to the one that opened it.
        return swiftotp_process() == process ? nil : .trouble(.forked)
    }

    /// Asks the user, and sends the answer. The next frame shows whether it arrived: a service that
    /// has waited too long has already said so.
    private func ask(_ style: CInt, _ wire: inout Wire) -> Outcome? {
        let process = swiftotp_process()
        let response = unsafe wire.withText { unsafe login.pam.ask($0, style) }
        guard swiftotp_process() == process else {
            // The other process has the answer as well, and sends it.
            if case .text(let typed) = unsafe response { unsafe PAMHandle.discard(typed) }
            return .trouble(.forked)
        }
        switch unsafe response {
        case .text(let typed):
            unsafe send(typed, .answer, on: wire)
            unsafe PAMHandle.discard(typed)
        case .none: unsafe send(nil, .noAnswer, on: wire)
        case .failed: unsafe send(nil, .conversationFailed, on: wire)
        }
        return nil
    }

    /// Sends a C string, or that there is none. The service recognizes one that is too long by its
    /// length.
    @unsafe
    private func send(_ text: UnsafePointer<CChar>?, _ kind: Said, on wire: borrowing Wire) {
        guard let text = unsafe text else {
            _ = unsafe wire.send(kind, nil, 0)
            return
        }
        // SAFETY: the application's or libpam's C string.
        let count = unsafe min(strlen(text), PAMHandle.maximumAnswer + 1)
        _ = unsafe wire.send(
            kind, UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count)
    }
}
