import Testing

/// sshd's configuration, `doctor`'s finding, and what sshd does after the proposed change.
struct DoctorSSHCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// The files of /etc/ssh by name; a finding's first place is the drop-in `10-swiftotp.conf`.
    var files: [String: String]
    /// Other files of the machine.
    var others: [String: String] = [:]
    /// The lines of sshd's stack.
    var stack = ["auth required MODULE"]
    /// The finding: its severity, and the end of its sentence, which says whom it concerns.
    let severity: String, says: String
    /// Where the change must be made.
    var place = "10-swiftotp.conf"
    /// A login (`sshd -T -C`), and a line of sshd's answer after the change.
    var login = "user=alice", then = DoctorSSHCase.methods
    /// Whether doctor runs once more; for the commonest fault, sshd's own answer is enough.
    var hasLookAfter: Bool { !says.hasPrefix(Self.byKey) || files.count > 1 }

    static let methods = "authenticationmethods publickey,keyboard-interactive:pam"
    /// The right configuration for ssh with key and code.
    static let usual = """
        UsePAM yes
        KbdInteractiveAuthentication yes
        PasswordAuthentication no
        PermitRootLogin yes

        """
    static let good = "AuthenticationMethods publickey,keyboard-interactive:pam\n"

    init(
        _ description: String, _ dropIn: String, main: String? = nil, more: [String: String] = [:],
        others: [String: String] = [:], stack: [String] = ["auth required MODULE"],
        _ severity: String = "problem", says: String, in place: String = "10-swiftotp.conf",
        login: String = "user=alice", then: String = DoctorSSHCase.methods
    ) {
        testDescription = description
        files = more
        files["sshd_config.d/10-swiftotp.conf"] = dropIn
        if let main { files["sshd_config"] = main }
        (self.others, self.stack, self.severity, self.says) = (others, stack, severity, says)
        (self.place, self.login, self.then) = (place, login, then)
    }

    /// Brings a machine into that state.
    func infect(_ patient: DoctorPatient) throws {
        for (name, text) in files { try patient.write("/etc/ssh/\(name)", text) }
        for (path, text) in others { try patient.write(path, text) }
        try patient.auth("sshd", stack)
    }

    private static let accounts = """
        root:x:0:0::/root:/bin/sh
        games:x:5:60::/usr/games:/usr/bin/git-shell
        nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
        sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
        alice:x:4001:4001::/home/alice:/bin/sh
        bob:x:4002:4002::/home/bob:/bin/sh

        """
    private static let include = "Include /etc/ssh/sshd_config.d/*.conf\n"
    private static let bare = "AuthenticationMethods publickey\n"
    private static let password = ["@include common-auth", "auth required MODULE"]
    private static let byKey = "sshd lets people in by publickey alone, without a code"

    // MARK: Which users

    static let people = [
        DoctorSSHCase(
            "keys alone, and root may not log in",
            bare + usual.replacing("PermitRootLogin yes", with: "PermitRootLogin no"), says: byKey),
        DoctorSSHCase(
            "no PAM, and root may not log in",
            good
                + usual.replacing("PermitRootLogin yes", with: "PermitRootLogin no")
                .replacing("UsePAM yes", with: "UsePAM no"),
            says: "sshd does not ask PAM, so nobody is asked for a code", then: "usepam yes"),
        DoctorSSHCase(
            "no keyboard-interactive, and root may not log in",
            """
            UsePAM yes
            KbdInteractiveAuthentication no
            PubkeyAuthentication no
            PermitRootLogin no
            """, stack: password,
            says: "sshd's keyboard-interactive, by which a code is asked for, is off",
            then: "kbdinteractiveauthentication yes"),
        DoctorSSHCase(
            "keys alone, and alice may not log in", "DenyUsers alice\n" + bare + usual,
            says: byKey, login: "user=bob"),
        DoctorSSHCase(
            "keys alone, and only a group may log in", "AllowGroups staff\n" + bare + usual,
            others: ["/etc/group": "root:x:0:\nstaff:x:50:bob\nbob:x:4002:\n"], says: byKey,
            login: "user=bob"),
        DoctorSSHCase(
            "keys alone for all but root",
            usual + good + "Match User *,!root\n    \(bare)", says: byKey + " (alice, bob)"),
        DoctorSSHCase(
            "keys alone for one who is enrolled", usual + good + "Match User bob\n    \(bare)",
            says: byKey + " (bob)", login: "user=bob"),
        DoctorSSHCase(
            "keys alone for a group", usual + good + "Match Group dev*,!ops\n\t\(bare)",
            others: ["/etc/group": "root:x:0:\ndevs:x:50:alice,bob\nops:x:51:bob\n"],
            says: byKey + " (alice)"),
        DoctorSSHCase(
            "one of two ways for one who is enrolled",
            usual + good
                + "Match User bob\n    AuthenticationMethods publickey,keyboard-interactive publickey\n",
            says: byKey + " (bob)", login: "user=bob"),
        DoctorSSHCase(
            "keys alone for a system account",
            usual + good + "Match User games,nobody\n    \(bare)",
            others: ["/etc/passwd": DoctorSSHCase.accounts], says: byKey + " (games)",
            login: "user=games"),
        DoctorSSHCase(
            "no keyboard-interactive for one",
            usual + good + "Match User bob\n    KbdInteractiveAuthentication no\n",
            says: "of which a part is off or is not there (bob)", login: "user=bob",
            then: "kbdinteractiveauthentication yes"),
    ]

    // MARK: Which addresses

    static let places = [
        DoctorSSHCase(
            "keys alone from a network",
            usual + good + "Match Address 10.0.0.0/8,fd00::/8\n    \(bare)",
            says: byKey + " (from 10.0.0.0/8, from fd00::/8)",
            login: "user=alice,addr=10.9.9.9,host=x"),
        DoctorSSHCase(
            "keys alone from all but a network",
            usual + good + "Match Address *,!10.0.0.0/8\n    \(bare)",
            says: byKey + " (from elsewhere)", login: "user=alice,addr=9.9.9.9,host=x"),
        DoctorSSHCase(
            "keys alone from a network inside another",
            usual + good + "Match Address 10.1.0.0/16\n    \(good)Match Address 10.0.0.0/8\n"
                + "    \(bare)", says: byKey + " (from 10.0.0.0/8)",
            login: "user=alice,addr=10.2.0.1,host=x"),
        DoctorSSHCase(
            "keys alone from hosts of a name",
            "UseDNS yes\n" + usual + good + "Match Host *.example.org\n    \(bare)",
            says: byKey + " (from *.example.org)",
            login: "user=alice,addr=9.9.9.9,host=a.example.org"),
        DoctorSSHCase(
            "keys alone from hosts without a name",
            usual + good + "Match Host 10.1.*\n    \(bare)", says: byKey + " (from 10.1.*)",
            login: "user=alice,addr=10.1.2.3,host=10.1.2.3"),
        DoctorSSHCase(
            "keys alone at another port",
            "Port 22\nPort 2222\n" + usual + good + "Match LocalPort 2222\n    \(bare)",
            says: byKey + " (at port 2222)",
            login: "user=alice,addr=9.9.9.9,host=x,laddr=1.1.1.1,lport=2222"),
        DoctorSSHCase(
            "keys alone at another address",
            usual + good + "Match LocalAddress 192.168.7.1\n    \(bare)",
            says: byKey + " (to 192.168.7.1)",
            login: "user=alice,addr=9.9.9.9,host=x,laddr=192.168.7.1"),
        DoctorSSHCase(
            "keys alone in a routing domain",
            usual + good + "Match RDomain vrf-*\n    \(bare)",
            says: byKey + " (in routing domain vrf-*)",
            login: "user=alice,addr=9.9.9.9,host=x,rdomain=vrf-1"),
        DoctorSSHCase(
            "keys alone for one from a network",
            usual + good + "Match User=bob Address=\"10.0.0.0/8\"\n    \(bare)",
            says: byKey + " (bob from 10.0.0.0/8)", login: "user=bob,addr=10.0.0.7,host=x"),
        DoctorSSHCase(
            "keys alone by a Match of all", usual + good + "Match All\n    \(bare)", says: byKey),
    ]

    // MARK: Which file

    static let order = [
        DoctorSSHCase(
            "a file that is read before", good + usual,
            more: ["sshd_config.d/05-first.conf": "# ours\n\(bare)"], says: byKey,
            in: "05-first.conf line 2"),
        DoctorSSHCase(
            "a file that begins with a Match", "Match User nobody\n    X11Forwarding no\n",
            more: ["sshd_config.d/20-rest.conf": usual], says: byKey,
            in: "10-swiftotp.conf line 1"),
        DoctorSSHCase(
            "a folder that is included for some alone", "X11Forwarding no\n",
            main: usual + "Match User nobody\n    \(include)", says: byKey,
            in: "/etc/ssh/sshd_config line 5"),
        DoctorSSHCase(
            "a file that a Match includes", good + usual,
            main: include + "Match User bob\n    Include bob.conf\n",
            more: ["bob.conf": bare], says: byKey + " (bob)", in: "/etc/ssh/bob.conf line 1",
            login: "user=bob"),
        DoctorSSHCase(
            "a setting behind a Match", "Match User bob\n    X11Forwarding no\n    \(good)",
            main: include + usual, says: byKey + " (root, alice)", in: "10-swiftotp.conf line 1"),
        DoctorSSHCase(
            "Debian's own settings", "# nothing\n",
            main: include + "KbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\n",
            says: byKey, in: "/etc/ssh/sshd_config line 2"),
        DoctorSSHCase(
            "an old name, with an equals sign", usual + good,
            main: "ChallengeResponseAuthentication = no\n" + include,
            says: "Disabled method \"keyboard-interactive\" in AuthenticationMethods list"
                + " \"publickey,keyboard-interactive:pam\"", in: "/etc/ssh/sshd_config line 1",
            then: "kbdinteractiveauthentication yes"),
        DoctorSSHCase(
            "UsePAM where it may not be", usual + good + "Match User bob\n    UsePAM no\n",
            says: "Directive 'UsePAM' is not allowed within a Match block",
            in: "10-swiftotp.conf line 7", then: "usepam yes"),
    ]

    // MARK: Methods

    static let ways = [
        DoctorSSHCase(
            "a Kerberos password and no code",
            "KerberosAuthentication yes\nAuthenticationMethods publickey,password"
                + " publickey,keyboard-interactive\n"
                + usual.replacing("PasswordAuthentication no", with: "PasswordAuthentication yes"),
            says: "a Kerberos password alone lets people in: with the password method sshd asks PAM"
                + " for no code after it", then: "kerberosauthentication no"),
        DoctorSSHCase(
            "Kerberos tickets", "GSSAPIAuthentication yes\nPubkeyAuthentication no\n" + usual,
            stack: password,
            says: "sshd lets people in by gssapi-with-mic alone, without a code",
            then: "authenticationmethods keyboard-interactive:pam"),
        DoctorSSHCase(
            "hosts that vouch for people",
            "HostbasedAuthentication yes\n"
                + "AuthenticationMethods hostbased publickey,keyboard-interactive\n" + usual,
            says: "sshd lets people in by hostbased alone, without a code"),
        DoctorSSHCase(
            "the password method beside a way that asks for the code",
            "AuthenticationMethods password,keyboard-interactive:pam"
                + " publickey,keyboard-interactive:pam\n"
                + usual.replacing("PasswordAuthentication no", with: "PasswordAuthentication yes"),
            "warning",
            says: "sshd's password method cannot ask for a code: such logins are refused"),
        DoctorSSHCase(
            "the password method after a key, which another way takes too",
            "AuthenticationMethods publickey,password publickey,keyboard-interactive\n"
                + usual.replacing("PasswordAuthentication no", with: "PasswordAuthentication yes"),
            "note", says: "sshd's password method cannot ask for a code: such logins are refused",
            then: "authenticationmethods publickey,keyboard-interactive"),
        DoctorSSHCase(
            "the password method as a part of the only way",
            "AuthenticationMethods password,keyboard-interactive\n"
                + usual.replacing("PasswordAuthentication no", with: "PasswordAuthentication yes"),
            stack: password,
            says: "sshd's password method cannot ask for a code, and AuthenticationMethods demands"
                + " it: such logins are refused",
            then: "authenticationmethods keyboard-interactive:pam"),
        DoctorSSHCase(
            "a device that Linux does not have",
            "AuthenticationMethods publickey,keyboard-interactive:bsdauth\n" + usual,
            says: "nobody can log in: sshd demands publickey,keyboard-interactive:bsdauth, of which"
                + " a part is off or is not there"),
        DoctorSSHCase(
            "empty passwords",
            "PermitEmptyPasswords yes\nAuthenticationMethods keyboard-interactive:pam\n" + usual,
            stack: password, "warning",
            says: "sshd lets PAM take an empty password: who has one logs in by a code alone",
            then: "permitemptypasswords no"),
        DoctorSSHCase(
            "programs of an exempt group", usual + good,
            others: [
                "/etc/group": "root:x:0:\nrobots:x:50:bob\n",
                "/etc/security/swiftotp.conf": "exempt_group = robots\n",
            ], stack: ["auth required MODULE", "auth required pam_permit.so"], "warning",
            says: "and sshd demands it even of those in exempt_group (bob)", login: "user=bob",
            then: "authenticationmethods publickey\n"),
        DoctorSSHCase(
            "programs of an exempt network", usual + good,
            others: ["/etc/security/swiftotp.conf": "exempt_networks = 10.0.0.0/8 fd00::/8\n"],
            stack: ["auth required MODULE", "auth required pam_permit.so"], "note",
            says: "and sshd demands it even from exempt_networks (from 10.0.0.0/8, from fd00::/8)",
            login: "user=alice,addr=10.1.2.3", then: "authenticationmethods publickey\n"),
    ]
}
