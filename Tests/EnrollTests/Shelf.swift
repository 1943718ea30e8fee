import Foundation
import OTPCore
import OTPStore
import TestSupport
import Testing

/// Puts records into the store that no single command makes, through the real store.
extension Desk {
    /// A record with one authenticator, as left by `change`, with these events.
    func shelve(
        _ user: User, events: [Event] = [], _ change: (inout Authenticator) -> Void = { _ in }
    ) throws {
        let store = try Store.make(path: Array(store.utf8)).store
        var record = Record()
        try Self.fill(&record, change)
        for event in events { record.note(event) }
        try store.make(record, of: user)
    }

    /// Types `count` wrong codes at an address, one every hour up to now.
    func fail(
        _ count: UInt64, from address: String,
        of user: User = User(name: Array("root".utf8), uid: 0, gid: 0)
    ) throws {
        try Desk.fail(count, from: address, of: user, in: store)
    }

    /// The same in the store at this path, which has its key inside.
    static func fail(
        _ count: UInt64, from address: String, of user: User, in store: String
    ) throws {
        let session = try #require(try Store(path: Array(store.utf8)).open(user))
        defer { session.close() }
        let source = Array(address.utf8)
        let attempt = Attempt(
            verifier: Verifier(window: 1), origin: source, source: SourceID(source.span))
        let now = UInt64(Date().timeIntervalSince1970)
        for hour in (0..<count).reversed() {
            let typed = Array(Desk.wrongCode.utf8)
            _ = try attempt.run(Answer(typed.span), on: session, at: now - hour * 3600)
        }
    }

    /// Changes the bytes of root's record in place.
    func spoil(_ change: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try #require(record))
        change(&bytes)
        let file = try #require(FileHandle(forWritingAtPath: store + "/0"))
        try file.write(contentsOf: bytes)
    }

    /// Damages all of root's record except for the part that names its owner.
    func flipRecord() throws {
        try spoil { for index in $0.indices.dropFirst(64) { $0[index] ^= 0x10 } }
    }

    /// Gives a record the authenticator `phone` with a new key.
    static func fill(
        _ record: inout Record, _ change: (inout Authenticator) -> Void = { _ in }
    ) throws {
        guard let name = Name("phone".utf8),
            var phone = Authenticator(name: name, added: UInt64(Date().timeIntervalSince1970))
        else { throw Trouble("no authenticator can be made") }
        change(&phone)
        let key = try SystemRandom().bytes(20)
        try record.add(phone, key: key.span)
    }
}

extension Account {
    /// The user as the store names records.
    func user() throws -> User {
        let (uid, gid) = try Account.numbers(of: name)
        return User(name: Array(name.utf8), uid: uid, gid: gid)
    }
}
