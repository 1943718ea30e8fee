import Testing

@testable import OTPCore

/// The line that each login leaves in the system log.
@Suite("A login's line in the log")
struct LoginLogTests {
    private func log(
        _ place: LoginOrigin? = nil, terminal: String = "ssh", user: String = "alice"
    ) -> LoginLog {
        let usual = LoginOrigin(service: ascii("sshd"), address: ascii("192.0.2.7"), methods: nil)
        return LoginLog(place: place ?? usual, terminal: ascii(terminal), user: ascii(user))
    }

    private static func rows() throws -> [(LoginResult, LogPriority, String)] {
        let phone = try name("my phone")
        let laptop = try name("laptop")
        let fingerprint = [UInt8](repeating: 7, count: 32)
        let hash = "SHA256:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"
        let code = Outcome.Factor.code(authenticator: phone, offset: -1)
        return [
            (
                .granted(code), .info,
                "login granted; factor=code authenticator=\"my phone\" step=-1"
            ),
            (
                .granted(.backupCode(index: 3, left: 9)), .info,
                "login granted; factor=backup-code index=3 left=9"
            ),
            (.granted(.temporaryCode), .info, "login granted; factor=temporary-code"),
            (
                .trusting(code, laptop), .info,
                "login granted; factor=code authenticator=\"my phone\" step=-1 trusts=\"laptop\""
            ),
            (
                .trusted(laptop, fingerprint: fingerprint), .info,
                "login granted; factor=trusted-key key=\"laptop\" fingerprint=\(hash)"
            ),
            (
                .enrolled(nil, phone), .info,
                "login granted; factor=enrollment enrolled=\"my phone\""
            ),
            (
                .enrolled(.temporaryCode, phone), .info,
                "login granted; factor=temporary-code enrolled=\"my phone\""
            ),
            (.refused(.wrong), .notice, "authentication failure; reason=wrong"),
            (
                .refused(.outsideWindow(offset: 4)), .notice,
                "authentication failure; reason=outside-window off=+4"
            ),
            (
                .refused(.throttled(seconds: 30)), .notice,
                "authentication failure; reason=throttled wait=30s"
            ),
            (.ignored(.exempt), .info, "not asked; reason=exempt-group"),
            (.ignored(.exemptNetwork), .info, "not asked; reason=exempt-network"),
            (.ignored(.notEnrolled), .info, "not asked; reason=not-enrolled"),
            (.ignored(.putOff(left: nil)), .info, "not asked; reason=enrolling-put-off"),
            (.ignored(.putOff(left: 2)), .info, "not asked; reason=enrolling-put-off left=2"),
            (
                .conversationFailed, .notice,
                "authentication failure; reason=no-answer"
            ),
        ]
    }

    @Test("A result's log line lacks what happened or where it came from")
    func results() throws {
        for (result, priority, expected) in try Self.rows() {
            let (found, line) = log().line(for: result)
            #expect(found == priority, "\(expected)")
            #expect(
                text(line.bytes)
                    == expected + " service=sshd tty=ssh rhost=192.0.2.7 user=alice")
        }
    }

    @Test("Trouble is not logged as critical, or the line does not end with it")
    func trouble() {
        let error = StoreError(.unsafe, ascii("/var/lib/swiftotp/1000"), "mode 0644")
        let (priority, line) = log().line(for: .unavailable(error))
        #expect(priority == .critical)
        #expect(
            text(line.bytes)
                == "cannot check; reason=store service=sshd tty=ssh rhost=192.0.2.7 user=alice "
                + "error=\"/var/lib/swiftotp/1000: mode 0644\"")
    }

    @Test("A reason for refusal has no word of its own, or not where fail2ban looks for it")
    func refusals() {
        let refusals: [Outcome.Refusal] = [
            .wrong, .replayed, .usedBackupCode, .usedTemporaryCode, .expired,
            .outsideWindow(offset: 1), .malformed, .empty, .throttled(seconds: 1), .closed,
            .noRecord, .unknownUser, .clock, .clockMovedBack(seconds: 1), .unproven, .notEnrolled,
            .enrolledMeanwhile,
        ]
        let begins = refusals.map { refusal in
            text(log().line(for: .refused(refusal)).1.bytes).split(separator: " service=")[0]
        }
        #expect(Set(begins).count == refusals.count)
        #expect(begins.allSatisfy { $0.hasPrefix("authentication failure; reason=") })
    }

    @Test("A name, terminal or address from outside forges a field or a line")
    func outside() {
        let place = LoginOrigin(
            service: ascii("ss hd"), address: ascii("1.2.3.4 user=root"), methods: nil)
        let line = log(place, terminal: "a\nb", user: "x rhost=8.8.8.8").line(
            for: .refused(.wrong)
        ).1
        #expect(
            text(line.bytes)
                == "authentication failure; reason=wrong service=ss\\x20hd tty=a\\x0ab "
                + "rhost=1.2.3.4\\x20user=root user=x\\x20rhost=8.8.8.8")
    }

    @Test("The line of a program that is not root's has an address, or odd characters in its name")
    func ofAnyProgram() {
        let place = LoginOrigin(ofAnyProgram: ascii("sway lock\n/../ü"))
        let line = log(place, terminal: "").line(for: .ignored(.notEnrolled)).1
        #expect(
            text(line.bytes)
                == "not asked; reason=not-enrolled service=swaylock.. tty= rhost= user=alice")
    }

    @Test("The line for `debug` lacks an option in force, or has a secret")
    func debug() throws {
        var options = Options()
        options.retry = 3
        options.exemptGroup = ascii("domain users")
        options.enroll = .offer
        let line = text(log().line(about: options, isSilent: true).bytes)
        #expect(
            line
                == "debug; store=/var/lib/swiftotp nullok=no echo=yes retry=3 window=1 "
                + "exempt_group=domain\\x20users exempt_networks= silent=yes key=no enroll=on trust=off "
                + "service=sshd tty=ssh rhost=192.0.2.7 user=alice")
        options.store = ascii("/srv/o t p")
        options.trust = .key
        let keyed = LoginOrigin(
            service: ascii("sshd"), address: [], methods: ascii(try SSHRow.methods()))
        let other = text(log(keyed).line(about: options, isSilent: false).bytes)
        #expect(other.hasPrefix("debug; store=/srv/o\\x20t\\x20p nullok=no"))
        #expect(other.contains(" silent=no key=yes enroll=on trust=key "))
        options.trust = .securityKey
        let last = text(log(keyed).line(about: options, isSilent: false).bytes)
        #expect(last.contains(" enroll=on trust=sk "))
    }

    @Test("The priorities are not syslog(3)'s numbers")
    func priorities() {
        let all = [LogPriority.critical, .notice, .info, .debug]
        #expect(all.map(\.rawValue) == [2, 5, 6, 7])
    }
}
