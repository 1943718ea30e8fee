import OTPCore
import OTPStore

/// Puts a new authenticator into a user's record, or makes the record with it.
struct Enrollment {
    let workplace: Workplace
    /// The name that the command line gave; without one, a free one is found.
    let wishedName: Name?

    /// What was there before.
    struct Before {
        /// The names that are taken.
        var names: [Name] = []
        /// How many backup codes can still be used.
        var backupCodes = 0
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

    /// Looks at what the user has, and refuses what cannot be done, before anything is shown.
    func before() throws -> Before {
        let before = try workplace.look { record in
            Before(
                names: record.authenticators.map(\.name), backupCodes: record.backupCodesLeft)
        }
        let names = before?.names ?? []
        if names.count >= Record.maximumAuthenticators,
            !names.contains(where: { $0 == wishedName })
        {
            throw full
        }
        return before ?? Before()
    }

    /// The name that the new one is to have beside `taken`.
    func name(beside taken: [Name]) -> Name? {
        if let wishedName { return wishedName }
        let candidates = ["phone"] + (2...taken.count + 2).map { "phone-\($0)" }
        return candidates.lazy.compactMap { Name($0.utf8) }.first { !taken.contains($0) }
    }

    /// Keeps `new`. Where a set of backup codes is left, it stays; otherwise there is a new one.
    ///
    /// `before` is what the user was told: an authenticator of the same name that came up since
    /// is not replaced.
    func save(_ new: borrowing NewAuthenticator, before: Before) throws -> Result {
        try workplace.edit(makesRecord: true) { record, now in
            let result = try put(new, into: &record, before: before, at: now)
            return (result, workplace.event(.added, detail: result.name.bytes, at: now))
        }
    }

    private func put(
        _ new: borrowing NewAuthenticator, into record: inout Record, before: Before,
        at now: UInt64
    ) throws -> Result {
        let taken = record.authenticators.map(\.name)
        guard let name = name(beside: taken) else { throw full }
        if taken.contains(name), !before.names.contains(name) {
            throw Failure("an authenticator \"\(name.text)\" was added by somebody else meanwhile")
        }
        var authenticator = new.authenticator
        authenticator.name = name
        try new.key.withBytes { key in
            do throws(Record.ChangeError) {
                try record.add(authenticator, key: key)
            } catch {
                throw full
            }
        }
        let random = SystemRandom()
        var codes: [String] = []
        if record.backupCodesLeft == 0 {
            try record.renewBackupCodes(
                at: now, random: { (count) throws(StoreError) in try random.bytes(count) },
                { codes.append($0) })
        }
        return Result(name: name, backupCodes: codes, replaced: taken.contains(name))
    }

    private var full: Failure {
        Failure(
            "\(workplace.userName) has \(Record.maximumAuthenticators) authenticators already",
            hint: "`otp-enroll remove \(workplace.userName) NAME` makes room;"
                + " `otp-enroll status \(workplace.userName)` lists them")
    }
}
