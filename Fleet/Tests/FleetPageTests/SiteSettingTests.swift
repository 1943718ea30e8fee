import Testing

@testable import swiftotp_server

/// The settings of server.conf about the site's own authority.
@Suite("The settings of the site's authority")
struct SiteSettingTests {
    private func read(_ lines: String) throws -> ServerConfiguration {
        try ServerConfiguration("fleet = lab\nnames = otp1\ndatabase = dbname=x\n\(lines)\n")
    }

    @Test("The site's authority counts although nobody has asked for it, or does not")
    func right() throws {
        for lines in ["", "host_authority = none", "san_dns = none\nhost_authority = none"] {
            let settings = try read(lines)
            #expect(settings.hostAuthority == nil && settings.sanDNS.isEmpty, "\(lines)")
        }
        let settings = try read("san_dns = .example.com\nhost_authority = /etc/site.pem")
        #expect(settings.hostAuthority == "/etc/site.pem")
        #expect(settings.sanDNS == ".example.com")
        #expect(try read("host_authority = /etc/site.pem").sanDNS.isEmpty)
    }

    @Test(
        "A bad value is taken",
        arguments: [
            "host_authority =", "host_authority = site.pem", "san_dns = .example.com",
            "host_authority = none\nsan_dns = .lab", "host_authority = /a\nsan_dns = lab",
            "host_authority = /a\nsan_dns =", "host_authority = /a\nsan_dns = .*",
        ])
    func wrong(lines: String) throws {
        #expect(throws: (any Error).self) { try read(lines) }
    }
}
