// Records: their bytes; the file around them is in RecordFileTarget.swift.

private let now: UInt64 = 1_800_000_015

/// The bytes of a record without the seal.
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
    for event in record.events.events { _ = Notices.sentences(about: event, at: now) }
    _ = record.notices.sentences(
        to: Notices.Listener(since: 0, oldest: 0), at: now, backupCodesLeft: record.backupCodesLeft)
    _ = record.throttle.lockedUntil(at: now)
    _ = record.liveTrusts(at: now, days: 30)
    _ = record.liveTrust(in: [UInt8](repeating: 7, count: 32), at: now, days: 30)
    _ = record.temporaryCode?.state(at: now, boot: nil)
    // Any try on it gives a valid record again.
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
