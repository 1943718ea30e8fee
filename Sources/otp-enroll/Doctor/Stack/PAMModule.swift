import OTPPAM

/// What a module may answer in an `auth` line, from its manual and source: the one place that knows
/// modules by name.
struct PAMModule: Equatable {
    /// What its success proves about the user.
    enum Proof: Hashable {
        /// Nothing: it keeps some users out, counts, or prepares something.
        case nothing
        /// They know the password, or a directory knows them by another first factor.
        case password
        /// They hold a device or a key, or have the right finger.
        case possession
        /// Unknown, because doctor does not know the module.
        case unknown
    }

    /// What its answer depends on, apart from what the user types.
    enum Condition: Hashable {
        /// Nothing: it is the same for everybody who gets this far.
        case nothing
        /// The user: see `PAMPerson`.
        case user
        /// Where the login comes from, or a list of both users and places.
        case origin
        /// The time, or when the user was last here.
        case moment
        /// A program, and nobody knows whom it lets pass.
        case program
    }

    let proof: Proof
    let condition: Condition
    let answers: [String]

    /// Whether doctor knows the module.
    var isKnown: Bool { proof != .unknown }

    private init(_ proof: Proof, _ condition: Condition, _ answers: [String]) {
        (self.proof, self.condition, self.answers) = (proof, condition, answers)
    }

    /// The failures that controls may distinguish.
    static let failures = [
        "auth_err", "authinfo_unavail", "user_unknown", "conv_err", "perm_denied", "maxtries",
    ]

    /// What the module of a line may do there.
    init(_ line: PAMLine) {
        // Not a module, or one that cannot be called.
        if let fixed = line.fixedAnswer {
            self = PAMModule(.nothing, .nothing, [fixed.rawValue])
            return
        }
        self =
            PAMModule.byArguments(line) ?? PAMModule.table[line.name]
            ?? PAMModule(.unknown, .nothing, ["success"] + PAMModule.failures)
    }

    // MARK: Modules whose arguments matter

    private static func byArguments(_ line: PAMLine) -> PAMModule? {
        let has = { (word: String) in line.arguments.contains(word) }
        switch line.name {
        case "pam_faillock":
            // Without an argument it is `preauth`. A user who is not in a passwd file is skipped.
            if has("authfail") { return PAMModule(.nothing, .nothing, ["ignore", "auth_err"]) }
            return PAMModule(.nothing, .nothing, ["success", "auth_err", "ignore"])
        case "pam_nologin":
            return PAMModule(
                .nothing, .nothing, [has("successok") ? "success" : "ignore", "auth_err"])
        case "pam_exec", "pam_script": return program(line)
        case "pam_access": return access(line)
        case "pam_sepermit": return sepermit(line)
        case "pam_debug":
            let word = line.arguments.last { $0.hasPrefix("auth=") }?.dropFirst("auth=".count)
            return PAMModule(.nothing, .nothing, [String(word ?? "success")])
        case "pam_wheel":
            // Members are skipped; with `trust` they succeed.
            return PAMModule(
                .nothing, .user,
                [has("trust") ? "success" : "ignore", "perm_denied", "auth_err"])
        case _ where isForgiving(line): return PAMModule(forgiving: line)
        default: return nil
        }
    }

    /// `pam_exec` and the like: what the program says.
    private static func program(_ line: PAMLine) -> PAMModule {
        if line.arguments.contains(where: { $0.hasPrefix("type=") && $0 != "type=auth" }) {
            return PAMModule(.nothing, .nothing, ["ignore"])
        }
        let path = line.arguments.first { $0.hasPrefix("/") } ?? ""
        switch path.split(separator: "/").last {
        case "true": return PAMModule(.nothing, .nothing, ["success"])
        case "false": return PAMModule(.nothing, .nothing, ["system_err"])
        default: return PAMModule(.nothing, .program, ["success", "system_err"])
        }
    }

    /// `pam_access`: without a line that keeps somebody out, everybody may enter.
    private static func access(_ line: PAMLine) -> PAMModule? {
        let key = "accessfile="
        let named = line.arguments.last { $0.hasPrefix(key) }.map {
            String($0.dropFirst(key.count))
        }
        // If a named list cannot be read, everybody is refused.
        if let named, !SystemFiles.exists(named) {
            return PAMModule(.nothing, .nothing, ["abort"])
        }
        let rules = SystemFiles.lines(named ?? "/etc/security/access.conf")
        let refuses = rules.contains { $0.drop(while: \.isWhitespace).hasPrefix("-") }
        return refuses ? nil : PAMModule(.nothing, .nothing, ["success"])
    }

