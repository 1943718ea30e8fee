/// Takes fields off the front of some bytes, following docs/FILEFORMAT.md alone.
struct Fields {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) throws -> [UInt8] {
        guard count <= rest.count else { throw SecondReader.Refusal.damaged }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func integer(_ count: Int) throws -> UInt64 {
        try bytes(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    mutating func text() throws -> String {
        String(decoding: try bytes(Int(integer(1))), as: UTF8.self)
    }

    mutating func list<Item>(
        upTo limit: Int, _ item: (inout Fields) throws -> Item
    ) throws -> [Item] {
        let count = Int(try integer(1))
        guard count <= limit else { throw SecondReader.Refusal.damaged }
        return try (0..<count).map { _ in try item(&self) }
    }

    mutating func authenticator() throws -> SecondReader.Contents.Authenticator {
        let read = SecondReader.Contents.Authenticator(
            kind: UInt8(try integer(1)), hash: UInt8(try integer(1)), digits: UInt8(try integer(1)),
            period: UInt16(try integer(2)), drift: Int16(bitPattern: UInt16(try integer(2))),
            nextStep: try integer(8), added: try integer(8), lastUsed: try integer(8),
            name: try text(), key: try bytes(Int(integer(1))))
        guard (1...2).contains(read.kind), (1...3).contains(read.hash),
            (6...8).contains(read.digits), (15...120).contains(read.period),
            (1...32).contains(read.name.utf8.count), (10...64).contains(read.key.count)
        else { throw SecondReader.Refusal.damaged }
        return read
    }

    mutating func throttle() throws -> SecondReader.Contents.Throttle {
        SecondReader.Contents.Throttle(
            failures: UInt32(try integer(4)), last: try integer(8),
            sources: try list(upTo: 8) { fields in
                SecondReader.Contents.Source(
                    id: try fields.source(), failures: UInt32(try fields.integer(4)),
                    last: try fields.integer(8), lastLogin: try fields.integer(8))
            },
            newcomers: try list(upTo: 3) {
                SecondReader.Contents.Newcomer(
                    id: try $0.source(), failures: UInt8(try $0.integer(1)))
            }, forgiven: try integer(8), opens: try integer(8))
    }

    /// The ID of a source, and whether it is a key.
    private mutating func source() throws -> [UInt8] {
        let id = try bytes(17)
        guard id[16] <= 1 else { throw SecondReader.Refusal.damaged }
        return id
    }

    mutating func temporary() throws -> SecondReader.Contents.Temporary? {
        let form = try integer(1)
        guard form <= 2 else { throw SecondReader.Refusal.damaged }
        if form == 0 { return nil }
        var code = SecondReader.Contents.Temporary(
            salt: try bytes(8), hash: try bytes(12), issued: try integer(8),
            expires: try integer(8), used: try integer(8))
        if form == 2 {
            code.bootID = try bytes(16)
            code.bootSeconds = try integer(8)
        }
        return code
    }

    mutating func notices() throws -> SecondReader.Contents.Notices {
        let (failures, since) = (UInt32(try integer(4)), try integer(8))
        let origin = try text()
        let reminds = try integer(1)
        guard origin.utf8.count <= 46, reminds <= 1 else { throw SecondReader.Refusal.damaged }
        let changes = try events(upTo: 6)
        let tellings = try bytes(changes.count)
        guard tellings.allSatisfy({ $0 <= 3 }) else { throw SecondReader.Refusal.damaged }
        return SecondReader.Contents.Notices(
            failures: failures, since: since, origin: origin, reminds: reminds == 1,
            changes: changes, tellings: tellings)
    }

    mutating func trustedKey() throws -> SecondReader.Contents.TrustedKey {
        let read = SecondReader.Contents.TrustedKey(
            fingerprint: try bytes(32), since: try integer(8), until: try integer(8),
            lastUsed: try integer(8), name: try text(), address: try text(),
            origin: try bytes(16))
        guard (1...16).contains(read.name.utf8.count), read.address.utf8.count <= 39,
            read.address.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw SecondReader.Refusal.damaged }
        return read
    }

    mutating func events(upTo limit: Int) throws -> [SecondReader.Contents.Event] {
        let count = try integer(1)
        var log = Fields(try bytes(Int(integer(2)))[...])
        guard count <= limit else { throw SecondReader.Refusal.damaged }
        let events = try (0..<count).map { _ in try log.event() }
        guard log.isAtEnd else { throw SecondReader.Refusal.damaged }
        return events
    }

    private mutating func event() throws -> SecondReader.Contents.Event {
        SecondReader.Contents.Event(
            kind: UInt8(try integer(1)), time: try integer(8), detail: try text(),
            origin: try text())
    }
}
