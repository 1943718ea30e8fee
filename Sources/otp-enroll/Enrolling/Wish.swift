import OTPCore
import OTPWire

/// What `otp-enroll add` is asked for.
struct Wish {
    /// The authenticator; without a name, a free one is found. Without its key.
    let device: DeviceDocument
    /// Who the app says the codes are from.
    let issuer: String
    /// What the app calls the account; `nil` for the user's name, and the device's where there are
    /// others.
    let account: String?
    /// The file with the key of a token that has one already.
    let keyFile: String?
}

/// What came of it.
struct Enrolled {
    /// The name that the authenticator has now.
    let name: String
    /// The backup codes in clear, where a set was made.
    let backupCodes: [String]
    /// Whether it took the place of one of this name.
    let replaced: Bool
    /// Whether its key was there already, so that nothing was changed.
    let wasThere: Bool
    /// The SSH keys that were trusted by the one of before, and are no longer.
    let trustEnded: [String]
    /// How many seconds the app's clock is ahead at least; 0 for nothing to say.
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
