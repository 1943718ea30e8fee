import OTPCore
import OTPWire

// What the service could not do, in words.
extension Failure {
    /// What is wrong with the store, the key, the configuration or the clock.
    init(_ error: StoreError) {
        let hint: Phrase? =
            switch error.code {
            case _ where error.isOfAnotherVersion: Failure.restart
            case .missing: Phrase("it has to be there")
            case .unsafe: Phrase("nothing was changed; fix this, and try again")
            case .unproven: nil
            case .otherKey: Phrase("restore the seal key of this store")
            case .busy: Phrase("try again in a moment")
            case .clock: Phrase("set the clock first")
            case .system where !Machine.isRoot: Phrase("root may be allowed to; use sudo")
            default: nil
            }
        // The same line as in the log, which is in English.
        self.init(Output.printable(error.text), hints: hint.map { [$0.text] } ?? [])
    }

    /// The service and this program do not understand each other.
    static var otherVersion: Failure {
        Failure(Phrase("swiftotpd and otp-enroll are of different versions"), hint: restart)
    }

    private static let restart = Phrase(
        "`systemctl restart swiftotpd.service` (as root) starts the installed version")

    /// There is no record of this name or UID.
    static func noRecord(of record: String) -> Failure {
        Failure(
            "there is no record of \"\(Output.printable(record))\"",
            hint: "`otp-enroll list` shows which numbers have one")
    }

    /// Nobody listens at this path.
    static func notListening(_ path: [UInt8]) -> Failure {
        Failure(
            Phrase("swiftotpd is not listening at \(Output.printable(path))"),
            hints: [
                Phrase("`systemctl start swiftotpd.socket` starts it (as root)"),
                Phrase("without it, only root can do this; use sudo"),
            ])
    }
}
