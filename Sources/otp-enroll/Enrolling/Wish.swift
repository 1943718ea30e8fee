import OTPCore
import OTPWire

/// What `otp-enroll add` is asked to make.
struct Wish {
    /// The authenticator, without its key; without a name, it gets a free one.
    let device: DeviceDocument
    /// The issuer that the app shows; `nil` for the configuration's.
    let issuer: String?
    /// The app's name for the account; `nil` for the user's name, with the device's if there are
    /// others.
    let account: String?
    /// The file with the key of a token that already has one.
    let keyFile: String?
}

/// The result.
struct Enrolled {
    /// The name that the authenticator has now.
    let name: String
    /// The backup codes in clear, if a set was made.
    let backupCodes: [String]
    /// Whether it replaced one with the same name.
    let replaced: Bool
    /// Whether its key was already there, so that nothing was changed.
    let wasThere: Bool
    /// The SSH keys whose trust ended with the one it replaced.
    let trustEnded: [String]
    /// By at least how many seconds the app's clock is ahead; 0 if there is nothing to report.
    let skew: Int

    init(_ change: ChangeDocument) throws(Failure) {
        guard let authenticator = change.authenticator else { throw Failure.otherVersion }
        name = Output.printable(authenticator.name)
        backupCodes = (change.backupCodes ?? []).map { Output.printable($0) }
        replaced = change.replaced ?? false
        skew = change.skew ?? 0
        wasThere = change.event == nil
        trustEnded = (change.trustEnded ?? []).map { Output.printable($0) }
    }
}
