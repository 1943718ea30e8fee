import CLinux
import CPAM

/// A login at a service: tells it what PAM knows, and then does as it says.
struct Relay {
    /// How it ended.
    enum Outcome {
        case ended(LoginEnd)
        case trouble(Trouble)
    }

    /// The longest name, terminal or host that is looked at, in bytes; a longer one is too long for
    /// the service as well.
    private static var maximumName: Int { 1024 }
    /// The longest variable: SSH_AUTH_INFO_0 with a certificate.
    private static var maximumVariable: Int { 16_384 }

    let login: Login

    /// Runs the login on a connection, which is closed at the end.
    func run(_ wire: consuming Wire) -> Outcome {
        introduce(to: &wire)
        guard !wire.output.isCut else { return .trouble(.tooLong) }
        // Whether it arrives is seen by what comes back: a service that is full has said so.
        _ = wire.send()
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
        // Whether the service has said something after its welcome.
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

    /// Makes the first frame: all that PAM knows of this login.
    private func introduce(to wire: inout Wire) {
        let pam = login.pam
        wire.begin(.login)
        wire.output.append(Wire.version)
        wire.output.append(pam.isSilent ? 1 : 0)
        pam.appendUser(to: &wire.output, limit: Relay.maximumName)
        pam.append(item: PAM_SERVICE, to: &wire.output, limit: Relay.maximumName)
        pam.append(item: PAM_TTY, to: &wire.output, limit: Relay.maximumName)
        pam.append(item: PAM_RHOST, to: &wire.output, limit: Relay.maximumName)
        pam.append(item: PAM_RUSER, to: &wire.output, limit: Relay.maximumName)
        pam.append(variable: "SSH_CONNECTION", to: &wire.output, limit: Relay.maximumName)
        pam.append(variable: "SSH_AUTH_INFO_0", to: &wire.output, limit: Relay.maximumVariable)
        for index in 0..<login.line.count where !login.isForModule(index) {
            // SAFETY: an argument of libpam's, a C string.
            unsafe PAMHandle.append(login.line[index], to: &wire.output, limit: Relay.maximumName)
        }
    }

    /// Does what the service says; the outcome, where the login is over.
    private func obey(_ kind: Heard, _ wire: inout Wire) -> Outcome? {
        switch kind {
        case .promptHidden: return ask(PAM_PROMPT_ECHO_OFF, &wire)
        case .promptShown: return ask(PAM_PROMPT_ECHO_ON, &wire)
        case .errorMessage: show(PAM_ERROR_MSG, &wire)
        case .infoMessage: show(PAM_TEXT_INFO, &wire)
        case .earlierAnswer:
            wire.begin(.answer)
            let limit = PAMHandle.maximumAnswer
            if !login.pam.appendAuthenticationToken(to: &wire.output, limit: limit) {
                wire.begin(.noAnswer)
            }
            _ = wire.send()
        case .setAuthtok:
            unsafe wire.withText { text, _ in unsafe login.pam.setAuthenticationToken(text) }
        case .log:
            let priority = wire.payload(0)
            unsafe wire.withText(from: 1) { text, _ in unsafe login.pam.log(priority, text) }
        case .end:
            guard wire.payloadCount == 1, let end = LoginEnd(rawValue: wire.payload(0)) else {
                return .trouble(.closedLater)
            }
            return .ended(end)
        case .welcome, .busy: return .trouble(.closedLater)
        }
        return nil
    }

    /// Asks the person, and sends the answer. Whether it arrives is seen by what comes back: a
    /// service that has waited too long has said so.
    private func ask(_ style: CInt, _ wire: inout Wire) -> Outcome? {
        // While somebody types, nothing else is to come.
        guard !wire.hasMore else { return .trouble(.closedLater) }
        let process = getpid()
        wire.begin(.answer)
        let response = unsafe wire.withText { text, answer in
            unsafe login.pam.converse(text, style, into: &answer)
        }
        // Two processes cannot share one connection: it belongs to the one that began it.
        guard getpid() == process else { return .trouble(.forked) }
        switch response {
        case .text: break
        case .none: wire.begin(.noAnswer)
        case .failed: wire.begin(.conversationFailed)
        }
        _ = wire.send()
        return nil
    }

    private func show(_ style: CInt, _ wire: inout Wire) {
        wire.output.clear()
        _ = unsafe wire.withText { text, answer in
            unsafe login.pam.converse(text, style, into: &answer)
        }
        wire.output.clear()
    }
}
