import OTPCore

/// What sshd should do: let nobody bypass the module who should be asked, and let everybody log in
/// who may.
struct SSHRules {
    /// Whether the stack has no first factor of its own.
    let needsFirstFactor: Bool
    let options: Options

    /// What is wrong for a login that sshd does not reject by its user name.
    func faults(_ settings: SSHSettings, _ login: SSHLogin) -> [SSHFault] {
        guard settings.isOn("usepam") else {
            return [
                SSHFault(
                    .problem, "sshd does not ask PAM, so nobody is asked for a code", "UsePAM yes")
            ]
        }
        let ways = settings.ways.filter { isOpen($0, settings, login) }
        guard !ways.isEmpty else { return [closed(settings, login)] }
        var faults = [fault(of: ways, settings, login)].compactMap { $0 }
        if faults.isEmpty, let fault = scripts(ways, login) { faults = [fault] }
        faults += [securityKeys(settings), emptyPasswords(ways, settings)].compactMap { $0 }
        let grace = Int(settings.value("logingracetime")) ?? 0
        if options.enroll != .off, (1..<300).contains(grace) {
            faults.append(
                SSHFault(
                    .warning,
                    "sshd ends a login after \(grace) seconds, which is short for enrolling in it",
                    "LoginGraceTime 300"))
        }
        return faults + [penalties(settings)].compactMap { $0 }
    }

    // MARK: Nobody gets in

    /// Whether a way is open to the user: root may be denied those that involve typing.
    private func isOpen(_ way: [String], _ settings: SSHSettings, _ login: SSHLogin) -> Bool {
        guard login.user.isRoot, settings.value("permitrootlogin") != "yes" else { return true }
        return !way.contains { SSHRules.isPAM($0) }
    }

    private func closed(_ settings: SSHSettings, _ login: SSHLogin) -> SSHFault {
        guard settings.ways.isEmpty else {
            return SSHFault(
                .note,
                "root cannot log in by ssh: with PermitRootLogin prohibit-password, sshd takes a"
                    + " key of root's, but no code", "PermitRootLogin yes")
        }
        guard settings.demandsMethods else {
            return SSHFault(
                .problem, "sshd has no way to log in: all its methods are off",
                "KbdInteractiveAuthentication yes")
        }
        let methods = settings.value("authenticationmethods")
        let line =
            methods.split(whereSeparator: { $0 == " " || $0 == "," }).contains {
                $0.hasPrefix("keyboard-interactive:") && $0 != "keyboard-interactive:pam"
            } ? self.methods : "KbdInteractiveAuthentication yes"
        return SSHFault(
            .problem,
            "nobody can log in: sshd demands \(methods), of which a part is off or is not there",
            line)
    }

    // MARK: Ways past the module

    /// What is wrong with the ways to log in; only the worst, because one line fixes them all.
    private func fault(
        of ways: [[String]], _ settings: SSHSettings, _ login: SSHLogin
    ) -> SSHFault? {
        let round = ways.filter { way in
            !way.contains { SSHRules.isPAM($0) } && !isSecurityKey(way, settings)
        }
        if !round.isEmpty {
            let names = Set(round.map { $0.joined(separator: ",") }).sorted()
            let text =
                "sshd lets people in by \(names.joined(separator: " or ")) alone, without a code"
            guard let reason = exemption(login) else { return SSHFault(.problem, text, methods) }
            return SSHFault(.note, "\(text): \(reason)")
        }
        let typed = ways.filter { $0.contains { SSHRules.isPAM($0) } }
        if settings.isOn("kerberosauthentication"),
            typed.contains(where: { $0.contains("password") && !SSHRules.asks($0) })
        {
            return SSHFault(
                .problem,
                "a Kerberos password alone lets people in: with the password method sshd asks PAM"
                    + " for no code after it", "KerberosAuthentication no")
        }
        guard !typed.isEmpty else { return nil }
        if !options.forwardsPass, !typed.contains(where: SSHRules.asks) {
            guard exemption(login) == nil else { return nil }
            return SSHFault(
                .problem, "sshd's keyboard-interactive, by which a code is asked for, is off",
                "KbdInteractiveAuthentication yes")
        }
        if needsFirstFactor,
            typed.contains(where: { way in
                way.allSatisfy { SSHRules.isPAM($0) } && !isRefused(way, login)
            })
        {
            return SSHFault(
                .problem,
                "a code alone logs in: the stack asks for no password, and sshd for no key",
                methods)
        }
        return password(typed, settings, login) ?? less(typed, login)
    }

    /// Whether a way never succeeds: sshd's password method does not answer a question that echoes,
    /// as the one for a code does.
    private func isRefused(_ way: [String], _ login: SSHLogin) -> Bool {
        way.contains("password") && options.echoes(atSSHD: true) && !options.forwardsPass
            && exemption(login) == nil
    }

