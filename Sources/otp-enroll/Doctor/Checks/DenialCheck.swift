import OTPCore
import OTPStore
import OTPSystem

/// What SELinux and AppArmor have denied us, according to the system's logs.
enum DenialCheck {
    static let name = "denials"

    private static let files = [
        "/var/log/audit/audit.log", "/var/log/kern.log", "/var/log/syslog", "/var/log/messages",
    ]
    /// How much of the end of a log is read, in bytes.
    private static let limit = 4 << 20
    /// How old a denial may be, in seconds, if its line has a time.
    private static let recent: UInt64 = 7 * 86_400

    static func look(_ options: Options) -> Look {
        let profile = appArmor(options).map { [$0] } ?? []
        var read: [String] = []
        var refused: [String] = []
        var denials: [String] = []
        for file in files {
            switch SystemFiles.read(file, lastly: limit) {
            case .text(let text):
                read.append(file)
                denials += ours(text)
            case .missing: break
            case .unreadable: refused.append(file)
            }
        }
        if let journal = journal() {
            read.append("the journal")
            denials += ours(journal)
        }
        guard !read.isEmpty || !profile.isEmpty else {
            let why =
                refused.isEmpty
                ? "there is no log of the kernel's here"
                : "only root can read \(refused.joined(separator: ", "))"
            return .skipped(name, why)
        }
        let about = read.joined(separator: ", ")
        guard let last = denials.last else { return Look(name, about, profile) }
        return Look(name, about, profile + [finding(last, count: denials.count)])
    }

    /// Whether AppArmor confines the service without rules for a store elsewhere.
    private static func appArmor(_ options: Options) -> Finding? {
        let usual = OptionKey.store.fallback
        guard let store = options.store.map({ String(decoding: $0, as: UTF8.self) }),
            store != usual, !store.hasPrefix(usual + "/"),
            SystemFiles.lines("/sys/kernel/security/apparmor/profiles")
                .contains("swiftotpd (enforce)")
        else { return nil }
        let file = "/etc/apparmor.d/local/usr.libexec.swiftotpd"
        let rules = SystemFiles.lines(file).map { $0.prefix { $0 != "#" } }
        guard !rules.contains(where: { $0.contains(store + "/") }) else { return nil }
        return Finding(
            .problem,
            "AppArmor keeps swiftotpd from \(store): it denies everybody; allow it and reload the"
                + " profile (apparmor_parser -r /etc/apparmor.d/usr.libexec.swiftotpd)", in: file,
            change: "owner \(store)/{,*} rwk,")
    }

    private static func journal() -> String? {
        guard SystemFiles.exists("/run/systemd/journal/socket") else { return nil }
        let result = Tool.ask([
            "/usr/bin/journalctl", "-q", "--no-pager", "-b", "-o", "cat", "-n", "20000",
            "_TRANSPORT=kernel", "+", "_TRANSPORT=audit",
        ])
        return result?.status == 0 ? result?.output : nil
    }

    /// The lines of a log that record a denial to us.
    private static func ours(_ text: String) -> [String] {
        let now = (try? SystemClock().now()) ?? 0
        return text.split(separator: "\n").filter { line in
            guard line.has("swiftotp") || line.has("otp-enroll"),
                line.has("apparmor=\"DENIED\"") || (line.has("avc:") && line.has("denied"))
            else { return false }
            // audit(1763717000.123:45)
            guard let start = line.firstRange(of: "audit(")?.upperBound,
                let time = UInt64(line[start...].prefix { $0.isNumber })
            else { return true }
            return now < time || now - time < recent
        }.map(String.init)
    }

    private static func finding(_ line: String, count: Int) -> Finding {
        let isAppArmor = line.has("apparmor=")
        let who = isAppArmor ? "AppArmor" : "SELinux"
        let target = value("name", line) ?? value("path", line) ?? "something"
        let program = value("comm", line) ?? "a program of ours"
        let times = count == 1 ? "" : ", \(count) times"
        guard isAppArmor else {
            return Finding(
                .warning, "\(who) has denied \(program) access to \(target)\(times)",
                change: "restorecon -R /etc/swiftotp /var/lib/swiftotp /run/swiftotp")
        }
        let profile = value("profile", line) ?? program
        return Finding(
            .warning,
            "\(who) has denied \(program) access to \(target)\(times), by the profile"
                + " \(profile)", in: "the profile in /etc/apparmor.d",
            change: "\(target) \(value("denied_mask", line) ?? "r"),")
    }

    /// The value of `key="value"` or `key=value`.
    private static func value(_ key: String, _ line: String) -> String? {
        guard let start = line.firstRange(of: " \(key)=")?.upperBound else { return nil }
        let rest = line[start...]
        if rest.first == "\"" { return String(rest.dropFirst().prefix { $0 != "\"" }) }
        return String(rest.prefix { $0 != " " })
    }
}

extension StringProtocol {
    /// Whether it contains `text`, compared by bytes: logs are long.
    fileprivate func has(_ text: StaticString) -> Bool {
        utf8.firstRange(of: "\(text)".utf8) != nil
    }
}
