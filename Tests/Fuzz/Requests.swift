// A libFuzzer target: what an ordinary user may send to swiftotp-helper. Compiled into one module
// with Sources/OTPCore by Tests/fuzz, so that it sees what the tests see.

/// A store without a disk, and one user in it, or nobody.
final class FuzzStore: RecordStore {
    final class Session: RecordSession {
        private var record: Record

        init(_ record: consuming Record) { self.record = record }

        func withRecord<Result>(_ body: (inout Record) -> Result) -> Result { body(&record) }
        func charge() throws(StoreError) {}
        func commit() throws(StoreError) {
            // What is written must be readable.
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            guard bytes.count <= Record.maximumEncodedLength,
                Record(decoding: bytes.span) != nil
            else { fatalError("a record that cannot be read was written") }
        }
        func close() {}
    }

    var session: Session?

    func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        session?.withRecord { $0.isEnrolled } ?? false
    }
    func open(_ user: User) throws(StoreError) -> Session? { session }
}

struct FuzzClock: Clock {
    func now() throws(StoreError) -> UInt64 { 1_800_000_015 }
    func boot() -> BootTime? { nil }
}

struct FuzzRandom: Randomness {
    func bytes(_ count: Int) throws(StoreError) -> [UInt8] {
        [UInt8](repeating: 7, count: count)
    }
}

/// The first byte says whether the user is enrolled; the rest are frames as on the connection.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    _ = HelperReply(decoding: input.span)
    guard let first = input.first else { return 0 }
    let store = FuzzStore()
    if first & 1 == 1, let name = Name("phone".utf8),
        let phone = Authenticator(name: name, added: 1)
    {
        var record = Record()
        let key = [UInt8](repeating: 1, count: 20)
        do { try record.add(phone, key: key.span) } catch { fatalError("no record") }
        store.session = FuzzStore.Session(record)
    }
    var options = Options()
    options.firstEnrollment = first & 2 == 2 ? .root : .open
    var session = HelperSession(
        of: User(name: Array("alice".utf8), uid: 1000, gid: 1000), clock: FuzzClock(),
        random: FuzzRandom(), options: options, openStore: { () throws(StoreError) in store },
        makeRecord: { (_, _) throws(StoreError) in }, journal: { _ in })
    var cursor = Cursor()
    _ = cursor.byte(input.span)
    for _ in 0..<20 {
        guard let length = cursor.byte(input.span),
            let frame = cursor.bytes(Int(length), of: input.span),
            let reply = session.reply(to: frame.span)
        else { break }
        guard reply.count <= HelperReply.maximumLength, HelperReply(decoding: reply.span) != nil
        else { fatalError("a reply that cannot be read") }
    }
    return 0
}
