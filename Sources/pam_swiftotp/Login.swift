import CLinux
import CPAM

/// One call of pam_sm_authenticate: finds a service, and does what it says until the login has
/// ended.
struct Login {
    /// Where swiftotpd listens, and what to start if nothing does, unless the PAM line says
    /// otherwise.
    private static var socket: StaticString { "/run/swiftotp/swiftotpd.sock" }
    private static var program: StaticString { "/usr/libexec/swiftotpd" }

    let pam: PAMHandle
    let line: PAMArguments

    func run() -> LoginEnd {
        // The application may have to ask for the user's name; meanwhile nobody else is kept
        // waiting.
        pam.askForUser()
        var trouble = Trouble.noMemory
        switch atService() {
        case .ended(let end): return end
        case .trouble(let what): trouble = what
        }
        // Before its first frame the service has done nothing that must not be done twice.
        let isSetuid = swiftotp_user() != 0
        if swiftotp_effective_user() == 0, trouble.allowsOwnService(isSetuid: isSetuid) {
            switch atOwnService() {
            case .ended(let end): return end
            case .trouble(let what): trouble = what
            }
        }
        deny(trouble)
        return .unavailable
    }

    // MARK: Services

    /// The listening service. If it is full, keeps trying for a moment.
    private func atService() -> Relay.Outcome {
        let end = Clock.now &+ Patience.busy
        var pause = 10_000
        while true {
            let outcome = atServiceOnce()
            guard case .trouble(.busy) = outcome, Clock.now < end else { return outcome }
            swiftotp_sleep(pause)
            pause = min(pause &* 2, 200_000)
        }
    }

    private func atServiceOnce() -> Relay.Outcome {
        let socket = connect()
        guard socket >= 0 else {
            switch -socket {
            case EAGAIN, EINTR: return .trouble(.busy)
            case ENOENT, ECONNREFUSED, ENOTDIR: return .trouble(.nobodyListens)
            default: return .trouble(.cannotConnect)
            }
        }
        guard let wire = Wire(socket) else { return .trouble(.noMemory) }
        guard wire.isRoots else { return .trouble(.notRoots) }
        return Relay(login: self).run(wire)
    }

    /// A connected socket, or a negative error number.
    private func connect() -> CInt {
        let path = unsafe setting("socket=", Login.socket)
        // SAFETY: a C string that lives through the call.
        let socket = unsafe swiftotp_connect(path)
        return socket >= 0 ? socket : -swiftotp_errno()
    }

    /// A service for this login alone, if none is available.
    private func atOwnService() -> Relay.Outcome {
        let program = unsafe setting("program=", Login.program)
        guard let service = unsafe OwnService(program) else { return .trouble(.cannotStart) }
        guard let wire = Wire(service.socket) else {
            service.end()
            return .trouble(.noMemory)
        }
        let outcome = Relay(login: self).run(wire)
        service.end()
        if case .trouble(.closed) = outcome { return .trouble(.cannotStart) }
        return outcome
    }

    /// The value in the PAM line of one of the module's own two options. The service refuses a line
    /// that gives one twice.
    @unsafe
    private func setting(_ name: StaticString, _ usual: StaticString) -> UnsafePointer<CChar> {
        var found: UnsafePointer<CChar>?
        for index in 0..<line.count {
            if let value = unsafe line.value(at: index, of: name) { unsafe found = value }
        }
        // SAFETY: a literal ends with NUL.
        return unsafe found ?? UnsafeRawPointer(usual.utf8Start).assumingMemoryBound(to: CChar.self)
    }

    // MARK: Without a service

    /// Tells the user that no code can be checked now, and the log why.
    private func deny(_ trouble: Trouble) {
        if var text = Bytes(capacity: 1024) {
            text.append("cannot check; reason=service service=")
            pam.append(visible: PAM_SERVICE, to: &text)
            text.append(" tty=")
            pam.append(visible: PAM_TTY, to: &text)
            text.append(" rhost=")
            pam.append(visible: PAM_RHOST, to: &text)
            text.append(" user=")
            pam.append(visible: PAM_USER, to: &text)
            text.append(" error=\"")
            text.append(trouble.text)
            text.append(UInt8(ascii: "\""))
            text.append(0)
            // SAFETY: a C string.
            unsafe text.withPointer(at: 0) { unsafe pam.log(UInt8(LOG_CRIT), $0) }
        }
        guard !pam.isSilent else { return }
        let sentence: StaticString =
            "The code cannot be checked right now. Please tell your administrator."
        // SAFETY: a literal ends with NUL.
        unsafe pam.show(sentence.utf8Start, PAM_ERROR_MSG)
    }
}

/// Why there is no answer from a service.
enum Trouble {
    case noMemory
    case nobodyListens
    case cannotConnect
    case notRoots
    case busy
    case silent
    case closed
    case malformed
    case otherVersion
    case tooLong
    case forked
    case cannotStart
    /// The same, after the service has sent something: nothing may be tried again then.
    case closedLater
    case silentLater

    /// Whether a service for this login may be tried instead of the listening one. The caller of a
    /// setuid program must not be able to bypass the limits of that one.
    func allowsOwnService(isSetuid: Bool) -> Bool {
        switch self {
        case .nobodyListens, .cannotConnect, .notRoots, .silent, .closed, .malformed, .otherVersion:
            true
        case .busy: !isSetuid
        case .noMemory, .tooLong, .forked, .cannotStart, .closedLater, .silentLater: false
        }
    }

    /// What the log says.
    var text: StaticString {
        switch self {
        case .noMemory: "out of memory"
        case .nobodyListens: "swiftotpd is not listening; start swiftotpd.socket"
        case .cannotConnect: "no connection to swiftotpd"
        case .notRoots: "the program that listens in place of swiftotpd is not root's"
        case .busy: "swiftotpd has too many connections"
        case .silent, .silentLater: "swiftotpd does not answer"
        case .closed, .closedLater: "swiftotpd ended without an answer"
        case .malformed: "the answer is not from swiftotpd, or from another version"
        case .otherVersion: "swiftotpd is of another version; restart swiftotpd.service"
        case .tooLong: "PAM's items or the arguments are too long"
        case .forked: "the program has forked during its conversation; the other process goes on"
        case .cannotStart: "swiftotpd cannot be started"
        }
    }
}
