import OTPCore
import TestSupport

extension Row {
    private static let networks = "exempt_networks=10.0.0.0/8,fd00::/8"

    /// An address in such a network, a different one for each row, by which the log line is found.
    private static func address(_ form: String) -> @Sendable () -> String {
        {
            let (one, two) = (Int.random(in: 0...255), Int.random(in: 0...255))
            let long = String(one << 8 | two, radix: 16)
            return form.replacing("TWO", with: "\(one).\(two)").replacing("LONG", with: long)
        }
    }

    /// A login by ssh that passes from there.
    static func passing(
        _ name: String, by form: String = "10.77.TWO", more: String = "", _ login: [String]
    ) -> Row {
        .login(
            name, Stack.ignored, arguments: networks + more, service: "sshd", prompts: 0,
            log: "not asked; reason=exempt-network", from: address(form)
        ) { _, _ in login }
    }

    /// A login that only looks like one, and is asked for a code.
    static func asked(
        elsewhere name: String, by form: String = "10.77.TWO", more: String = "",
        service: String = "sshd", _ login: [String] = LoginKey().login
    ) -> Row {
        .login(
            name, "PAM_AUTH_ERR", arguments: networks + more, service: service,
            log: "reason=wrong", from: address(form)
        ) { enrolled, _ in login + ["answer \(try await enrolled.wrongCode())"] }
    }
}

extension ReturnCodes {
    /// Networks that need no code.
    static let networks: [Row] = [
        .passing("exempt network, after a key that sshd has checked", LoginKey().login),
        .passing("exempt network, an address of IPv6", by: "fd00:LONG::7", LoginKey().login),
        .passing(
            "exempt network, IPv4 in an address of IPv6", by: "::ffff:10.77.TWO", LoginKey().login),
        .passing("exempt network, with after_first_factor", more: " after_first_factor", []),
        .asked(elsewhere: "exempt network, without a first factor", ["tty ssh"]),
        .asked(
            elsewhere: "exempt network, sshd's report from a program that is not sshd",
            ["env SSH_AUTH_INFO_0=password\\x0a"]),
        .asked(
            elsewhere: "exempt network, asked for by su", more: " after_first_factor",
            service: "su", []),
        .asked(
            elsewhere: "exempt network, a host name that looks like it", by: "10.77.TWO.example"),
        .asked(elsewhere: "exempt network, an address with a scope", by: "fd00:LONG::7%eth0"),
        .asked(elsewhere: "an address outside the exempt networks", by: "11.77.TWO"),
        .options(
            "exempt network with bits set after its length", "exempt_networks=10.1.2.3/8",
            log: "`exempt_networks` takes networks without bits behind their length: 10.1.2.3/8"),
        .options(
            "exempt network that covers everybody", "exempt_networks=fd00::/8,0.0.0.0/0",
            log: "`exempt_networks` takes no network of all addresses: 0.0.0.0/0"),
    ]
}
