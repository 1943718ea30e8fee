import Foundation
import OTPCore

@testable import FleetStore

/// A fleet in a database of its own, with a host and a user who has a phone.
struct TestFleet: Sendable {
    let cluster: Cluster
    let database: String
    let keys: MasterKeys
    let id: RowID
    let host: HostRow

    static let realm = "staff"
    /// The key of the phone that everybody here has.
    static let key = [UInt8](repeating: 0x2a, count: 20)

    /// The time of the machine.
    static var now: UInt64 { UInt64(Date().timeIntervalSince1970) }

    init(on cluster: Cluster) async throws {
        self.cluster = cluster
        database = try cluster.makeDatabase()
        keys = TestFleet.makeKeys()
        id = try Schema.install(
            on: cluster.primary.connect(to: database), keys: keys,
            until: ContinuousClock.now + .seconds(60))
        let settings = TestFleet.settings(cluster, database, keys)
        host = try Database(settings, state: FleetState()).makeHost(
            named: "web1", realm: TestFleet.realm, rights: [], by: TestFleet.admin)
    }

    static func makeKeys() -> MasterKeys {
        var bytes = [UInt8](random: SealKey.keyLength)
        let key = SealKey(
            id: [UInt8](random: SealKey.idLength), key: Secret(wiping: &bytes))
        return MasterKeys(current: key ?? SealKey.none)
    }

    static var admin: AdminAct { AdminAct(actor: "root", origin: "test", time: now) }

    /// A server's settings, with times that suit a busy machine.
    static func settings(
        _ cluster: Cluster, _ database: String, _ keys: MasterKeys, as role: String? = nil
    ) -> DatabaseSettings {
        let address =
            "host=127.0.0.1,127.0.0.1 port=\(cluster.primary.port),\(cluster.standby.port)"
            + " dbname=\(database) user=\(role ?? Schema.serverRole)"
        var settings = DatabaseSettings(address: address, keys: keys, server: "otp1") { now }
        settings.listening = .zero
        settings.connectTime = .seconds(10)
        settings.statementTime = .seconds(20)
        settings.answerTime = .seconds(25)
        return settings
    }

    var settings: DatabaseSettings { TestFleet.settings(cluster, database, keys) }

    /// A connection of a server of its own.
    func server(_ change: (inout DatabaseSettings) -> Void = { _ in }) -> Database {
        var settings = settings
        change(&settings)
        return Database(settings, state: FleetState())
    }

    /// Another host.
    func makeHost(_ name: String, realm: String = TestFleet.realm) throws -> HostRow {
        try server().makeHost(named: name, realm: realm, rights: [], by: TestFleet.admin)
    }

    static func user(_ name: String, uid: UInt32 = 1000) -> User {
        User(name: Array(name.utf8), uid: uid, gid: 100)
    }

    func act(
        _ name: String, uid: UInt32 = 1000, at time: UInt64 = now, from host: HostRow? = nil,
        request: RowID = .random()
    ) -> Act {
        Act(
            request: request, host: host ?? self.host, user: TestFleet.user(name, uid: uid),
            time: time)
    }

    // MARK: Users

    /// Enrolls a user with the phone, ten backup codes and a temporary code; returns the codes.
    @discardableResult
    func enroll(
        _ name: String, kind: Authenticator.Kind = .totp, at time: UInt64 = now,
        with database: Database? = nil
    ) throws -> (backup: [String], temporary: String) {
        var codes: (backup: [String], temporary: String) = ([], "")
        let result = try (database ?? server()).perform(act(name, at: time)) {
            (records) throws(StoreError) in
            codes = ([], "")
            _ = try records.edit(records.act.user, makesRecord: true) {
                (record) throws(StoreError) -> Edited<Void> in
                codes = try TestFleet.fill(&record, kind, at: time)
                return .kept(())
            }
            return ActAnswer(
                reply: [1], audit: AuditEntry(kind: "enroll", granted: true, actor: "root"))
        }
        guard case .done = result else { throw Trouble("not enrolled: \(result)") }
        return codes
    }

    private static func fill(
        _ record: inout Record, _ kind: Authenticator.Kind, at time: UInt64
    ) throws(StoreError) -> (backup: [String], temporary: String) {
        guard let name = Name("phone".utf8),
            let phone = Authenticator(name: name, kind: kind, added: time)
        else { throw StoreError(.system, [], "no authenticator") }
        do throws(Record.ChangeError) {
            try record.add(phone, key: key.span)
        } catch {
            throw StoreError(.system, [], "\(error)")
        }
        let backup = try record.renewBackupCodes(at: time, random: TestRandom())
        var temporary = ""
        var random = [UInt8](random: TemporaryCode.randomLength)
        record.issueTemporaryCode(
            at: time, validFor: 3600, boot: nil, random: &random,
            salt: [UInt8](random: HashedCode.saltLength)
        ) { temporary = $0 }
        return (backup, temporary)
    }

    /// The code that the phone shows.
    static func code(at time: UInt64 = now) -> String {
        code(step: TOTP.step(at: time, period: 30))
    }

    static func code(step: UInt64) -> String {
        HOTP.text(
            HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6), digits: 6)
    }
}

struct TestRandom: Randomness {
    func bytes(_ count: Int) throws(StoreError) -> [UInt8] { [UInt8](random: count) }
}

extension SealKey {
    /// Only to have something where nothing can be missing.
    fileprivate static var none: SealKey { preconditionFailure("no key") }
}
