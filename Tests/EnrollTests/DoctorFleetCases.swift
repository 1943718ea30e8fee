import Foundation
import OTPWire

extension DoctorCase {
    static let fleets = [
        DoctorCase(
            "a fleet without its agent", "fleet",
            says: "swiftotp-agent is not installed, so nobody of the fleet can log in"
        ) { try $0.write("/etc/security/swiftotp.conf", "fleet = yes\n") },
        DoctorCase(
            "a fleet that the host has not joined", "fleet",
            says: "this host has not joined a fleet, but `fleet` is set, so nobody",
            in: "/etc/swiftotp-agent/host.pem",
            change: "swiftotp-agent join https://SERVER --token TOKEN"
        ) { patient in
            try patient.joinFleet()
            try patient.remove("/etc/swiftotp-agent/host.pem")
        },
        DoctorCase(
            "an agent that is not there", "fleet",
            says: "swiftotp-agent is not listening, so nobody of the fleet can log in",
            in: "/run/swiftotp-agent/agent.sock", change: "systemctl restart swiftotp-agent"
        ) { try $0.joinFleet() },
        DoctorCase(
            "an agent of another version", "fleet",
            says: "swiftotp-agent is of another version, so nobody of the fleet can log in",
            change: "systemctl restart swiftotp-agent"
        ) { patient in
            try patient.joinFleet()
            try await patient.pretendAgent(#"c.sendall(b"\x00\x02\x40\x03")"#)
        },
        DoctorCase(
            "an agent whose state is another one", "fleet",
            says: "swiftotp-agent is of another version, so nobody of the fleet can log in"
        ) { patient in
            try patient.joinFleet()
            try await patient.pretendAgent(#"reply("\x00{}")"#)
        },
        DoctorCase(
            "no server that is ready", "fleet",
            says: "no server of the fleet is ready, so nobody of the fleet can log in:"
                + " https://otp1:8463: not ready: the database: no primary is reached; start it;"
                + " https://otp2:8463: silent: Connection refused",
            change: "swiftotp-agent status"
        ) { patient in
            try await patient.joinFleet(
                .lab([
                    .otp1(.notReady, "the database: no primary is reached; start it"),
                    .otp2(.silent, "Connection refused"),
                ]))
        },
        DoctorCase(
            "no server that is ready, where recent keys get in", "fleet",
            says: "so nobody of the fleet can log in but by `offline`: https://otp1:8463: not"
        ) { patient in
            try await patient.joinFleet(
                .lab([.otp1(.notReady, "no standby"), .otp2(.silent, "no answer in time")]),
                "offline = recent")
        },
        DoctorCase(
            "one server that does not answer", "fleet", "warning",
            says: "1 of 2 servers of the fleet is not ready: https://otp2:8463: silent: no answer",
            change: "swiftotp-agent status"
        ) { patient in
            try await patient.joinFleet(
                .lab([.otp1(.ready, nil), .otp2(.silent, "no answer in time")]))
        },
        DoctorCase(
            "a host that was revoked", "fleet",
            says: "the fleet refuses this host, so nobody of it can log in: the host was revoked;",
            in: "/etc/swiftotp-agent/host.pem",
            change: "join https://otp1:8463,https://otp2:8463 --again --token TOKEN && systemctl"
        ) { patient in
            let why = "the host was revoked"
            // It cannot renew its certificate either.
            try await patient.joinFleet(
                .lab([.otp1(.refusing, why), .otp2(.refusing, why)], endsIn: 5))
        },
        DoctorCase(
            "a host with the site's certificate that was revoked", "fleet",
            says: "the fleet refuses this host, so nobody of it can log in: the host was revoked;",
            in: "/etc/swiftotp-agent/host.pem",
            change: "https://otp2:8463 --again --token TOKEN --certificate FILE --key FILE &&"
        ) { patient in
            let why = "the host was revoked"
            try await patient.joinFleet(
                .lab([.otp1(.refusing, why), .otp2(.refusing, why)], site: "/etc/x;id"))
        },
        DoctorCase(
            "an agent that has a command for root", "fleet",
            says: "the fleet refuses this host, so nobody of it can log in: no;",
            change: "swiftotp-agent join https://SERVER --again --token TOKEN && systemctl"
        ) { patient in
            try await patient.joinFleet(
                .lab([
                    .otp1(.refusing, "no"), .init("https://x;id", .refusing, reason: "no"),
                ]))
        },
        DoctorCase(
            "a certificate that was not renewed", "fleet", "warning",
            says: "the certificate of this host was to be renewed on 20",
            in: "/etc/swiftotp-agent/host.pem", change: "journalctl -u swiftotp-agent"
        ) { try await $0.joinFleet(.lab(endsIn: 8)) },
        DoctorCase(
            "a certificate that has ended", "fleet",
            says: "the certificate of this host ended on 20",
            in: "/etc/swiftotp-agent/host.pem",
            change: "swiftotp-agent join https://otp1:8463,https://otp2:8463 --again"
        ) { patient in
            let why = "the certificate has ended"
            try await patient.joinFleet(
                .lab([.otp1(.silent, why), .otp2(.silent, why)], endsIn: -1))
        },
        DoctorCase(
            "a certificate that the site has not renewed", "fleet", "warning",
            says: "the certificate of this host was to be renewed on 20",
            in: "/etc/ssl/web1.pem", change: "journalctl -u swiftotp-agent"
        ) { try await $0.joinFleet(.lab(endsIn: 8, site: "/etc/ssl/web1.pem")) },
        DoctorCase(
            "a certificate of the site's that has ended", "fleet",
            says: "so nobody of the fleet can log in, until the site renews it",
            in: "/etc/ssl/web1.pem"
        ) { try await $0.joinFleet(.lab(endsIn: -1, site: "/etc/ssl/web1.pem")) },
        DoctorCase(
            "offline answers that would not work", "fleet", "warning",
            says: "while no server is reached, `offline` would let nobody in: the ledger is gone"
        ) { try await $0.joinFleet(.lab(offline: "the ledger is gone"), "offline = answer") },
        DoctorCase(
            "a local user who is not there", "fleet", "warning",
            says: "local_users: there is no user nosuch; whoever is meant belongs to the fleet",
            in: "/etc/security/swiftotp.conf", change: "local_users = alice bob"
        ) { try await $0.joinFleet(.lab(), "local_users = alice nosuch bob") },
    ]
}
