import Foundation
import OTPCore

/// A second reader of records, written from docs/FILEFORMAT.md alone. From OTPCore it uses only the
/// AEAD.
struct SecondReader {
    /// What a record holds, field by field.
    struct Contents: Equatable {
        struct Authenticator: Equatable {
            var kind, hash, digits: UInt8
            var period: UInt16
            var drift: Int16
            var nextStep, added, lastUsed: UInt64
            var name: String
            var key: [UInt8]
        }

        struct Code: Equatable {
            var index: Int
            var salt, hash: [UInt8]
        }

        struct Source: Equatable {
            var id: [UInt8]
            var failures: UInt32
            var last, lastLogin: UInt64
        }

        struct Newcomer: Equatable {
            var id: [UInt8]
            var failures: UInt8
        }

        struct Throttle: Equatable {
            var failures: UInt32
            var last: UInt64
            var sources: [Source]
            var newcomers: [Newcomer]
            var forgiven, opens: UInt64
        }

        struct Event: Equatable {
            var kind: UInt8
            var time: UInt64
            var detail, origin: String
        }

        struct Temporary: Equatable {
            var salt, hash: [UInt8]
            var issued, expires, used: UInt64
            var bootID: [UInt8]?
            var bootSeconds: UInt64?
        }

        struct Notices: Equatable {
            var failures: UInt32
            var since: UInt64
            var origin: String
            var reminds: Bool
            var changes: [Event]
            /// How often each one was told.
            var tellings: [UInt8]
        }

        struct TrustedKey: Equatable {
            var fingerprint: [UInt8]
            var since, until, lastUsed: UInt64
            var name, address: String
            /// The mark of the authenticator whose code added this one.
            var origin: [UInt8]
        }

        /// How far a removed key was used.
        struct UsedKey: Equatable {
            var mark: [UInt8]
            var time, counter: UInt64
        }

        var authenticators: [Authenticator]
        var codesMade: UInt64
        var codes: [Code]
        var temporary: Temporary?
        var throttle: Throttle
        var events: [Event]
        var notices: Notices
        var trusted: [TrustedKey]
        var timesPutOff: UInt8
        var epoch: UInt64
        var usedKeys: [UsedKey]
        var refused: [UInt64]
    }

    enum Refusal: Error { case damaged, otherUser, otherKey, noKey }

    private let keyID: [UInt8]
    private let key: SealKey

    init(keyFile: [UInt8]) throws {
        guard keyFile.count == 48, keyFile.starts(with: Array("SWOTPKEY".utf8)) else {
            throw Refusal.noKey
        }
        keyID = Array(keyFile[8..<16])
        let bytes = Array(keyFile[16..<48])
        guard let key = SealKey(id: keyID, key: Secret(copying: bytes.span)) else {
            throw Refusal.noKey
        }
        self.key = key
    }

    /// The contents and the generation of the current slot.
    func read(_ file: [UInt8], uid: UInt32, name: [UInt8]) throws -> (Contents, UInt64) {
        guard file.count == 12_288 else { throw Refusal.damaged }
        var head = Fields(file[0..<512])
        guard try head.bytes(8) == Array("SWIFTOTP".utf8), try head.integer(4) == 2 else {
            throw Refusal.damaged
        }
        guard try head.integer(4) == uid else { throw Refusal.otherUser }
        guard try head.bytes(8) == keyID else { throw Refusal.otherKey }
        guard try head.bytes(Int(head.integer(2))) == name else { throw Refusal.otherUser }
        let length = 26 + name.count
        guard file[length..<512].allSatisfy({ $0 == 0 }), file[1024..<4096].allSatisfy({ $0 == 0 })
        else { throw Refusal.damaged }
        var mark = Fields(file[512..<528])
        let settled = try mark.integer(8)
        guard try mark.integer(8) == ~settled else { throw Refusal.damaged }
        let binding = Array(file[..<length])
        let charge = try Part(file[528..<1024], number: 2, head: binding)

        var slots = [
            try Part(file[4096..<8192], number: 0, head: binding),
            try Part(file[8192..<12_288], number: 1, head: binding),
        ]
        if slots[1].generation > slots[0].generation { slots.swapAt(0, 1) }
        for slot in slots {
            guard slot.generation > 0, slot.generation >= max(settled, charge.generation) else {
                throw Refusal.damaged
            }
            guard let plain = try? open(slot) else { continue }
            var contents = try contents(plain)
            if charge.generation == slot.generation {
                var fields = Fields(try open(charge)[...])
                contents.throttle = try fields.throttle()
                guard fields.isAtEnd else { throw Refusal.damaged }
            }
            return (contents, slot.generation)
        }
        throw Refusal.damaged
    }

    /// A sealed part before decryption.
    private struct Part {
        let generation: UInt64
        let binding: [UInt8]
        let sealed: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>, number: UInt8, head: [UInt8]) throws {
            var fields = Fields(bytes)
            let generation = try fields.bytes(8)
            self.generation = generation.reduce(0) { $0 << 8 | UInt64($1) }
            binding = head + [number] + generation
            sealed = fields.rest
        }
    }

    private func open(_ part: Part) throws -> [UInt8] {
        var fields = Fields(part.sealed)
        let length = Int(try fields.integer(2))
        let (nonce, tag) = (try fields.bytes(12), try fields.bytes(16))
        var text = try fields.bytes(length)
        guard fields.rest.allSatisfy({ $0 == 0 }),
            key.open(&text, nonce: nonce.span, binding: part.binding.span, tag: tag.span)
        else { throw Refusal.damaged }
        return text
    }

    private func contents(_ plain: [UInt8]) throws -> Contents {
        var fields = Fields(plain[...])
        let authenticators = try fields.list(upTo: 5) { try $0.authenticator() }
        guard Set(authenticators.map(\.name)).count == authenticators.count else {
            throw Refusal.damaged
        }
        let made = try fields.integer(8)
        let live = try fields.integer(2)
        guard live < 1024 else { throw Refusal.damaged }
        let codes = try (0..<10).filter { live & (1 << $0) != 0 }.map {
            Contents.Code(index: $0, salt: try fields.bytes(8), hash: try fields.bytes(12))
        }
        let contents = Contents(
            authenticators: authenticators, codesMade: made, codes: codes,
            temporary: try fields.temporary(), throttle: try fields.throttle(),
            events: try fields.events(upTo: 7), notices: try fields.notices(),
            trusted: try fields.list(upTo: 8) { try $0.trustedKey() },
            timesPutOff: UInt8(try fields.integer(1)), epoch: try fields.integer(8),
            usedKeys: try fields.list(upTo: 10) {
                Contents.UsedKey(
                    mark: try $0.bytes(16), time: try $0.integer(8), counter: try $0.integer(8))
            }, refused: try fields.list(upTo: 5) { try $0.integer(8) })
        guard fields.isAtEnd else { throw Refusal.damaged }
        return contents
    }
}
