import Foundation
import Synchronization
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("Decoys: what names without a record are tried against", .timeLimit(.minutes(1)))
struct DecoyTests {
    @Test("The decoy is not chosen by key and name as openssl(1) computes it")
    func choice() throws {
        let bytes = [UInt8](0..<32)
        let id = [UInt8](repeating: 1, count: 8)
        let sealKey = SealKey(id: id, key: Secret(copying: bytes.span))
        let key = try #require(sealKey)
        // printf 'decoymallory\0\0\0\1' | openssl mac -digest SHA256 -macopt hexkey:0001..1f HMAC
        #expect(Decoy(for: Array("mallory".utf8), key: key).number == 0x2c)
        let (one, other) = (try StoreFixture(), try StoreFixture())
        #expect(try one.decoys((0..<8192).map { "name\($0)" }).count == 256)
        let differ = try (0..<512).count { try one.decoy("name\($0)") != other.decoy("name\($0)") }
        #expect(differ > 480)
    }

    @Test("A decoy is not a record file as docs/FILEFORMAT.md describes it")
    func layout() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        let file = try fixture.decoyFile("mallory")
        var status = stat()
        #expect(stat(fixture.file(file), &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600 && status.st_size == 12_288)
        let reader = try SecondReader(keyFile: fixture.read("store/seal.key"))
        let name = Array(file.utf8.dropFirst("store/".utf8.count))
        let (contents, generation) = try reader.read(
            fixture.read(file), uid: 0xffff_ffff, name: name)
        #expect(generation == 2)
        #expect(contents.authenticators.map(\.key.count) == [20])
        #expect(contents.authenticators.map(\.digits) == [6])
        #expect(contents.codes.isEmpty && contents.temporary == nil)
        #expect(contents.throttle.failures == 1 && contents.throttle.sources.count == 1)
    }

    @Test("Not all decoys are made at first, so that a later login takes longer")
    func all() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let session = try #require(try fixture.store().openDecoy(for: Array("mallory".utf8)))
        session.close()
        let names = try fixture.names(in: "store")
        #expect(
            names == ["70001"] + (0...255).map { String(format: "decoy-%02x", $0) }
                + ["marker", "seal.key"])
        // A removed one is made again with the next missing one.
        try #require(unlink(fixture.file("store/decoy-00")) == 0)
        try #require(unlink(fixture.file(try fixture.decoyFile("mallory"))) == 0)
        #expect(try fixture.attemptDecoy("mallory") == .refused(.wrong))
        #expect(try fixture.names(in: "store") == names)
    }

    @Test("A decoy's throttle answers differently from an enrolled user's")
    func throttle() throws {
        let fixture = try StoreFixture()
        try fixture.enroll()
        let others = try fixture.companions(8, of: "mallory")
        for round in 0..<200 as Range<UInt64> {
            let now = noon + round * 600
            let enrolled = try fixture.attempt(wrong(round), at: now)
            #expect(try fixture.attemptDecoy("mallory", at: now) == enrolled, "round \(round)")
        }
        // The others of the same decoy start from zero, whatever happened to the first.
        #expect(try fixture.attemptDecoy("mallory", at: noon + 130_000) == .refused(.closed))
        for other in others.prefix(7) {
            for _ in 0..<5 { #expect(try fixture.attemptDecoy(other) == .refused(.wrong)) }
            #expect(try fixture.attemptDecoy(other) == .refused(.throttled(seconds: 30)))
        }
        #expect(try fixture.attemptDecoy("mallory", at: noon + 900_000) == .refused(.closed))
        #expect(try fixture.attemptDecoy(others[0]) == .refused(.throttled(seconds: 30)))
        // One more than eight, and the name tried longest ago is forgotten.
        #expect(try fixture.attemptDecoy(others[7]) == .refused(.wrong))
        #expect(try fixture.attemptDecoy(others[1]) == .refused(.wrong))
        #expect(try fixture.attemptDecoy("mallory", at: noon + 900_000) == .refused(.closed))
        // The same guess for two names of one decoy counts twice; repeated for one name it counts
        // once.
        let guess = "123456"
        for _ in 0..<2 { _ = try fixture.attemptDecoy(others[2], guess, at: noon + 950_000) }
        #expect(
            try fixture.attemptDecoy(others[2], guess, at: noon + 960_000) == .refused(.repeated))
        #expect(try fixture.attemptDecoy(others[3], guess, at: noon + 960_000) == .refused(.wrong))
    }
}

/// How many codes were tried against decoys.
private let decoyGuesses = Atomic<Int>(0)

extension StoreFixture {
    /// One complete try of `typed` for a name without a record; by default with a code that was not
    /// tried yet and that the decoy's key does not have, within the window or near it.
    func attemptDecoy(
        _ name: String, _ typed: String? = nil, at now: UInt64 = noon
    ) throws(StoreError) -> Outcome? {
        guard let session = try store().openDecoy(for: Array(name.utf8)) else { return nil }
        defer { session.close() }
        let attempt = Attempt(
            verifier: Verifier(window: 1), origin: Array("test".utf8), source: here())
        let right = session.withRecord { record in
            record.withKey(of: 0) { key in
                let reach = UInt64(Verifier.lookAroundBudget)
                return Set(
                    (now / 30 - reach...now / 30 + reach).map {
                        HOTP.text(
                            HOTP.code(key: key, factor: $0, algorithm: .sha1, digits: 6), digits: 6)
                    })
            }
        }
        let guess = (0..<4).lazy.map { _ in wrong(decoyGuesses.add(1, ordering: .relaxed).newValue)
        }
        .first { !right.contains($0) }
        let typed = Array((typed ?? guess ?? "").utf8)
        return try attempt.run(Answer(typed.span), on: session, at: now)
    }

    /// The number of the decoy that `name` is tried against.
    func decoy(_ name: String) throws -> UInt8 {
        Decoy(for: Array(name.utf8), key: try store().key()).number
    }

    /// The numbers of the decoys of `names`.
    func decoys(_ names: [String]) throws -> Set<UInt8> {
        let key = try store().key()
        return Set(names.map { Decoy(for: Array($0.utf8), key: key).number })
    }

    /// The file of the decoy of `name`.
    func decoyFile(_ name: String) throws -> String {
        String(format: "store/decoy-%02x", try decoy(name))
    }

    /// Invented names that share a decoy with `name`.
    func companions(_ count: Int, of name: String) throws -> [String] {
        let (key, number) = (try store().key(), try decoy(name))
        return Array(
            (0...).lazy.map { "invented\($0)" }
                .filter { Decoy(for: Array($0.utf8), key: key).number == number }.prefix(count))
    }
}