    /// `pam_sepermit`: users not on its list are skipped.
    private static func sepermit(_ line: PAMLine) -> PAMModule? {
        let named = line.arguments.last { $0.hasPrefix("conf=") }?.dropFirst("conf=".count)
        let rules = SystemFiles.lines(named.map(String.init) ?? "/etc/security/sepermit.conf")
        let isEmpty = rules.allSatisfy { rule in
            rule.first { !$0.isWhitespace }.map { $0 == "#" } ?? true
        }
        return PAMModule(
            .nothing, isEmpty ? .nothing : .user,
            isEmpty ? ["ignore"] : ["success", "ignore", "auth_err"])
    }

    /// Whether a line's arguments let users pass who have nothing there.
    private static func isForgiving(_ line: PAMLine) -> Bool {
        guard let proof = table[line.name]?.proof, proof != .nothing else { return false }
        let words: Set = [
            "nullok", "nouserok", "ignore_unknown_user", "ignore_authinfo_unavail",
        ]
        // With `nullok`, pam_unix(8) accepts empty passwords; users who have one are few and known.
        return line.name != "pam_unix" && line.arguments.contains(where: words.contains)
    }

    private init(forgiving line: PAMLine) {
        let known = PAMModule.table[line.name]
        self.init(known?.proof ?? .unknown, .nothing, (known?.answers ?? []) + ["ignore"])
    }

    // MARK: The table

    private static let table: [String: PAMModule] = {
        var table: [String: PAMModule] = [:]
        for (names, module) in rows {
            for name in names.split(separator: " ") { table["pam_" + name] = module }
        }
        return table
    }()

    private static let rows: [(String, PAMModule)] = [
        // First factors.
        (
            "unix unix_auth unix2 pwdfile userdb sss ldap krb5 winbind lsass smbpass radius"
                + " radius_auth tacplus mysql pgsql sqlite systemd_home afs_session himmelblau aad"
                + " authd authd_exec lwidentity vas3 centrifydc",
            PAMModule(.password, .nothing, ["success"] + failures)
        ),
        // Possession.
        (
            "google_authenticator oath u2f yubico fprintd fprint_ppid p11 pkcs11 poldi usb duo cockpit_cert"
                + " ssh_agent_auth ssh ussh rssh rsa securid otpw privacyidea sss_gss howdy"
                + " biometric barada",
            PAMModule(.possession, .nothing, ["success"] + failures)
        ),
        ("permit filter stress", PAMModule(.nothing, .nothing, ["success"])),
        ("deny", PAMModule(.nothing, .nothing, ["auth_err"])),
        // Root may become anybody, and is not what this is about.
        ("rootok", PAMModule(.nothing, .nothing, ["auth_err"])),
        // They prepare or show something, and are ignored.
        (
            "env group keyinit mail warn faildelay issue canonicalize_user systemd_loadkey"
                + " tmpdir ck_connector",
            PAMModule(.nothing, .nothing, ["ignore"])
        ),
        ("echo", PAMModule(.nothing, .nothing, ["success", "ignore"])),
        ("cap", PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err"])),
        // They keep the password for later, and accept any.
        (
            "gnome_keyring kwallet kwallet5 ecryptfs mount fscrypt zfs_key cifscreds gdm ssh_add"
                + " encfs",
            PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err"])
        ),
        // They count, and keep out users who failed too often or were away too long.
        (
            "tally tally2 abl shield lastlog lastlog2",
            PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err", "perm_denied"])
        ),
        // They test who the user is.
        (
            "succeed_if listfile usertype shells",
            PAMModule(.nothing, .user, ["success", "auth_err", "service_err"])
        ),
        ("localuser", PAMModule(.nothing, .user, ["success", "perm_denied", "service_err"])),
        // It tests only root's origin.
        ("securetty", PAMModule(.nothing, .user, ["success", "auth_err"])),
        ("ftp", PAMModule(.nothing, .user, ["success", "auth_err"])),
        // They test where the login comes from.
        ("access geoip", PAMModule(.nothing, .origin, ["success", "perm_denied"])),
        ("rhosts", PAMModule(.nothing, .origin, ["success", "auth_err"])),
        ("timestamp", PAMModule(.nothing, .moment, ["success", "auth_err"])),
        // They have no `auth` function: libpam takes that for a failure.
        (
            "cracklib limits loginuid mkhomedir motd namespace oddjob_mkhomedir passwdqc"
                + " pwhistory pwquality selinux setquota systemd time tty_audit umask wtmpdb xauth"
                + " elogind rundir",
            PAMModule(.nothing, .nothing, ["module_unknown"])
        ),
    ]
}
