import OTPWire

/// Who may ask for what about whom: the one table.
public enum Rights {
    /// Whose program asks.
    public enum Caller: CaseIterable, Equatable, Sendable {
        /// Root.
        case root
        /// A user with a service and a store of their own.
        case owner
        /// A member of the help desk, about others.
        case helper
        /// Anybody else.
        case user
    }

    /// The user.
    public enum Target: CaseIterable, Equatable, Sendable {
        case oneself
        case somebodyElse
        /// Root, another member of the help desk, or a user whom the help desk must leave alone.
        case protected
        /// Everybody who has a record.
        case everybody
    }

    /// The result.
    public enum Right: Equatable, Sendable {
        case allowed
        /// Only with one of the user's codes, if there is anything to log in with.
        case withProof
        /// Only with one of the caller's own codes.
        case withOwnProof
        case denied
    }

    /// What commands have in common.
    public enum Kind: CaseIterable, Equatable, Sendable {
        /// Reveals no secret, and changes nothing.
        case harmless
        /// Looks at an account.
        case look
        /// Tries a code of an account, or sets its language.
        case use
        /// Changes what logs a user in.
        case change
        /// Ends the trust in SSH keys, or changes where codes are sent.
        case adjust
        /// Stores what a change has begun.
        case end
        /// Helps a user who has lost something.
        case help
        /// Concerns keys that exist already, or saves a key that nobody has proven to have.
        case keep
        /// Lists users, or what the help desk did.
        case list
        /// About the whole store.
        case survey

        /// Whether it is about no single user.
        public var isAboutEverybody: Bool { self == .list || self == .survey }
    }

    /// What the command has in common with others.
    public static func kind(of command: Command) -> Kind {
        switch command {
        case .policy: .harmless
        case .status: .look
        case .verify, .speak: .use
        case .renewBackupCodes, .remove, .disable, .begin: .change
        case .revokeTrust, .contact: .adjust
        case .confirm, .confirmContact: .end
        case .reset, .unlock, .issue, .revokeIssued: .help
        case .resync, .move, .keep, .take, .noteExport: .keep
        case .recorded, .rows, .helpDesk: .list
        case .keys, .forget, .makeStore, .rekey, .mailReport, .bring, .backUp, .restore: .survey
        }
    }

    /// The right of `caller` to a command of this kind about `target`.
    public static func right(to kind: Kind, of caller: Caller, about target: Target) -> Right {
        switch (kind, caller, target) {
        case (.harmless, _, _): .allowed
        case (_, .root, _): .allowed
        // A user's own store concerns only that user.
        case (.list, .owner, .everybody), (.survey, .owner, .everybody): .allowed
        case (_, .owner, .oneself): .allowed
        case (.look, .user, .oneself), (.use, .user, .oneself), (.end, .user, .oneself): .allowed
        case (.change, .user, .oneself), (.adjust, .user, .oneself): .withProof
        case (.look, .helper, .somebodyElse), (.adjust, .helper, .somebodyElse),
            (.help, .helper, .somebodyElse), (.list, .helper, .everybody):
            .withOwnProof
        default: .denied
        }
    }
}
