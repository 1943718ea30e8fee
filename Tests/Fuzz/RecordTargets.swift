// Records: their bytes, the file around them, and the seal.

private let now: UInt64 = 1_800_000_015

/// The bytes of a record behind the seal.
func fuzzRecord(_ input: [UInt8]) {
    guard var record = Record(decoding: input.span) else { return }
    expect(encoded(record) == input, "a record that is written as another")
    let account = AccountDocument(record, at: now, boot: nil, options: Options())
    do throws(Document.Problem) {
        let reply = Reply(.account(account: account))
        expect(try Document.reply(Document.encode(reply)) == reply, "another account")
    } catch {
        mistake("an account that is too long")
    }
    for event in record.events.events { _ = Notices.sentence(event, at: now) }
    _ = record.notices.sentences(at: now, backupCodesLeft: record.backupCodesLeft)
    _ = record.throttle.lockedUntil(at: now)
    _ = record.liveTrusts(at: now, days: 30)
    _ = record.liveTrust(in: [UInt8](repeating: 7, count: 32), at: now, days: 30)
    _ = record.temporaryCode?.state(at: now, boot: nil)
    // A try on it, whatever it says, gives a record again.
    let session = FuzzSession(record)
    let (here, code) = ([UInt8](), Array("123456".utf8))
    let attempt = Attempt(
        verifier: Verifier(window: 1), origin: Array("sshd".utf8), source: SourceID(here.span))
    do throws(StoreError) {
        let outcome = try attempt.run(Answer(code.span), on: session, at: now)
        if case .granted(.code) = outcome {
            let again = try attempt.run(Answer(code.span), on: session, at: now)
            if case .granted = again { mistake("a code that counts twice") }
        }
    } catch {
        mistake("an error of a store that has none")
    }
    record = Record(decoding: input.span) ?? Record()
    let events = record.events.count
    record.removeAll()
    expect(!record.isEnrolled && record.events.count == events, "what is not removed")
}

private func encoded(_ record: borrowing Record) -> [UInt8] {
    let bytes = record.encoded
    expect(bytes.count <= Record.maximumEncodedLength, "a record that has grown too large")
    return bytes
}

// MARK: The seal

/// What is sealed opens again, and only as it was.
func fuzzSeal(_ input: [UInt8]) {
    var tape = Tape(input)
    let (change, place) = (tape.byte(), Int(tape.uint16()))
    let binding = tape.text()
    let nonce = [UInt8](repeating: tape.byte(), count: SealKey.nonceLength)
    let plain = tape.rest()
    let key = Scene.sealKey
    var bytes = plain
    guard let tag = key.seal(&bytes, nonce: nonce.span, binding: binding.span) else {
        mistake("nothing is sealed")
    }
    var opened = bytes
    expect(
        key.open(&opened, nonce: nonce.span, binding: binding.span, tag: tag.span)
            && opened == plain, "what is sealed does not open")
    // One bit of anything changed.
    var (other, otherTag, otherBinding, otherNonce) = (bytes, tag.span.array, binding, nonce)
    let bit = UInt8(1) << (change >> 2 & 7)
    switch change & 3 {
    case 0 where !other.isEmpty: other[place % other.count] ^= bit
    case 1 where !otherBinding.isEmpty: otherBinding[place % otherBinding.count] ^= bit
    case 2: otherNonce[place % otherNonce.count] ^= bit
    default: otherTag[place % otherTag.count] ^= bit
    }
    expect(
        !key.open(&other, nonce: otherNonce.span, binding: otherBinding.span, tag: otherTag.span),
        "what was changed opens")
    expect(other.isEmpty, "what was not opened is left behind")
}
