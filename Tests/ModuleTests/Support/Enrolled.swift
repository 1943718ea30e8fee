import Foundation
import OTPCore
import OTPStore
import TestSupport

/// A user with an authenticator and backup codes in a store of its own.
struct Enrolled {
    let scratch: Scratch
    let store: String
    /// Users that every Debian has.
    let user: String
    let phone: Phone
    let backupCodes: [String]

    init(
        user: String = "daemon", in scratch: Scratch? = nil, digits: UInt8 = 6
    ) throws {
        self.scratch = try scratch ?? Scratch()
        self.user = user
        store = self.scratch.file("store")
        if access(self.scratch.file("pam.d"), F_OK) != 0 { _ = try self.scratch.folder("pam.d") }
        (phone, backupCodes) = try Self.enroll(user, in: store, digits: digits)
    }

    /// Enrolls like otp-enroll.
    static func enroll(
        _ name: String, in store: String, digits: UInt8 = 6
    ) throws -> (Phone, [String]) {
        let store = try Store.make(path: Array(store.utf8)).store
        guard let user = try SystemUsers().user(named: Array(name.utf8)),
            let phone = Name("phone".utf8),
            let authenticator = Authenticator(
                name: phone, digits: digits, added: UInt64(Date().timeIntervalSince1970))
        else { throw Trouble("cannot enroll \(name)") }
        let random = SystemRandom()
        let key = try random.bytes(20)
        var record = Record()
        try record.add(authenticator, key: key.span)
        var codes: [String] = []
        let generate: (Int) throws(StoreError) -> [UInt8] = { (count) throws(StoreError) in
            try random.bytes(count)
        }
        try record.renewBackupCodes(at: 1, random: generate) { codes.append($0) }
        try store.make(record, of: user)
        let issuer = Array("example.com".utf8), account = Array(name.utf8)
        guard
            let uri = KeyURI.make(
                authenticator, key: key.span, issuer: issuer.span, account: account.span)
        else { throw Trouble("no key URI") }
        let text = uri.withBytes { String(decoding: $0.array, as: UTF8.self) }
        return (try Phone(scanning: text), codes)
    }

    /// The file of the user's record.
    var recordFile: String {
        get throws {
            guard let user = try SystemUsers().user(named: Array(user.utf8)) else {
                throw Trouble("no user \(user)")
            }
            return "\(store)/\(user.uid)"
        }
    }

    /// The record's bytes.
    var bytes: Data { get throws { try Data(contentsOf: URL(fileURLWithPath: recordFile)) } }

    /// Changes the record through the store.
    func change(_ body: (inout Record) -> Void) throws {
        guard let user = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).open(user)
        else { throw Trouble("no record of \(user)") }
        session.withRecord(body)
        try session.commit()
    }

    /// What the record says.
    func read<Value>(_ body: (borrowing Record) -> Value) throws -> Value {
        guard let user = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).openForReading(user)
        else { throw Trouble("no record of \(user)") }
        return session.withRecord { body($0) }
    }

    /// A code that is wrong at any time near now, and differs from earlier ones: a repeated one is
    /// not counted.
    func wrongCode() async throws -> String { try await wrongCodes(1).joined() }

    /// `count` such codes, all different.
    func wrongCodes(_ count: Int) async throws -> [String] {
        var known: Set<String> = []
        for step in -12...12 { known.insert(try await phone.code(steps: step)) }
        var codes: [String] = []
        while codes.count < count {
            let code = String(format: "%06d", Int.random(in: 0..<1_000_000))
            if known.insert(code).inserted { codes.append(code) }
        }
        return codes
    }
}

extension Enrolled {
    /// Gives the authenticator a new key, as enrolling it again would.
    func renewKey(digits: UInt8 = 6) throws -> Phone {
        guard let name = Name("phone".utf8),
            let authenticator = Authenticator(name: name, digits: digits, added: 1)
        else { throw Trouble("no authenticator") }
        let key = try SystemRandom().bytes(20)
        try change { record in try? record.add(authenticator, key: key.span) }
        let secret = String(decoding: Base32.encode(key.span), as: UTF8.self)
        return try Phone(scanning: "otpauth://totp/test:\(user)?secret=\(secret)&digits=\(digits)")
    }

    /// Makes a new set of backup codes.
    func renewBackupCodes() throws -> [String] {
        var codes: [String] = []
        var failure: StoreError?
        let random: (Int) throws(StoreError) -> [UInt8] = { (count) throws(StoreError) in
            try SystemRandom().bytes(count)
        }
        try change { record in
            do throws(StoreError) {
                try record.renewBackupCodes(at: 1, random: random) { codes.append($0) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return codes
    }
}
