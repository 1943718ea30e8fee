// What an ordinary user may ask the service for, and what a program may be told by what says that
// it is the service.

/// A store without a disk, and one user in it, or nobody.
final class FuzzStore: RecordStore {
    final class Session: RecordSession {
        private var record: Record

        init(_ record: consuming Record) { self.record = record }

        func withRecord<Result>(_ body: (inout Record) -> Result) -> Result { body(&record) }
        func charge() throws(StoreError) {}
        func commit() throws(StoreError) {
            // What is written must be readable.
            let bytes = record.encoded
            guard bytes.count <= Record.maximumEncodedLength,
                Record(decoding: bytes.span) != nil
            else { mistake("a record that cannot be read was written") }
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
func fuzzRequests(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let store = FuzzStore()
    if first & 1 == 1 { store.session = FuzzStore.Session(enrolled()) }
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
            let frame = cursor.bytes(Int(length), of: input.span)
        else { break }
        check(request: frame)
        guard let reply = session.reply(to: frame.span) else { break }
        guard reply.count <= HelperReply.maximumLength, HelperReply(decoding: reply.span) != nil
        else { mistake("a reply that cannot be read") }
    }
}

private func enrolled() -> Record {
    guard let name = Name("phone".utf8), let phone = Authenticator(name: name, added: 1) else {
        mistake("no phone")
    }
    var record = Record()
    let key = [UInt8](repeating: 1, count: 20)
    do { try record.add(phone, key: key.span) } catch { mistake("no record") }
    let trusted = [UInt8](repeating: 7, count: TrustedKey.fingerprintLength)
    guard
        record.trust(trusted, named: name, at: 1_800_000_000, days: 30, most: 8, from: trusted)
    else { mistake("no trusted key") }
    return record
}

/// What is read has to be written as it was.
private func check(request frame: [UInt8]) {
    guard let request = HelperRequest(decoding: frame.span) else { return }
    switch request {
    case .enrolled: expect(frame == HelperRequest.enrolledMessage, "another request")
    case .status: expect(frame == HelperRequest.statusMessage, "another request")
    case .codes: expect(frame == HelperRequest.codesMessage, "another request")
    case .disable: expect(frame == HelperRequest.disableMessage, "another request")
    case .remove(let name): expect(frame == HelperRequest.removeMessage(name), "another name")
    case .untrust(let key): expect(frame == HelperRequest.untrustMessage(key), "another key")
    case .begin(let device): expect(frame == HelperRequest.beginMessage(device), "another device")
    case .prove: break
    case .confirm: break
    }
}

// MARK: Replies

/// What is read has to be written as it was, as far as it is not made fit to be shown.
func fuzzReplies(_ input: [UInt8]) {
    guard let reply = HelperReply(decoding: input.span) else { return }
    switch consume reply {
    case .flag(let flag): expect(HelperReply.flagMessage(flag) == input, "another flag")
    case .done: expect(HelperReply.doneMessage == input, "another word")
    case .record(let record):
        expect(HelperReply.recordMessage(record) == input, "another record")
    case .verdict(let verdict):
        let message = HelperReply.verdictMessage(verdict)
        expect(HelperReply(decoding: message.span) != nil, "a verdict that is not read")
        expect(message == input, "another verdict")
    case .outcome(let outcome, let sentences):
        check(sentences)
        let message = HelperReply.outcomeMessage(outcome, sentences: sentences)
        guard case .outcome(let again, let told) = HelperReply(decoding: message.span) else {
            mistake("an outcome that is not read")
        }
        expect(again == outcome && told.count == sentences.count, "another outcome")
    case .device(let name, let replaces, let key):
        let message = HelperReply.deviceMessage(name: name, replaces: replaces, key: key)
        expect(message.count == input.count, "another device")
    case .kept(let name, let replaced, let skew, let codes):
        check(codes)
        let message = HelperReply.keptMessage(
            name: name, replaced: replaced, skew: skew, codes: codes)
        guard case .kept(let again, _, let off, _) = HelperReply(decoding: message.span) else {
            mistake("a kept device that is not read")
        }
        expect(again == name && off == skew, "another kept device")
    case .codes(let codes): check(codes)
    case .denied(let denial, let text):
        check([text])
        let message = HelperReply.deniedMessage(denial, Array(text.utf8))
        guard case .denied(let again, _) = HelperReply(decoding: message.span) else {
            mistake("a no that is not read")
        }
        expect(again == denial, "another no")
    }
}

/// What comes from outside is shown on a terminal.
private func check(_ texts: [String]) {
    expect(
        texts.count <= 16 && texts.allSatisfy { $0.utf8.count <= 255 && isPlain($0.utf8) },
        "a text that cannot be shown")
}
