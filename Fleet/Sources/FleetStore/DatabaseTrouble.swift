import OTPCore

/// What somebody has to mend before anything can be judged by the database, in the words of a server's
/// log. docs/FLEET.md has the same.
package enum DatabaseTrouble: CaseIterable, Sendable {
    case unreachable, missing, older, newer, otherKey, encoding, clock, noStandby, unconfirmed
    case lostLogins, fullDisk

    /// What is wrong with the database.
    package var what: String {
        switch self {
        case .unreachable: "no primary is reached"
        case .missing: "it has no fleet, or none that this role may see"
        case .older: "its tables are older than this server needs"
        case .newer: "its tables are newer than this server knows"
        case .otherKey: "it is of another master key than this server's"
        case .encoding: "its encoding is not UTF8"
        case .clock: "its clock is off"
        case .noStandby: "synchronous_standby_names is empty, so a failover would lose used codes"
        case .unconfirmed: "no standby confirms what is stored"
        case .lostLogins: "it lacks logins that were granted"
        case .fullDisk: "its disk is full"
        }
    }

    /// What to do about it.
    package var mend: String {
        switch self {
        case .unreachable: "start it, promote its standby, or mend the address"
        case .missing: "run `swiftotp-server init`, or mend the address"
        case .older: "run `swiftotp-server migrate`"
        case .newer: "install the swiftotp-server that ran `migrate`, or a newer one"
        case .otherKey: "copy fleet.key from another server or a backup, or mend the address"
        case .encoding: "make it anew with ENCODING 'UTF8'"
        case .clock: "set this server and it by NTP"
        case .noStandby: "name a standby there, or set `replication = none`"
        case .unconfirmed: "start the standby, or mend the network to it"
        case .lostLogins:
            "run `swiftotp-server restored` if it was restored, or failed over without its last"
                + " commits"
        case .fullDisk: "free space on the disk of the primary"
        }
    }

    /// Both.
    package var sentence: String { "\(what); \(mend)" }

    private var code: StoreError.Code {
        switch self {
        case .unreachable, .unconfirmed, .fullDisk: .system
        case .missing: .missing
        case .older, .newer, .encoding, .noStandby: .configuration
        case .otherKey: .otherKey
        case .clock: .clock
        case .lostLogins: .unproven
        }
    }

    /// The sentence, and what was found or PostgreSQL says. That comes last, because a log cuts long
    /// lines.
    func text(_ found: String) -> String { "\(sentence) (\(found))" }

    /// The error that says so.
    func error(_ found: String? = nil) -> StoreError {
        StoreError(code, PostgresAnswer.subject, found.map(text) ?? sentence)
    }
}
