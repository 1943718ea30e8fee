/// The pages' commands that are typed, and those that can only be looked at.
enum PageActs {
    typealias Act = ReadmeCommandTests.Act

    /// A shell command: alice has an authenticator of this name.
    private static func has(_ name: String) -> String {
        "otp-enroll status alice | grep -qE '^\(name) +(totp|hotp)'"
    }

    /// The commands that are typed, without their comments.
    static let run: [String: Act] = enrolling.merging(users) { $1 }
        .merging(machine) { $1 }.merging(moving) { $1 }.merging(renaming) { $1 }

    private static let enrolling: [String: Act] = [
        "sudo otp-enroll add alice": Act(
            before: .nothing, shows: "alice", leaves: has("phone")),
        "sudo otp-enroll status alice": Act(before: .phone, shows: "Backup codes left: 10"),
        "sudo otp-enroll verify alice": Act(before: .phone, shows: "Accepted"),
        "sudo otp-enroll add alice --name tablet": Act(
            before: .phone, shows: "tablet", leaves: has("phone") + "&&" + has("tablet")),
        "sudo otp-enroll add alice --name phone": Act(
            before: .phone, shows: "phone", leaves: has("phone")),
        "sudo otp-enroll remove alice phone": Act(
            before: .phoneAndTablet, shows: "phone", leaves: "! " + has("phone")),
        "sudo otp-enroll trusted alice": Act(before: .phone, shows: "trusts no SSH key"),
        "sudo otp-enroll trusted alice --revoke-all": Act(
            before: .phone, shows: "trusts no SSH key"),
        "sudo otp-enroll codes alice": Act(before: .phone, shows: "-"),
        "sudo otp-enroll disable alice": Act(before: .phone, shows: "no longer enrolled"),
        "sudo otp-enroll list": Act(before: .phone, shows: "alice"),
        "sudo otp-enroll report": Act(before: .phone, shows: "One-time codes on"),
        "sudo otp-enroll helpdesk --log": Act(
            before: .nothing, shows: "The help desk has done nothing."),
        "sudo otp-enroll add alice --name fob --hotp --secret-file fob.key": Act(
            before: .nothing, shows: "fob", leaves: has("fob")),
        "sudo otp-enroll issue alice": Act(before: .phone, shows: "Temporary code for alice: "),
        "sudo otp-enroll reset alice": Act(before: .phone, shows: "alice was reset"),
        "sudo otp-enroll unlock alice": Act(before: .phone, shows: "alice is unlocked"),
        "sudo otp-enroll contact alice --mail alice@example.com": Act(
            before: .phone, shows: "Codes for alice go by mail to alice@example.com.",
            leaves: "otp-enroll status alice | grep -q 'Codes by mail to: *alice@example.com'"),
        "sudo otp-enroll init": Act(before: .phone, shows: "is there, with"),
        "sudo otp-enroll resync alice": Act(before: .phone, shows: "works again"),
    ]

    private static let users: [String: Act] = [
        "otp-enroll": Act(before: .nothing, shows: "alice", leaves: has("phone")),
        "otp-enroll status": Act(before: .phone, shows: "alice is enrolled"),
        "otp-enroll add --name tablet": Act(
            before: .phone, shows: "tablet", leaves: has("phone") + "&&" + has("tablet")),
        "otp-enroll codes": Act(before: .phone, shows: "-"),
        "otp-enroll remove phone": Act(
            before: .phoneAndTablet, shows: "phone", leaves: "! " + has("phone")),
        "otp-enroll trusted": Act(before: .phone, shows: "no SSH key"),
        "otp-enroll verify": Act(before: .phone, shows: "Accepted"),
        "otp-enroll disable": Act(before: .phone, shows: "no longer enrolled"),
    ]

    /// `doctor`'s output after README's steps. It also finds that nothing keeps the clock of a
    /// machine without systemd.
    private static let wellSetUp = "ok       stack    /etc/pam.d/sshd: pam_swiftotp.so at"

