import OTPWire

/// Who may ask for what about whom: the one table.
enum Rights {
    /// Whose program asks.
    enum Caller: CaseIterable, Equatable {
        /// Root.
        case root
        /// A user with a service and a store of their own.
        case owner
        /// Anybody else.
        case user
    }

    /// The user.
    enum Target: CaseIterable, Equatable {
        case oneself
        case somebodyElse
        /// Everybody who has a record.
        case everybody
    }

    /// The result.
    enum Right: Equatable {
        case allowed
        /// Only with one of the user's codes, if there is anything to log in with.
        case withProof
        case denied
    }

    /// What commands have in common.
    enum Kind: CaseIterable, Equatable {
        /// Reveals no secret, and changes nothing.
        case harmless
        /// Looks at an account, tries a code of it, or sets its language.
        case look
        /// Changes what logs a user in.
        case change
        /// Stores what a change has begun.
        case end
        /// Restores what a user has lost, bypasses a code, or concerns keys that exist already.
        case help
        /// About the whole store.
        case survey
    }

    static func kind(of command: Command) -> Kind {
        switch command {
        case .policy: .harmless
        case .status, .verify, .speak: .look
        case .renewBackupCodes, .remove, .revokeTrust, .disable, .begin: .change
        case .confirm: .end
        case .resync, .reset, .move, .unlock, .issue, .revokeIssued, .keep, .take, .noteExport:
            .help
        case .recorded, .rows, .keys, .forget, .makeStore: .survey
        }
    }

    static func right(to kind: Kind, of caller: Caller, about target: Target) -> Right {
        switch (kind, caller, target) {
        case (.harmless, _, _): .allowed
        case (_, .root, _): .allowed
        // A user's own store concerns only that user.
        case (.survey, .owner, .everybody): .allowed
        case (_, .owner, .oneself): .allowed
        case (.look, .user, .oneself), (.end, .user, .oneself): .allowed
        case (.change, .user, .oneself): .withProof
        default: .denied
        }
    }
}