    /// A password method that never succeeds, next to other ways or as the only one.
    private func password(
        _ ways: [[String]], _ settings: SSHSettings, _ login: SSHLogin
    ) -> SSHFault? {
        guard !options.forwardsPass, exemption(login) == nil,
            ways.contains(where: { $0.contains("password") })
        else { return nil }
        let text = "sshd's password method cannot ask for a code: such logins are refused"
        // If AuthenticationMethods names a method that is off, sshd does not start.
        guard settings.demandsMethods else {
            return SSHFault(.warning, text, "PasswordAuthentication no")
        }
        let others = settings.ways.filter { !$0.contains("password") }
            .map { $0.joined(separator: ",") }
        guard others.isEmpty else {
            return SSHFault(
                isCovered(settings.ways) ? .note : .warning, text,
                "AuthenticationMethods " + others.joined(separator: " "))
        }
        return SSHFault(
            .problem,
            "sshd's password method cannot ask for a code, and AuthenticationMethods demands it:"
                + " such logins are refused", methods, "KbdInteractiveAuthentication yes")
    }

    /// Whether everybody who can use a way with the password method can also use another one.
    private func isCovered(_ ways: [[String]]) -> Bool {
        let others = ways.filter { !$0.contains("password") }
        return ways.filter { $0.contains("password") }.allSatisfy { way in
            others.contains { $0.allSatisfy { SSHRules.isPAM($0) || way.contains($0) } }
        }
    }

    /// What does not work, though it lets nobody in.
    private func less(_ ways: [[String]], _ login: SSHLogin) -> SSHFault? {
        let isUnproven = ways.contains { $0.allSatisfy { SSHRules.isPAM($0) } }
        guard isUnproven, !options.followsFirstFactor else { return nil }
        if options.enroll != .off {
            return SSHFault(
                .warning,
                "enroll is on, but nobody can enroll here: neither sshd nor the PAM line says that"
                    + " the user is proven", methods)
        }
        if options.exemptNetworks != nil {
            return SSHFault(
                .warning,
                "exempt_networks has no effect here: neither sshd nor the PAM line says that the"
                    + " user is proven", methods)
        }
        return nil
    }

    /// Why the module itself would not ask a user; `nil` if it asks.
    private func exemption(_ login: SSHLogin) -> String? {
        if login.user.isExempt { return "as exempt_group would" }
        if login.place.isExempt { return "as exempt_networks would" }
        if login.user.isEnrolled == false, options.nullok || options.enroll == .offer {
            return "as \(options.nullok ? "nullok" : "enroll = offer") would, until they enroll"
        }
        return nil
    }

    /// Whether a way consists of security keys only, which the module lets in too.
    private func isSecurityKey(_ way: [String], _ settings: SSHSettings) -> Bool {
        options.admitsSecurityKeys && way.contains("publickey")
            && settings.value("pubkeyacceptedalgorithms").split(separator: ",").allSatisfy {
                $0.hasPrefix("sk-")
            }
    }

    // MARK: Scripts

    /// Programs without a terminal (`BatchMode`) never try keyboard-interactive, so sshd rejects
    /// users whom the module would not ask.
    private func scripts(_ ways: [[String]], _ login: SSHLogin) -> SSHFault? {
        guard ways.allSatisfy({ $0.contains { SSHRules.isPAM($0) } }) else { return nil }
        let text = "scripts cannot log in, since ssh -o BatchMode=yes tries no keyboard-interactive"
        if login.user.isExempt, let name = options.exemptGroup {
            let group = String(decoding: name, as: UTF8.self)
            return SSHFault(
                .warning, "\(text), and sshd demands it even of those in exempt_group",
                "AuthenticationMethods publickey",
                block: "Match Group " + (group.contains(" ") ? "\"\(group)\"" : group))
        }
        if login.place.isExempt, let networks = options.exemptNetworks {
            let names = networks.map { String(decoding: $0.text, as: UTF8.self) }
            return SSHFault(
                .note, "\(text), and sshd demands it even from exempt_networks",
                "AuthenticationMethods publickey",
                block: "Match Address " + names.joined(separator: ","))
        }
        if login.user.isEnrolled == false, options.nullok || options.enroll == .offer {
            return SSHFault(
                .note,
                "\(text), and sshd demands it even of those who are let in without a code for"
                    + " now: for programs, set exempt_group")
        }
        guard options.trustsKeys || options.admitsSecurityKeys else { return nil }
        let keys = options.trustsKeys ? "trusted keys" : "security keys"
        return SSHFault(
            .note, "\(text), with \(keys) neither: for programs, set exempt_group")
    }

    /// Whether PAM takes part in a method.
    static func isPAM(_ method: String) -> Bool {
        asks(method) || method == "password" || method == "none"
    }

    private static func asks(_ method: String) -> Bool {
        method.hasPrefix("keyboard-interactive")
    }

    /// Whether PAM can ask something on a way.
    private static func asks(_ way: [String]) -> Bool { way.contains { asks($0) } }

    private var methods: String {
        needsFirstFactor
            ? "AuthenticationMethods publickey,keyboard-interactive:pam"
            : "AuthenticationMethods keyboard-interactive:pam"
    }
}
