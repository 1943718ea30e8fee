/// The modules of a service, with everything included, in the order in which libpam calls them.
public struct PAMStack {
    /// Something that libpam cannot read.
    public struct Trouble: Error, Hashable, Sendable {
        /// What libpam does about it.
        public enum Effect: Hashable, Sendable {
            /// It takes the line for one that refuses.
            case refuses
            /// It reads nothing more: every login is refused.
            case givesUp
            /// The calling program is killed by a signal.
            case crashes
            /// The calling program hangs.
            case hangs
            /// It depends on the contents of memory, or has not been determined.
            case unknown
        }

        public let effect: Effect
        public let text: String
        public let place: String
    }

    /// The service's own file, or that of `other`.
    public let file: String
    /// The entries of all kinds that apply to the service.
    public let lines: [PAMLine]
    /// Lines that libpam cannot make sense of.
    public let troubles: [Trouble]
    /// Lines that it reads differently from how they look.
    public let oddities: [PAMOddity]
    private let isOther: Bool

    /// The `auth` lines only.
    public var auth: [PAMLine] { lines.filter { $0.kind == PAMKind.auth.rawValue } }

    /// Whether the service has no file, so that `other` applies.
    public func isOther(than service: String) -> Bool { isOther }

    /// Reads a service as a libpam does; `other` applies to each kind for which it has no line.
    public init(
        service: String, rules: PAMRules, files: any PAMFiles
    ) throws(Trouble) {
        guard !service.isEmpty, !service.contains("/"), !service.hasPrefix(".") else {
            throw Trouble(
                effect: .unknown, text: "no PAM service can be called \"\(service)\"", place: "")
        }
        var reading = PAMReading(service, rules, files)
        (file, isOther) = try reading.read()
        let kinds = Set(reading.own.map(\.kind))
        lines = reading.own + reading.other.filter { !kinds.contains($0.kind) }
        troubles = reading.troubles
        oddities = reading.oddities + PAMStack.borrowed(lines, kinds, isOther, file)
    }

    /// What to report about a service with a file, but without an `auth` line in it.
    private static func borrowed(
        _ lines: [PAMLine], _ kinds: Set<String>, _ isOther: Bool, _ file: String
    ) -> [PAMOddity] {
        let auth = PAMKind.auth.rawValue
        guard !isOther, !kinds.contains(auth),
            let line = lines.first(where: { $0.kind == auth })
        else { return [] }
        return [
            PAMOddity(
                .doubtful, "there is no auth line here: those of \(line.place.file) hold", in: file)
        ]
    }
}

/// The kinds of lines.
enum PAMKind: String, CaseIterable {
    case auth, account, session, password

    /// The function that libpam looks for in a module.
    var function: String {
        switch self {
        case .auth: "pam_sm_authenticate"
        case .account: "pam_sm_acct_mgmt"
        case .session: "pam_sm_open_session"
        case .password: "pam_sm_chauthtok"
        }
    }
}