    private static let machine: [String: Act] = [
        "sudo otp-enroll rekey": Act(before: .phone, shows: "The seal key is new"),
        "sudo otp-enroll rekey --yes": Act(before: .phone, shows: "The seal key is new"),
        "sudo otp-enroll seal": Act(before: .phone, shows: "The seal key is in a file"),
        "sudo otp-enroll seal --to file": Act(before: .phone, shows: "The seal key is in a file"),
        "sudo otp-enroll doctor": Act(before: .phone, shows: wellSetUp, statuses: [0, 1]),
        "sudo otp-enroll doctor --user alice": Act(
            before: .phone, shows: wellSetUp, statuses: [0, 1]),
        "sudo otp-enroll doctor --group staff": Act(
            before: .phone, shows: wellSetUp, statuses: [0, 1]),
        "sudo otp-enroll doctor --service sudo": Act(
            before: .phone, shows: "/etc/pam.d/sudo", statuses: [1]),
        "sudo otp-enroll doctor --try --user alice": Act(
            before: .phone, shows: "PAM_SUCCESS", statuses: [0]),
        "sudo sshd -t": Act(before: .nothing, shows: ""),
        "sudo sshd -T -C user=alice,host=localhost,addr=127.0.0.1 | grep -i authenticationmethods":
            Act(before: .nothing, shows: "publickey,keyboard-interactive:pam"),
        "sudo pam-auth-update --enable swiftotp": Act(
            before: .nothing, shows: "", leaves: "grep -q pam_swiftotp /etc/pam.d/common-auth"),
        "sudo pam-auth-update --disable swiftotp": Act(
            before: .nothing, shows: "", leaves: "! grep pam_swiftotp /etc/pam.d/common-auth"),
        // A machine without a journal returns status 1.
        "sudo journalctl -g pam_swiftotp": Act(before: .nothing, shows: "", statuses: [0, 1]),
        "sudo grep pam_swiftotp /var/log/auth.log": Act(
            before: .nothing, shows: "pam_swiftotp(sshd:auth)"),
        "sudo rm -r /var/lib/swiftotp /etc/swiftotp": Act(
            before: .phone, shows: "", leaves: "! ls /var/lib/swiftotp /etc/swiftotp/seal.key"),
    ]

    private static let robertHas = "otp-enroll status robert | grep -qE '^phone +totp'"

    private static let renaming: [String: Act] = [
        "sudo otp-enroll move bob robert": Act(
            before: .nothing, shows: "The record of bob (1501) now belongs to robert.",
            leaves: robertHas, bob: .renamed),
        "sudo otp-enroll move 1501 bob": Act(
            before: .nothing, shows: "The record of bob (1501) now belongs to bob.",
            leaves: "test -f /var/lib/swiftotp/2501", bob: .renumbered),
        "sudo otp-enroll move --all --map names": Act(
            before: .nothing, shows: "Move 1 record?", leaves: robertHas, bob: .renamed),
        "sudo otp-enroll forget 1501": Act(
            before: .nothing, shows: "Record 1501 of bob is gone.",
            leaves: "! test -e /var/lib/swiftotp/1501", bob: .removed),
    ]

    private static let moving: [String: Act] = [
        "grep -rE 'pam_(google_authenticator|oath)' /etc/pam.d": Act(
            before: .nothing, shows: "pam_google_authenticator.so"),
        "sudo otp-enroll import --from google-authenticator --all --dry-run": Act(
            before: .nothing, shows: "would be"),
        "sudo otp-enroll import --from google-authenticator --all": Act(
            before: .nothing, shows: "imported"),
        "sudo otp-enroll import --from google-authenticator --user alice /srv/otp/alice --dry-run":
            Act(before: .nothing, shows: "would be"),
        "sudo otp-enroll import --from google-authenticator /srv/otp --dry-run": Act(
            before: .nothing, shows: "would be"),
        "sudo otp-enroll import --from aegis --user alice --entry bastion.example.com aegis.json":
            Act(before: .nothing, shows: "imported", leaves: has("bastion.example.com")),
        "sudo otp-enroll import --from token-csv --map owners tokens.csv": Act(
            before: .nothing, shows: "imported", leaves: has("4711")),
        "sudo otp-enroll import --from users.oath /etc/users.oath --allow-short-keys": Act(
            before: .nothing, shows: "1 of 1 are here"),
        "sudo otp-enroll import --from users.oath /etc/users.oath --dry-run": Act(
            before: .nothing, shows: "would be"),
        "sudo otp-enroll import --from users.oath /etc/users.oath": Act(
            before: .nothing, shows: "import"),
        "sudo otp-enroll list --not-enrolled": Act(before: .nothing, shows: "alice"),
        "sudo otp-enroll export --format users.oath --output users.oath --reveal-secrets": Act(
            before: .phone, shows: "users.oath"),
    ]

