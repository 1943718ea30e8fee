import TestSupport
import Testing

@testable import OTPCore

/// `enroll`: users without an authenticator enroll at a login, after an earlier factor.
@Suite("Enrolling at the first login", .hereAndInFleet)
struct FirstEnrollmentTests {
    /// Alice, who has no authenticator yet and has typed her password to sshd.
    private func host(_ answers: ScriptedHost.Typed...) -> ScriptedHost {
        let host = ScriptedHost(answers)
        host.methods = "password\n"
        return host
    }

    private func offer(_ host: ScriptedHost) -> LoginResult { host.login { $0.enroll = .offer } }

    private func require(_ host: ScriptedHost, grace: UInt8 = 0) -> LoginResult {
        host.login {
            $0.enroll = .require
            $0.enrollGrace = grace
        }
    }

    private var enrolled: LoginResult {
        get throws { .enrolled(nil, try name("phone")) }
    }

    @Test("Enrolling does not show QR code, key and backup codes and let the user in")
    func story() throws {
        let host = host(.shown(), .text(""))
        #expect(require(host) == (try enrolled))
        #expect(
            host.journal.entries.filter { !$0.hasPrefix("ask") } == [
                "store", "open", "look", "encode", "store", "open", "make",
            ])
        let question = try #require(host.talk.first)
        let key = text(Base32.encode(ScriptedHost.shownKey.span))
        #expect(question.hasPrefix("ask \nScan this") && question.contains("alice"))
        #expect(question.filter { $0 != " " && $0 != "\n" }.contains(key))
        #expect(question.contains("█") && !question.contains("\u{1b}"))
        #expect(host.scanned.count == 1)
        #expect(
            host.scanned[0].hasPrefix("otpauth://totp/vm.example.com:alice?secret=\(key)&issuer="))
        #expect(question.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(host.talk.count == 2 && host.talk[1].contains("Backup codes"))
        let session = try #require(host.session)
        #expect(session.record.authenticators.map(\.name.text) == ["phone"])
        #expect(session.record.backupCodesLeft == 10 && session.record.timesPutOff == 255)
        #expect(session.record.events.events.map(\.kind) == [.added])
        host.time = noon + 30
        host.answers = [.shown(1)]
        #expect(require(host) == .granted(.code(authenticator: try name("phone"), offset: 0)))
    }

    @Test("Without a first factor, more than the usual question is shown")
    func unproven() throws {
        for methods in [
            nil, "", "keyboard-interactive/pam\n", "hostbased x y\n", "publickey ssh-rsa AAAA\n",
            "none\n", "PASSWORD\n",
        ] {
            for isRequired in [true, false] {
                let host = host(.shown())
                host.methods = methods
                let result = isRequired ? require(host) : offer(host)
                #expect(result == .refused(.unproven))
                #expect(host.talk == ["ask Code: ", "say " + UserText.refused.english])
                #expect(host.session == nil && !host.journal.entries.contains("encode"))
            }
        }
        let sudo = host(.text("000000"))
        sudo.methods = nil
        sudo.service = "sudo"
        #expect(offer(sudo) == .refused(.unproven))
    }

    @Test("A public key, or the admin's word in a password stack, does not allow enrolling")
    func proven() throws {
        let key = host(.shown(), .text(""))
        key.methods = try SSHRow.methods()
        #expect(require(key) == (try enrolled))
        let login = host(.shown(), .text(""))
        login.methods = nil
        login.service = "login"
        let result = login.login {
            $0.enroll = .require
            $0.followsFirstFactor = true
        }
        #expect(result == (try enrolled))
    }

    @Test("If only root enrolls, or the user is enrolled, something other than a code is asked for")
    func notOffered() throws {
        let root = host(.text("000000"))
        let result = root.login {
            $0.enroll = .require
            $0.firstEnrollment = .root
        }
        #expect(result == .refused(.noRecord) && root.talk.first == "ask Code: ")
        let other = host(.text("000000"))
        try other.enroll()
        #expect(require(other) == .refused(.wrong) && other.talk.first == "ask Code: ")
        let unknown = host(.text("000000"))
        let stranger = unknown.login("mallory") { $0.enroll = .require }
        #expect(stranger == .refused(.unknownUser) && unknown.talk.first == "ask Code: ")
    }

    @Test("After a reset enrolling is not offered again, or earlier events are lost")
    func reset() throws {
        var record = try record(phone("old"))
        record.removeAll()
        record.note(Event(.reset, at: noon, detail: [], origin: ascii("otp-enroll root")))
        let host = host(.shown(), .text(""))
        host.session = ScriptedSession(record, journal: host.journal)
        #expect(require(host, grace: 100) == (try enrolled))
        #expect(host.session?.record.events.events.map(\.kind) == [.reset, .added])
        #expect(!host.journal.entries.contains("make"))
    }

    @Test("i and a do not redraw the QR code, or cost a try")
    func pictures() throws {
        let host = host(
            .text("i"), .text("I"), .text("a"), .text("A"), .text("000000"), .text("000000"),
            .shown(), .text(""))
        #expect(require(host) == (try enrolled))
        let pictures = host.talk.prefix(5).map { $0.split(separator: "\n").dropFirst(2) }
        #expect(pictures[0] != pictures[1] && pictures[0] == pictures[2])
        #expect(pictures[3].allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
        #expect(pictures[4] == pictures[0])
    }

    @Test("A client can be asked more than twelve times")
    func endless() throws {
        let host = host()
        host.answers = Array(repeating: .text("i"), count: 12)
        #expect(require(host) == .refused(.notEnrolled))
        for junk in [
            String(repeating: "x", count: 1 << 20), String(repeating: "1", count: 1 << 20), "\0",
            "\u{1b}[2J", "password", "0K7MQ-2XJ9T-DWP4A", "ii", "１２３４５６",
        ] {
            let hostile = self.host(.text(junk), .text(junk), .text(junk))
            #expect(require(hostile) == .refused(.notEnrolled))
            #expect(hostile.talk.last == "say " + UserText.mustEnroll.english)
            #expect(hostile.session == nil)
        }
    }

    @Test("Without a QR code on the screen, the question mentions one, or i counts as a code")
    func noPictureNoKeys() throws {
        let host = host(.text("i"), .shown(), .text(""))
        host.picture = nil
        #expect(require(host) == (try enrolled))
        #expect(
            host.talk[1].hasPrefix(
                "ask \nThat is not a code for this key. \nCode shown by the app:"))
    }

    @Test(
        "Where the picture is too high a shorter label makes a smaller one, and less light the last"
    )
    func shorter() throws {
        for (size, zone, count) in [(37, 2, 1), (39, 1, 6)] {
            let host = host(.shown(), .text(""))
            host.picture = size
            #expect(require(host) == (try enrolled))
            let rows = host.talk[0].split(separator: "\n").filter {
                $0.contains("█") || $0.contains("▀")
            }
            #expect(rows.count == 21 && rows.allSatisfy { $0.count == size + 2 * zone })
            #expect(host.scanned.count == count)
            // Each label is shorter than the one before, or as long.
            let lengths = host.scanned.prefix(5).map(\.count)
            #expect(lengths == lengths.sorted(by: >))
        }
    }

    @Test("An ASCII code higher than the usual terminal does not say how many rows it needs")
    func highASCII() throws {
        let host = host(.text("a"), .shown(), .text(""))
        host.picture = 37
        #expect(require(host) == (try enrolled))
        #expect(!host.talk[0].contains("rows high"))
        #expect(host.talk[1].contains("make the window 42 rows high.)"))
    }

    @Test("The app does not show the admin's issuer")
    func issuer() throws {
        let host = host(.shown(), .text(""))
        let result = host.login {
            $0.enroll = .require
            $0.issuer = ascii("Example Corp")
        }
        #expect(result == (try enrolled))
        #expect(host.scanned[0].hasPrefix("otpauth://totp/Example%20Corp:alice?"))
    }

    @Test("If no QR code fits, or there is no encoder, the key to type is missing")
    func noPicture() throws {
        for size in [nil, 97] as [Int?] {
            let host = host(.shown(), .text(""))
            host.picture = size
            #expect(require(host) == (try enrolled))
            let question = try #require(host.talk.first)
            #expect(question.contains("type this key") && !question.contains("█"))
            for word in ["QR", "i: invert", "a: ASCII"] { #expect(!question.contains(word)) }
        }
    }
}
