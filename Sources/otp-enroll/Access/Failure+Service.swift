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
            case .unsafe: "nothing was changed; fix this, and try again"
            case .unproven: nil
            case .otherKey: "restore the seal key of this store"
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
        "`systemctl restart swiftotpd.service` (as root)"
        + " starts the installed version"

    /// There is no record of this name or number.
    static func noRecord(of record: String) -> Failure {
        Failure(
            "there is no record of \"\(Output.printable(record))\"",
            hint: "`otp-enroll list` shows which numbers have one")
    }

    /// Nobody listens at this path.
    static func notListening(_ path: [UInt8]) -> Failure {
        Failure(
            "swiftotpd is not listening at \(Output.printable(path))",
            hints: [
                "`systemctl start swiftotpd.socket` starts it (as root)",
                "without it, only root can do this; use sudo",
            ])
    }
}
