import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("The configuration file", .timeLimit(.minutes(1)))
struct ConfigurationFileTests {
    private func options(_ arguments: String...) throws(StoreError) -> Options {
        try ConfigurationFile.options(arguments.map { Array($0.utf8) })
    }

    private func error(_ arguments: String...) -> StoreError? {
        do throws(StoreError) {
            _ = try ConfigurationFile.options(arguments.map { Array($0.utf8) })
            return nil
        } catch {
            return error
        }
    }

    @Test("A missing default configuration file denies")
    func missingDefault() throws {
        // In Tests/ground, which `make test` uses, that file never exists.
        let path = String(decoding: ConfigurationFile.defaultPath, as: UTF8.self)
        try #require(!FileManager.default.fileExists(atPath: path), "run `make test`")
        let options = try options()
        #expect(options.window == 1 && options.store == nil && !options.nullok)
        #expect(try self.options("window=3").window == 3)
    }

    @Test("A named configuration file that is missing is ignored")
    func missingNamed() throws {
        let fixture = try StoreFixture()
        for path in [fixture.file("none.conf"), fixture.file("none/x.conf"), "/nonexistent"] {
            let error = error("conf=\(path)", "nullok")
            #expect(error?.code == .missing)
            // The error names the file, or the folder if that is missing.
            let subject = error.map { String(decoding: $0.subject, as: UTF8.self) }
            #expect(subject.map { path.hasPrefix($0) && $0.count > 1 } == true)
        }
        #expect(error("conf=")?.code == .configuration)
        #expect(error("conf=x.conf")?.code == .configuration)
        #expect(error("conf=/") != nil)
        #expect(error("conf=/tmp") != nil)
    }

    @Test("Arguments do not override the file, or the file the defaults")
    func order() throws {
        let fixture = try StoreFixture()
        try fixture.write(
            Array("window = 5\nretry = 2\nnullok = yes\n".utf8), to: "x.conf", mode: 0o644)
        let conf = "conf=" + fixture.file("x.conf")
        let options = try options(conf, "retry=3", "nullok=no")
        #expect(options.window == 5 && options.retry == 3 && !options.nullok)
        #expect(options.echo == nil)
        #expect(try self.options("window=0", conf).window == 0)
        #expect(error(conf, "nulok")?.code == .configuration)
        #expect(error(conf, "retry=1", "retry=1")?.code == .configuration)
    }

    @Test("A bad line's error does not name file and line")
    func badLine() throws {
        let fixture = try StoreFixture()
        try fixture.write(
            Array("# ours\nwindow = 1\n\nnulok = yes\n".utf8), to: "x.conf", mode: 0o644)
        let error = error("conf=" + fixture.file("x.conf"))
        #expect(error?.code == .configuration)
        #expect(
            error.map { String(decoding: $0.text, as: UTF8.self) }
                == fixture.file("x.conf") + " line 4: there is no such option")
    }

    @Test("Enrolling and trusted keys in the file are not read, or not overridden")
    func ofALogin() throws {
        let fixture = try StoreFixture()
        let lines = "enroll = require\nenroll_until = 2027-01-15\ntrust = key\ntrust_days = 7\n"
        try fixture.write(Array(lines.utf8), to: "x.conf", mode: 0o644)
        let conf = "conf=" + fixture.file("x.conf")
        let options = try options(conf, "after_first_factor", "trust_days=90", "enroll=offer")
        #expect(options.enroll == .offer && options.enrollUntil == 1_799_971_200)
        #expect(options.trustsKeys && options.trustDays == 90 && options.trustMaximum == 8)
        #expect(options.followsFirstFactor && !options.forwardsPass)
        #expect(try self.options(conf).enroll == .require)
        #expect(error(conf, "enroll_until=2027-02-29")?.code == .configuration)
    }

    @Test(
        "The file may have an option for arguments only",
        arguments: [
            "conf", "after_first_factor", "try_first_pass", "use_first_pass", "forward_pass",
            "socket", "program",
        ])
    func argumentsOnly(_ name: String) throws {
        let fixture = try StoreFixture()
        for value in ["yes", "no", "/etc/security/swiftotp.conf", ""] {
            let line = "\(name) = \(value)\n"
            try fixture.write(Array(line.utf8), to: "x.conf", mode: 0o644)
            let error = error("conf=" + fixture.file("x.conf"))
            #expect(error?.code == .configuration)
            #expect(
                error.map { String(decoding: $0.text, as: UTF8.self) }
                    == fixture.file("x.conf") + " line 1: there is no such option")
        }
    }

    @Test(
        "A file that others could have tampered with is read",
        arguments: SafeOpenTests.Flaw.allCases
    )
    func flaws(_ flaw: SafeOpenTests.Flaw) throws {
        let fixture = try StoreFixture()
        try fixture.write(Array("window = 5\n".utf8), to: "x.conf", mode: 0o644)
        try flaw.apply(fixture.file("x.conf"))
        let error = error("conf=" + fixture.file("x.conf"))
        switch flaw {
        // Its contents are not secret.
        case .readable, .groupReadable, .executable: #expect(error == nil)
        default: #expect(error?.code == .unsafe)
        }
    }

    @Test("A file that others may write is read, or one that they may read is refused")
    func modes() throws {
        let fixture = try StoreFixture()
        try fixture.write(Array("window = 5\n".utf8), to: "x.conf", mode: 0o644)
        for mode in [0o400, 0o600, 0o640, 0o644, 0o444, 0o755] as [mode_t] {
            #expect(chmod(fixture.file("x.conf"), mode) == 0)
            #expect(try options("conf=" + fixture.file("x.conf")).window == 5)
        }
        for mode in [0o664, 0o646, 0o666, 0o620, 0o602, 0o777] as [mode_t] {
            #expect(chmod(fixture.file("x.conf"), mode) == 0)
            #expect(error("conf=" + fixture.file("x.conf"))?.code == .unsafe)
        }
        #expect(chmod(fixture.file("x.conf"), 0o644) == 0)
        #expect(chmod(fixture.path, 0o777) == 0)
        #expect(error("conf=" + fixture.file("x.conf"))?.code == .unsafe)
    }

    @Test("64 KiB are not read, more is, or an empty file says something")
    func size() throws {
        let fixture = try StoreFixture()
        let line = Array("window = 5\n".utf8)
        let comment = [UInt8](repeating: UInt8(ascii: "#"), count: 65_536 - line.count)
        let conf = "conf=" + fixture.file("x.conf")
        try fixture.write(line + comment, to: "x.conf", mode: 0o644)
        #expect(try options(conf).window == 5)
        try fixture.write(line + comment + [0x23], to: "x.conf", mode: 0o644)
        #expect(error(conf)?.code == .configuration)
        try fixture.write([], to: "x.conf", mode: 0o644)
        #expect(try options(conf).window == 1)
    }
}
