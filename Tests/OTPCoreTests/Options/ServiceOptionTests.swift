import TestSupport
import Testing

@testable import OTPCore

@Suite("The option qr_services")
struct ServiceOptionTests {
    private func read(_ value: String) -> Result<[String], StoreError> {
        var parser = OptionParser()
        do throws(StoreError) {
            try parser.argument(ascii("qr_services" + value))
            return .success((parser.options.qrServices ?? []).map { text($0) })
        } catch {
            return .failure(error)
        }
    }

    @Test("Blanks and commas do not separate services, as an argument or in the file")
    func lists() throws {
        let two = ["sshd", "polkit-1"]
        for value in ["=sshd,polkit-1", "=sshd polkit-1", "= sshd,\tpolkit-1 ,", "=sshd,,polkit-1"]
        {
            #expect(try read(value).get() == two)
        }
        for line in [
            "qr_services = sshd polkit-1", "qr_services = \"sshd, polkit-1\"\r",
            "qr_services=sshd,polkit-1",
        ] {
            var parser = OptionParser()
            try parser.file(ascii(line), path: ascii("/x"))
            #expect(parser.options.qrServices?.map { text($0) } == two)
        }
        let most = (1...32).map { "s_\($0).x" }.joined(separator: " ")
        #expect(try read("=" + most).get().count == 32)
        let longest = String(repeating: "a", count: 64)
        #expect(try read("=" + longest).get() == [longest])
    }

    private static let some = "1 to 32 PAM services such as sshd or login"
    private static let names = "PAM services, in lower case, such as sshd or login: "

    private static let tooMany = (1...33).map { "s\($0)" }.joined(separator: ",")
    private static let tooLong = String(repeating: "a", count: 65)

    /// Values, and what the option expects instead.
    private static let mistakes: [(String, String)] = [
        ("", some), ("=", some), ("= , ", some), ("=\(tooMany)", some),
        ("=SSHD", "\(names)SSHD"), ("=sshd Login", "\(names)Login"),
        ("=/etc/pam.d/sshd", "\(names)/etc/pam.d/sshd"), ("=..", "\(names).."),
        ("=sshd;login", "\(names)sshd;login"), ("=sshd *", "\(names)*"),
        ("=s\u{1}", "\(names)s\\x01"), ("=\u{fc}", "\(names)\\xc3\\xbc"),
        ("=\(tooLong)", "\(names)\(tooLong.dropLast())"),
        ("=sshd,su,sshd", "each service once: sshd"),
    ]

    @Test(
        "A list that is not one of services does not deny, or the error does not say why",
        arguments: mistakes)
    func refused(_ value: String, _ what: String) {
        guard case .failure(let error) = read(value) else {
            Issue.record("\(value) was accepted")
            return
        }
        #expect(error.code == .configuration)
        #expect(error.detail == "`qr_services` takes " + what)
    }

    @Test("A service on the list does not show a QR code, or another one does")
    func shows() throws {
        let usual = Options()
        for service in ["sshd", "login", "su", "su-l", "sudo", "sudo-i", "doas"] {
            #expect(usual.showsQRCode(at: ascii(service)), "\(service)")
        }
        for service in [
            "", "ssh", "sshd2", "SSHD", "sshd ", "sud", "gdm-password", "vsftpd", "i3lock", "other",
            "xscreensaver", "kde", "remote", "sshd\n", "sshd login", "polkit-1",
        ] {
            #expect(!usual.showsQRCode(at: ascii(service)), "\(service)")
        }
        var parser = OptionParser()
        try parser.argument(ascii("qr_services=polkit-1,su"))
        #expect(parser.options.showsQRCode(at: ascii("polkit-1")))
        #expect(parser.options.showsQRCode(at: ascii("su")))
        for service in ["sshd", "login", "su-l", "polkit", ""] {
            #expect(!parser.options.showsQRCode(at: ascii(service)), "\(service)")
        }
    }

    /// The default list, written out, is the default.
    @Test("The default list in the manual differs from the one in force")
    func fallback() throws {
        let written = try read("=" + OptionKey.qrServices.fallback).get()
        for service in written { #expect(Options().showsQRCode(at: ascii(service))) }
        #expect(written.count == 7)
    }
}
