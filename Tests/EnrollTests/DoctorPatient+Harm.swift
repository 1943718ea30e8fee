import Foundation
import OTPStore
import TestSupport
import Testing

@testable import OTPCore

// Damage to records and files that no command causes.
extension DoctorPatient {
    /// Sets a file attribute (chattr(1)) for the life of the machine.
    func freeze(_ path: String, _ attribute: String) async throws {
        try await Command.output(["chattr", "+" + attribute, real(path)])
        frozen.withLock { $0.append(real(path)) }
    }

    /// Exempts the users of a list, which is empty.
    func list(_ path: String) throws {
        try write(path, "nobody\n")
        try auth(
            "sshd",
            [
                "auth [success=1 default=ignore] pam_listfile.so item=user sense=allow"
                    + " file=\(path) onerr=fail", "auth required MODULE",
                "auth required pam_permit.so",
            ])
    }

    /// Installs the units, as a package does.
    func installUnits() throws {
        for unit in ["swiftotpd.service", "swiftotpd.socket"] {
            try write("/etc/systemd/system/\(unit)", try Project.text("packaging/systemd/\(unit)"))
        }
        try write("/etc/systemd/system/sockets.target.wants/swiftotpd.socket", "")
    }

    /// A hundred wrong codes for one user.
    func close(_ user: String, _ uid: UInt32) async throws {
        try withKeyInside {
            try Desk.fail(
                100, from: "192.0.2.66", of: User(name: Array(user.utf8), uid: uid, gid: uid),
                in: $0)
        }
    }

    /// Leaves only the authenticator.
    func useUpBackupCodes(of user: String, _ uid: UInt32) throws {
        try change(user, uid) { $0.backupCodes = BackupSet() }
    }

    /// Leaves nothing: no authenticator, and only used backup codes.
    func useUpAll(of user: String, _ uid: UInt32) throws {
        try change(user, uid) { record in
            while let name = record.authenticators.first?.name { try? record.remove(name) }
            record.backupCodes = BackupSet()
        }
    }

    /// Leaves only a temporary code that expired yesterday.
    func endTemporaryCode(of user: String, _ uid: UInt32) throws {
        try useUpAll(of: user, uid)
        try change(user, uid) { record in
            let now = UInt64(Date().timeIntervalSince1970)
            var random = [UInt8](repeating: 7, count: TemporaryCode.randomLength)
            record.issueTemporaryCode(
                at: now - 2 * 86_400, validFor: 86_400, boot: nil, random: &random,
                salt: [UInt8](repeating: 7, count: HashedCode.saltLength)
            ) { _ in }
        }
    }

    private func change(_ user: String, _ uid: UInt32, _ body: (inout Record) -> Void) throws {
        try withKeyInside { store in
            let user = User(name: Array(user.utf8), uid: uid, gid: uid)
            let session = try #require(try Store(path: Array(store.utf8)).open(user))
            defer { session.close() }
            session.withRecord(body)
            try session.commit()
        }
    }

    /// A store at another path keeps its key inside.
    private func withKeyInside(_ body: (String) throws -> Void) throws {
        let (store, files) = (real("/var/lib/swiftotp"), FileManager.default)
        let key = store + "/seal.key"
        try files.copyItem(atPath: real("/etc/swiftotp/seal.key"), toPath: key)
        defer { try? files.removeItem(atPath: key) }
        try body(store)
    }
}
