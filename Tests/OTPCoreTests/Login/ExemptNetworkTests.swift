import TestSupport
import Testing

@testable import OTPCore

/// `exempt_networks` combined with the other rules.
@Suite("Exempt networks at a login")
struct ExemptNetworkTests {
    private func login(
        _ host: ScriptedHost, _ answers: String..., networks: String = "10.0.0.0/8,fd00::/8",
        change: (inout Options) -> Void = { _ in }
    ) throws -> LoginResult {
        var parser = OptionParser()
        try parser.argument(ascii("exempt_networks=" + networks))
        let exempt = parser.options.exemptNetworks
        host.answers = answers.map { .text($0) }
        return host.login {
            $0.exemptNetworks = exempt
            change(&$0)
        }
    }

    /// Alice, enrolled, from an exempt address, after sshd has checked her password.
    private func inside() throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.from.address = "10.1.2.3"
        host.methods = "password\n"
        return host
    }

    @Test("From an exempt network, after a first factor, a user is asked")
    func passes() throws {
        let host = try inside()
        let key = try SSHRow.methods()
        for methods in ["password\n", "gssapi-with-mic\n", key, "none\n" + key] {
            host.methods = methods
            for address in ["10.1.2.3", "10.0.0.0", "::ffff:10.1.2.3", "fd00::1", "FDFF::1"] {
                host.from.address = address
                #expect(try login(host) == .ignored(.exemptNetwork))
            }
        }
        // The store is not opened, and nothing is said.
        #expect(host.journal.entries.isEmpty)
        host.methods = nil
        #expect(try login(host) { $0.followsFirstFactor = true } == .ignored(.exemptNetwork))
    }

    @Test("From an exempt network, a user gets in without a first factor")
    func unproven() throws {
        for methods in [nil, "", "keyboard-interactive/pam\n", "hostbased a b\n", "publickey\n"] {
            let host = try inside()
            host.methods = methods
            #expect(try login(host, "000000") == .refused(.wrong))
        }
    }

    @Test(
        "A host name, an address with a scope, or a similar text counts as an exempt address",
        arguments: [
            "", "11.0.0.1", "192.0.2.7", "fe80::1", "fd00::1%eth0", "10.1.2.3%eth0",
            "10.1.2.3.example.com", "host.example.com", "10.1.2", "10.1", "10", "010.1.2.3",
            "10.1.2.3 ", " 10.1.2.3", "10.1.2.3\n", "10.1.2.3:22", "[fd00::1]", "167837955",
            "0x0a010203", "::10.1.2.3", "10.0.0.0/8",
        ])
    func otherwise(_ address: String) throws {
        let host = try inside()
        host.from.address = address
        #expect(try login(host, "000000") == .refused(.wrong))
    }

    @Test("An address counts from a service other than sshd, or from a program that is not root's")
    func otherServices() throws {
        for service in ["sudo", "su", "login", "vsftpd", "sshd2", "SSHD", "remote"] {
            let host = try inside()
            host.methods = nil
            host.service = service
            let result = try login(host, "000000") { $0.followsFirstFactor = true }
            #expect(result == .refused(.wrong), "\(service)")
        }
        let host = try inside()
        host.isRoots = false
        let result = try login(host, "000000") { $0.followsFirstFactor = true }
        #expect(result == .refused(.wrong))
    }

    @Test("From an exempt network a user is asked to enroll, or an unknown user gets in")
    func beside() throws {
        let host = try inside()
        host.session = nil
        for enroll in [.off, .offer, .require] as [Options.Enroll] {
            #expect(try login(host) { $0.enroll = enroll } == .ignored(.exemptNetwork))
        }
        host.users = [:]
        #expect(try login(host, "000000") == .refused(.unknownUser))
    }

    @Test("A login from an exempt network forgives failures or opens a lock")
    func throttle() throws {
        let host = try inside()
        host.session?.withRecord {
            for _ in 0..<7 { $0.throttle.charge(at: noon, from: source("192.0.2.66")) }
        }
        let before = try #require(host.session).record.throttle
        #expect(try login(host) == .ignored(.exemptNetwork))
        #expect(host.session?.record.throttle == before)
        host.from.address = "192.0.2.66"
        #expect(try login(host, code(noonStep)) == .refused(.throttled(seconds: 120)))
    }
}
