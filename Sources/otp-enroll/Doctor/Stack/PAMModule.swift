import OTPPAM

/// What a module may answer in an `auth` line, by its manual and its source: the one place that
/// knows modules by their names.
struct PAMModule: Equatable {
    /// What its yes says about who logs in.
    enum Proof: Hashable {
        /// Nothing: it keeps some out, counts, or prepares something.
        case nothing
        /// They know the password, or are known to a directory by another first factor.
        case password
        /// They hold a device or a key, or have the finger.
        case possession
        /// Nobody here can say: doctor does not know the module.
        case unknown
    }

    /// On what its answer depends, beside what the user types.
    enum Condition: Hashable {
        /// On nothing: it is the same for everybody who comes this far.
        case nothing
        /// On who it is: see `PAMPerson`.
        case user
        /// On where the login comes from, or on a list that names both users and places.
        case origin
        /// On when it is, or on when the user was here last.
        case moment
        /// On a program, of which nobody knows whom it lets pass.
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

    /// The ways to say no that controls may tell apart.
    static let failures = [
        "auth_err", "authinfo_unavail", "user_unknown", "conv_err", "perm_denied", "maxtries",
    ]

    /// What the module of a line may do there.
    init(_ line: PAMLine) {
        // What is no module, or none that can be called.
        if let fixed = line.fixedAnswer {
            self = PAMModule(.nothing, .nothing, [fixed.rawValue])
            return
        }
        self =
            PAMModule.byArguments(line) ?? PAMModule.table[line.name]
            ?? PAMModule(.unknown, .nothing, ["success"] + PAMModule.failures)
    }

    // MARK: Those whose arguments matter

    private static func byArguments(_ line: PAMLine) -> PAMModule? {
        let has = { (word: String) in line.arguments.contains(word) }
        switch line.name {
        case "pam_faillock":
            // Without a word it is `preauth`. A user who is in no passwd file is passed over.
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
            // Members are passed over; with `trust` they get a yes.
            return PAMModule(
                .nothing, .user,
                [has("trust") ? "success" : "ignore", "perm_denied", "auth_err"])
        case _ where isForgiving(line): return PAMModule(forgiving: line)
        default: return nil
        }
    }

    /// `pam_exec` and its kin: what the program says.
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

    /// `pam_access`: without a line that keeps somebody out, everybody is in.
    private static func access(_ line: PAMLine) -> PAMModule? {
        let key = "accessfile="
        let named = line.arguments.last { $0.hasPrefix(key) }.map {
            String($0.dropFirst(key.count))
        }
        // A list that is named, and cannot be read, is a no to everybody.
        if let named, !SystemFiles.exists(named) {
            return PAMModule(.nothing, .nothing, ["abort"])
        }
        let rules = SystemFiles.lines(named ?? "/etc/security/access.conf")
        let refuses = rules.contains { $0.drop(while: \.isWhitespace).hasPrefix("-") }
        return refuses ? nil : PAMModule(.nothing, .nothing, ["success"])
    }

    /// `pam_sepermit`: whom its list does not name is passed over.
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

    /// Whether a line's arguments let those pass who have nothing there.
    private static func isForgiving(_ line: PAMLine) -> Bool {
        guard let proof = table[line.name]?.proof, proof != .nothing else { return false }
        let words: Set = [
            "nullok", "nouserok", "ignore_unknown_user", "ignore_authinfo_unavail",
        ]
        // pam_unix(8) means users with an empty password by `nullok`, who are few and known.
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
        // What the user holds.
        (
            "google_authenticator oath u2f yubico fprintd fprint_ppid p11 pkcs11 poldi usb duo cockpit_cert"
                + " ssh_agent_auth ssh ussh rssh rsa securid otpw privacyidea sss_gss howdy"
                + " biometric barada",
            PAMModule(.possession, .nothing, ["success"] + failures)
        ),
        ("permit filter stress", PAMModule(.nothing, .nothing, ["success"])),
        ("deny", PAMModule(.nothing, .nothing, ["auth_err"])),
        // Root, who may become anybody, is not whom this is about.
        ("rootok", PAMModule(.nothing, .nothing, ["auth_err"])),
        // They prepare or tell something, and are passed over.
        (
            "env group keyinit mail warn faildelay issue canonicalize_user systemd_loadkey"
                + " tmpdir ck_connector",
            PAMModule(.nothing, .nothing, ["ignore"])
        ),
        ("echo", PAMModule(.nothing, .nothing, ["success", "ignore"])),
        ("cap", PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err"])),
        // They keep the password for later, and say yes to any.
        (
            "gnome_keyring kwallet kwallet5 ecryptfs mount fscrypt zfs_key cifscreds gdm ssh_add"
                + " encfs",
            PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err"])
        ),
        // They count, and keep out who has failed too often or was away too long.
        (
            "tally tally2 abl shield lastlog lastlog2",
            PAMModule(.nothing, .nothing, ["success", "ignore", "auth_err", "perm_denied"])
        ),
        // They ask who it is.
        (
            "succeed_if listfile usertype shells",
            PAMModule(.nothing, .user, ["success", "auth_err", "service_err"])
        ),
        ("localuser", PAMModule(.nothing, .user, ["success", "perm_denied", "service_err"])),
        // It asks root alone where the login comes from.
        ("securetty", PAMModule(.nothing, .user, ["success", "auth_err"])),
        ("ftp", PAMModule(.nothing, .user, ["success", "auth_err"])),
        // They ask where it comes from.
        ("access geoip", PAMModule(.nothing, .origin, ["success", "perm_denied"])),
        ("rhosts", PAMModule(.nothing, .origin, ["success", "auth_err"])),
        ("timestamp", PAMModule(.nothing, .moment, ["success", "auth_err"])),
        // They have nothing for `auth`: libpam takes that for a no.
        (
            "cracklib limits loginuid mkhomedir motd namespace oddjob_mkhomedir passwdqc"
                + " pwhistory pwquality selinux setquota systemd time tty_audit umask wtmpdb xauth"
                + " elogind rundir",
            PAMModule(.nothing, .nothing, ["module_unknown"])
        ),
    ]
}