    /// docs/RECIPES.md's, which are typed in Tests/Integration/Recipes, and the lines of a script that
    /// TextMessageTests runs.
    private static let recipes = [
        "rsync -a -e \"ssh -o BatchMode=yes\" data/ robot@web1:data/",
        "git ls-remote robot@web1:repository.git", "scp -B data/file robot@web1:copy",
        "sftp -b commands robot@web1", "rsync -a data/ alice@web1:data/",
        "ssh web1 true", "ssh -O exit web1", "ssh alice@web1 true",
        "ansible -i hosts all -m ping", "ansible -i hosts all -e ansible_user=alice -m ping",
        #"printf '%s\n%s\n' "$password" "$code" | sudo -S -p '' id -un"#,
        "chmod 660 \"$file\"", "mv \"$file\" /var/spool/sms/outgoing/",
    ]

    /// A bastion in a container, whose image is made by BastionTests.
    private static let bastion = [
        "mkdir image",
        "cp packaging/container/* .build/packages/libpam-swiftotp_*.deb"
            + " .build/packages/otp-enroll_*.deb image",
    ]

    /// A store in another place, which OtherStoreTests types under systemd.
    private static let otherStore = [
        "sudo mkdir -m 700 /srv/swiftotp",
        "sudo apparmor_parser -r /etc/apparmor.d/usr.libexec.swiftotpd",
        "sudo systemctl daemon-reload", "sudo systemctl stop swiftotpd.service",
    ]

    /// SealTests seals by a TPM in software.
    private static let sealing = [
        "sudo otp-enroll seal --to tpm2", "sudo otp-enroll seal --to credential",
        "sudo otp-enroll seal --recover",
    ]

    /// docs/REPOSITORY.md's, which RepositoryTests runs on a machine without a network.
    private static let repository = [
        "gpg --quick-generate-key 'swiftotp packages <root@example.org>' rsa4096 sign never",
        "make repo KEY=root@example.org REPO=/srv/repo",
        "rsync -a --exclude=dists --exclude=repodata /srv/repo/ web1:/var/www/swiftotp/",
        "rsync -a --delete /srv/repo/ web1:/var/www/swiftotp/",
        "sudo install -m 0644 swiftotp.asc /etc/apt/keyrings/swiftotp.asc",
        "sudo apt update", "sudo apt install libpam-swiftotp otp-enroll",
        "sudo dnf install swiftotp otp-enroll",
    ]

    /// Commands that are not typed, because they need Debian's servers or systemd, are typed
    /// elsewhere with DESTDIR, or take minutes: building and testing everything, including these
    /// tests.
    static let left: Set = {
        let targets = [
            "setup", "release", "build", "test", "lint", "format", "try", "fuzz", "strangers",
            "proof", "coverage", "bench", "deb", "rpm", "fleet", "fleet-try", "fleet-test",
            "fleet-package-test",
            "fleet-bench", "fleet-deb", "fleet-rpm", "dist", "source",
            "repo", "picture",
            "install",
        ]
        return Set(
            [
                "sudo apt install ./.build/packages/{libpam-swiftotp,otp-enroll}_*.deb",
                "sudo apt remove libpam-swiftotp otp-enroll",
                "sudo apt purge libpam-swiftotp otp-enroll",
                "sudo systemctl enable --now swiftotpd.socket", "sudo systemctl reload ssh",
                "sudo systemd-sysusers && sudo systemd-tmpfiles --create swiftotp.conf",
                "sudo systemctl enable --now swiftotp-messenger.{socket,service}",
                // ReportUnitTests does so.
                "sudo systemctl enable --now swiftotp-report.timer",
                "sudo systemctl edit swiftotp-report.service",
                // BackupUnitTests, BackupTests and BackupMoveTests do so.
                "sudo systemctl enable --now swiftotp-backup.timer",
                "sudo otp-enroll backup swiftotp.age -R /etc/swiftotp/backup.recipients",
                "sudo otp-enroll restore swiftotp.age --identity key.txt --dry-run",
                "sudo otp-enroll restore swiftotp.age --identity key.txt",
                "sudo otp-enroll backup --to root@web2 --keep-backup-codes",
                // A line of a configuration.
                "service auth-worker {",
                "sudo make install", "sudo make uninstall", "swift test --filter OTPCoreTests",
                "sudo env \"PATH=$PATH\" Tests/ground swift test --filter LoginTests",
                "sudo env \"PATH=$PATH\" make try", "sudo env \"PATH=$PATH\" make test",
            ] + targets.map { "make \($0)" } + recipes + bastion + otherStore
                + repository + sealing)
    }()
}
