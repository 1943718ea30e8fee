/// Puts notices into sentences for the terminal of a login.
extension Notices {
    /// What `listener` is told, who is let in by `factor`; `enrollsNext` where the new device is
    /// enrolled at once. `skew` is in seconds, 0 for nothing to say of the device's clock.
    func sentences(
        to listener: Listener, after factor: Outcome.Factor, at now: UInt64,
        backupCodesLeft left: Int, enrollsNext: Bool = false, clockIsOffBy skew: Int = 0
    ) -> [String] {
        // The usual case; making no list saves a login's time.
        if case .code = factor, isEmpty, skew == 0 { return [] }
        var notices = self
        var sentences: [String] = []
        if case .code(let name, _) = factor, skew != 0 {
            sentences.append(UserText.clockIsOff(name, by: skew))
        }
        switch factor {
        case .code: break
        case .backupCode: notices.remindsOfBackupCodes = true
        case .temporaryCode:
            if !enrollsNext { sentences.append(UserText.temporaryCodeUsed) }
        }
        sentences += notices.sentences(to: listener, at: now, backupCodesLeft: left)
        return sentences
    }

    /// The sentences; `left` is how many backup codes there are.
    func sentences(
        to listener: Listener, at now: UInt64, backupCodesLeft left: Int
    ) -> [String] {
        var sentences: [String] = []
        if failures.count > 0, listener.hears(of: failures.since) {
            let codes = failures.count == 1 ? "1 failed code" : "\(failures.count) failed codes"
            let place = Notices.place(failures.origin)
            sentences.append(
                "\(codes) since \(UserText.moment(failures.since, now: now)), last from \(place).")
        }
        for event in changes(for: listener, at: now) {
            sentences.append(Notices.sentence(event, at: now))
        }
        if remindsOfBackupCodes { sentences.append(UserText.backupCodesLeft(left)) }
        return sentences
    }

    /// The address of an origin such as `sshd 192.0.2.7`, or the service where it has none.
    private static func place(_ origin: [UInt8]) -> String {
        let isCommand = origin.starts(with: "otp-enroll".utf8)
        guard let blank = origin.firstIndex(of: UInt8(ascii: " ")), !isCommand else {
            return origin.isEmpty ? "this machine" : String(decoding: origin, as: UTF8.self)
        }
        return String(decoding: origin[(blank + 1)...], as: UTF8.self)
    }

    /// What happened, as a user is told.
    public static func sentence(_ event: Event, at now: UInt64) -> String {
        let name = String(decoding: event.detail, as: UTF8.self)
        let what =
            switch event.kind {
            case .login, .failure, .verified: "A code was tried"
            case .added: "The authenticator \"\(name)\" was added"
            case .removed: "The authenticator \"\(name)\" was removed"
            case .codesRenewed: "New backup codes were made"
            case .unlocked:
                name.isEmpty
                    ? "Your failed codes were cleared"
                    : "An unlock \(name) was scheduled"
            case .reset: "Your second factor was reset"
            case .disabled: "Your second factor was switched off"
            case .temporaryCodeIssued: "A temporary code was issued"
            case .temporaryCodeUsed: "A temporary code was used"
            case .temporaryCodeRevoked: "A temporary code was revoked"
            case .resynchronized: "The authenticator \"\(name)\" was resynchronized"
            case .imported: "The authenticator \"\(name)\" was imported"
            case .exported: "Your key was exported"
            case .keyTrusted: "The SSH key \"\(name)\" was trusted to skip the code"
            case .trustRevoked:
                name.isEmpty
                    ? "All SSH keys lost their trust"
                    : "The SSH key \"\(name)\" lost its trust"
            case .moved: "Your second factor was moved here from \(name)"
            }
        let origin = String(decoding: event.origin, as: UTF8.self)
        return "\(what) on \(UserText.moment(event.time, now: now)) (\(origin))."
    }
}
