import Foundation
import OTPCore
import OTPWire
import Testing

@testable import FleetNetwork
@testable import FleetStore

extension LiveFleet {
    /// The key of everybody's phone.
    private static let phone = [UInt8](repeating: 0x2a, count: 20)

    /// The code that it shows now.
    static var code: String {
        let step = UInt64(Date().timeIntervalSince1970) / 30
        return HOTP.text(
            HOTP.code(key: phone.span, factor: step, algorithm: .sha1, digits: 6), digits: 6)
    }

    /// The database as the owner of the tables sees it, with the keys of the first server.
    func settings() throws -> DatabaseSettings {
        let text = try PrivateFile.read("\(path(of: 1))/fleet.key")
        let keys = try text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let found = LiveFleet.sealKey(
                Hex.decode(Array(words[0].utf8).span), Hex.decode(Array(words[1].utf8).span))
            return try #require(found)
        }
        var settings = DatabaseSettings(
            address: owner, keys: MasterKeys(current: keys[0], earlier: Array(keys.dropFirst())),
            server: "test"
        ) { UInt64(Date().timeIntervalSince1970) }
        settings.replication = .none
        settings.listening = .zero
        return settings
    }

    private static func sealKey(
        _ id: consuming Secret?, _ key: consuming Secret?
    ) -> SealKey? {
        guard let id, let key else { return nil }
        return SealKey(id: id.withBytes { $0.array }, key: key)
    }

    /// Enrolls the users `user0` and on at the host, straight in the database.
    func enroll(_ count: Int) throws {
        let settings = try settings()
        let database = Database(settings, state: FleetState())
        let host = try #require(try database.host(named: "web17"))
        for number in 0..<count {
            let name = "user\(number)"
            let user = User(name: Array(name.utf8), uid: 2000 + UInt32(number), gid: 100)
            let now = try settings.clock()
            let act = Act(request: .random(), host: host, user: user, time: now)
            _ = try database.perform(act) { (records) throws(StoreError) in
                var record = Record()
                do throws(Record.ChangeError) {
                    guard let name = Name("phone".utf8),
                        let phone = Authenticator(name: name, kind: .totp, added: now)
                    else { throw .full }
                    try record.add(phone, key: LiveFleet.phone.span)
                } catch {
                    throw StoreError(.system, [], "\(error)")
                }
                try records.make(record, of: user)
                return ActAnswer(reply: [1], audit: nil)
            }
        }
    }

    /// Changes the record of a user at the host, straight in the database.
    func change(
        user number: Int, _ body: (inout Record) throws(Record.ChangeError) -> Void
    ) throws {
        let settings = try settings()
        let database = Database(settings, state: FleetState())
        let host = try #require(try database.host(named: "web17"))
        let user = User(
            name: Array("user\(number)".utf8), uid: 2000 + UInt32(number), gid: 100)
        let act = Act(request: .random(), host: host, user: user, time: try settings.clock())
        _ = try database.perform(act) { (records) throws(StoreError) in
            _ = try records.edit(user, makesRecord: false) {
                (record) throws(StoreError) -> Edited<Void> in
                do throws(Record.ChangeError) {
                    try body(&record)
                } catch {
                    throw StoreError(.system, [], "\(error)")
                }
                return .kept(())
            }
            return ActAnswer(reply: [1], audit: nil)
        }
    }

    /// Tries a code of a user at the host's agent.
    func judge(_ code: String, ofUser number: Int) async throws -> FleetReply.Result {
        try await judge(code, of: "user\(number)", uid: 2000 + UInt32(number))
    }

    /// Tries a code of whoever has a name at the host.
    func judge(_ code: String, of name: String, uid: UInt32) async throws -> FleetReply.Result {
        let place = PlaceDocument(
            LoginOrigin(service: Array("sshd".utf8), address: [], methods: nil))
        let trial = TrialDocument(
            Trial(isJoined: false, takesMessageCodes: false, isHeard: true, enrolling: .nobody))
        return try await call(
            FleetCall(.judge(answer: code, trial: trial, place: place), user: name, uid: uid))
    }
}
