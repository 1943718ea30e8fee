import OTPCore

/// What `otp-enroll add` is about.
enum Enrollment {
    /// What the command line asks for.
    struct Wish {
        /// The authenticator; without a name, a free one is found.
        let device: HelperRequest.NewDevice
        /// Who the app says the codes are from.
        let issuer: String
        /// What the app calls the account.
        let account: String
        /// The file with the key of a token that has one already.
        let keyFile: String?
        /// Whether a code has to be right before anything is kept.
        let isConfirmed: Bool
    }

    /// What came of it.
    struct Result {
        /// The name that the authenticator has now.
        let name: Name
        /// The backup codes in clear, where a set was made.
        let backupCodes: [String]
        /// Whether it took the place of one of this name.
        let replaced: Bool
    }
}

extension Authenticator {
    /// A new one, which is to be as `device` says; `nil` where digits or period cannot be.
    init?(_ device: HelperRequest.NewDevice, name: Name, added: UInt64) {
        self.init(
            name: name, kind: device.kind, algorithm: device.algorithm, digits: device.digits,
            period: device.period, added: added)
        nextStep = device.counter
    }
}
