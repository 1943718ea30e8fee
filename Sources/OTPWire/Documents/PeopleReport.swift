import OTPCore

/// Who of the enrolled users needs attention: the part that all reports to admins have.
public struct PeopleReport: Sendable {
    /// How many are enrolled.
    public private(set) var enrolled = 0
    /// Closed by a hundred wrong codes.
    public private(set) var closed: [String] = []
    /// They had a temporary code and nothing else, and it has expired.
    public private(set) var lockedOut: [String] = []
    /// With authenticators, and no backup codes.
    public private(set) var withoutBackupCodes: [String] = []
    /// With keys of fewer than 128 bits.
    public private(set) var withShortKeys: [String] = []
    /// Temporary codes that can be used.
    public private(set) var temporaryCodes: [TemporaryCode] = []

    /// Somebody's temporary code.
    public struct TemporaryCode: Sendable {
        /// The user's name.
        public let user: String
        /// The code's state, not the code.
        public let code: TemporaryCodeDocument
    }

    /// What helps each of them, in words and commands.
    public struct Help: Sendable {
        let closed: String
        let lockedOut: String
        let withoutBackupCodes: String
        let withShortKeys: String
        let temporaryCodes: String
        /// The command that lists all temporary codes.
        let allTemporaryCodes: String

        /// What helps whom, in the order of the parts.
        public init(
            closed: String, lockedOut: String, withoutBackupCodes: String, withShortKeys: String,
            temporaryCodes: String, allTemporaryCodes: String
        ) {
            (self.closed, self.lockedOut) = (closed, lockedOut)
            (self.withoutBackupCodes, self.withShortKeys) = (withoutBackupCodes, withShortKeys)
            (self.temporaryCodes, self.allTemporaryCodes) = (temporaryCodes, allTemporaryCodes)
        }
    }

    /// A report about nobody yet.
    public init() {}

    /// Adds a user by a name that is safe to show; `false` if the user is not enrolled, which is
    /// for the caller to report.
    public mutating func add(_ account: RowDocument.Account, of name: String) -> Bool {
        if account.lock?.isClosed == true { closed.append(name) }
        if account.shortKeys > 0 { withShortKeys.append(name) }
        if let code = account.temporaryCode, code.state == .live {
            temporaryCodes.append(TemporaryCode(user: name, code: code))
        }
        switch Standing(account) {
        case nil: return false
        case .ended: lockedOut.append(name)
        case .ready, .closed, .almostClosed:
            // Whoever has only a temporary code gets backup codes with an authenticator.
            if account.backupCodesLeft == 0, !account.authenticators.isEmpty {
                withoutBackupCodes.append(name)
            }
        }
        enrolled += 1
        return true
    }

    /// Whether nobody needs attention.
    public var isQuiet: Bool {
        [closed, lockedOut, withoutBackupCodes, withShortKeys].allSatisfy(\.isEmpty)
            && temporaryCodes.isEmpty
    }

    /// The parts of the text, with times as `time` writes Unix seconds.
    public func sections(
        on page: ReportPage, _ help: Help, time: (UInt64) -> String
    ) -> [String] {
        var lines = page.section("Closed by a hundred wrong codes", closed, help.closed)
        lines += page.section(
            "Locked out: only a temporary code, which has expired", lockedOut, help.lockedOut)
        lines += page.section(
            "Without backup codes", withoutBackupCodes, help.withoutBackupCodes)
        lines += page.section(
            "Keys of fewer than 128 bits", withShortKeys, help.withShortKeys)
        lines += page.section(
            "Temporary codes that still work",
            rows: temporaryCodes.map {
                "\(ReportPage.short($0.user)), until \(time($0.code.expires))"
            }, help.temporaryCodes, all: help.allTemporaryCodes)
        return lines
    }

    /// The members of the object for scripts.
    public var json: [JSON.Member] {
        func list(_ names: [String]) -> JSON { .list(names.map(JSON.text)) }
        let codes = temporaryCodes.map { found in
            JSON.object([
                "user": .text(found.user), "issued": .time(found.code.issued),
                "expires": .time(found.code.expires),
            ])
        }
        return [
            JSON.Member("closed", list(closed)), JSON.Member("locked_out", list(lockedOut)),
            JSON.Member("without_backup_codes", list(withoutBackupCodes)),
            JSON.Member("short_keys", list(withShortKeys)),
            JSON.Member("temporary_codes", .list(codes)),
        ]
    }
}
