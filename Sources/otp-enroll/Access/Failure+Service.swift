import OTPCore
import OTPWire

// What the service could not do, in words.
extension Failure {
    /// What is wrong with the store, the key, the configuration or the clock.
    init(_ error: StoreError) {
        let hint: String? =
            switch error.code {
            case _ where error.isOfAnotherVersion: Failure.restart
            case .missing: "it has to be there"
            case .unsafe: "nothing was changed; mend this, and try again"
            case .unproven: nil
            case .otherKey: "bring back the seal key that belongs to this store"
            case .busy: "try again in a moment"
            case .clock: "set the clock first"
            case .system where !Machine.isRoot: "root may be allowed to; use sudo"
            default: nil
            }
        self.init(Output.printable(error.text), hints: hint.map { [$0] } ?? [])
    }

    /// The service and this program do not understand each other.
    static var otherVersion: Failure {
        Failure("swiftotpd and otp-enroll are of different versions", hint: restart)
    }

    private static let restart =
        "they have to be of one version: `systemctl restart swiftotpd.service` (as root)"
        + " starts the one that is installed"

    /// There is no record of this name or number.
    static func noRecord(of record: String) -> Failure {
        Failure(
            "there is no record of \"\(Output.printable(record))\"",
            hint: "`otp-enroll list` tells which numbers have one")
    }

    /// Nobody listens at this path.
    static func notListening(_ path: [UInt8]) -> Failure {
        Failure(
            "swiftotpd does not listen at \(Output.printable(path))",
            hints: [
                "`systemctl start swiftotpd.socket` starts it (as root)",
                "without it, only root can do this; use sudo",
            ])
    }
}
