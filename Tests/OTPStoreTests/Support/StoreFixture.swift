import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

/// A folder for one test, containing a store, and removed after the test. The store requires files
/// owned by root, so these tests run as root.
final class StoreFixture: Sendable {
    let path: String

    init() throws {
        try #require(geteuid() == 0, "these tests change owners: run them as root")
        var template = Array("/tmp/swiftotp-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        _ = try Store.make(path: bytes("store"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder.
    func file(_ name: String) -> String { path + "/" + name }

    /// The same as bytes.
    func bytes(_ name: String) -> [UInt8] { Array(file(name).utf8) }

    /// The store, opened anew.
    func store() throws(StoreError) -> Store { try Store(path: bytes("store")) }

    /// The path of a user's record.
    func record(of user: User) -> String { file("store/\(user.uid)") }

    /// Replaces `name` in the fixture with `contents`, with the mode of a record.
    func write(_ contents: [UInt8], to name: String, mode: mode_t = 0o600) throws {
        let descriptor = open(file(name), O_WRONLY | O_CREAT | O_TRUNC, mode)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(fchmod(descriptor, mode) == 0)
        try #require(Foundation.write(descriptor, contents, contents.count) == contents.count)
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    /// What a folder contains, except for the files of names.
    func names(in folder: String) throws -> [String] {
        try allNames(in: folder).filter { !$0.hasPrefix("name-") }
    }

    /// Everything in a folder.
    func allNames(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: file(folder)).sorted()
    }

    /// Enrolls `user` with the example key and ten backup codes, which are returned.
    @discardableResult
    func enroll(_ user: User = alice) throws -> [String] {
        var codes: [String] = []
        try store().make(try fullRecord(&codes), of: user)
        return codes
    }

    /// One complete try of `typed`, as the service makes it.
    func attempt(
        _ typed: String, at now: UInt64 = noon, as user: User = alice, from source: String = ""
    ) throws(StoreError) -> Outcome {
        guard let session = try store().open(user) else { return .refused(.noRecord) }
        defer { session.close() }
        let (typed, source) = (Array(typed.utf8), Array(source.utf8))
        let attempt = Attempt(
            verifier: Verifier(window: 1), origin: Array("test".utf8), source: SourceID(source.span)
        )
        return try attempt.run(Answer(typed.span), on: session, at: now)
    }

    /// What the store reads from the record of `user`.
    func state(of user: User = alice) throws(StoreError) -> State? {
        guard let session = try store().openForReading(user) else { return nil }
        defer { session.close() }
        return session.withRecord { State($0) }
    }
}

/// The contents of a record, in a form that can be compared.
struct State: Equatable {
    var nextSteps: [UInt64]
    var failures: UInt32
    var backupCodes: Set<Int>
    var encoded: [UInt8]

    init(_ record: borrowing Record) {
        nextSteps = record.authenticators.map(\.nextStep)
        failures = record.throttle.failures
        let codes = record.backupCodes
        backupCodes = Set(codes.indices.filter { codes[$0] != nil })
        encoded = record.encoded
    }
}

let alice = User(name: Array("alice".utf8), uid: 70_001, gid: 100)
let bob = User(name: Array("bob".utf8), uid: 70_002, gid: 100)

/// The key of RFC 6238, and a time in 2027.
let exampleKey = Array("12345678901234567890".utf8)
let noon: UInt64 = 1_800_000_015
let noonStep: UInt64 = 60_000_000

/// The code that a phone with the example key shows at a step.
func code(_ step: UInt64) -> String {
    let key = exampleKey
    let value = HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6)
    return HOTP.text(value, digits: 6)
}

/// A record with the example key and ten backup codes, which are put into `codes`.
func fullRecord(_ codes: inout [String]) throws -> Record {
    var record = Record()
    let key = exampleKey
    let name = try #require(Name("phone".utf8))
    try record.add(try #require(Authenticator(name: name, added: noon)), key: key.span)
    try record.renewBackupCodes(at: noon) { (count) throws(StoreError) in
        try SystemRandom().bytes(count)
    } _: {
        codes.append($0)
    }
    return record
}

/// The error that `body` throws; `nil` if none.
func trouble(_ body: () throws(StoreError) -> Void) -> StoreError.Code? {
    do throws(StoreError) {
        try body()
        return nil
    } catch {
        return error.code
    }
}

/// The result of opening the record of `user`: an error, or `nil` with or without a record.
func trouble(opening fixture: StoreFixture, _ user: User = alice) -> StoreError.Code? {
    trouble { () throws(StoreError) in try fixture.store().open(user)?.close() }
}

/// The source of every login in these tests.
func here() -> SourceID {
    let name = Array("here".utf8)
    return SourceID(name.span)
}

/// A code that is wrong at the tests' times, and differs for each number.
func wrong(_ number: some BinaryInteger) -> String { String(format: "%06d", 900_000 + Int(number)) }
