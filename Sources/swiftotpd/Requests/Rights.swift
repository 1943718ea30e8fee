import OTPWire

/// Who may ask for what about whom: the one table of it.
enum Rights {
    /// Whose program asks.
    enum Caller: CaseIterable, Equatable {
        /// Root.
        case root
        /// Somebody who is not root, of a service of their own with a store of their own.
        case owner
        /// Anybody else.
        case user
    }

    /// The user.
    enum Target: CaseIterable, Equatable {
        case oneself
        case somebodyElse
        /// Whoever has a record.
        case everybody
    }

    /// What becomes of it.
    enum Right: Equatable {
        case allowed
        /// A code of the user's comes first, where there is anything to log in with.
        case withProof
        case denied
    }

    /// What commands have in common.
    enum Kind: CaseIterable, Equatable {
        /// Nobody's secret, and changes nothing.
        case harmless
        /// Looks at an account, tries a code of it, or says in which language.
        case look
        /// Changes what logs a user in.
        case change
        /// Keeps what was begun by a change.
        case end
        /// Gives back what a user has lost, goes past a code, or is about keys that are here already.
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
        // A store of one's own is about oneself.
        case (.survey, .owner, .everybody): .allowed
        case (_, .owner, .oneself): .allowed
        case (.look, .user, .oneself), (.end, .user, .oneself): .allowed
        case (.change, .user, .oneself): .withProof
        default: .denied
        }
    }
}
