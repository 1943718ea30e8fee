// Documents: otp-enroll's requests to the service, and replies from a real or false service.

/// A record without a disk.
final class FuzzSession: RecordSession {
    private var record: Record

    init(_ record: consuming Record) { self.record = record }

    func withRecord<Result, Failure: Error>(
        _ body: (inout Record) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(&record)
    }

    func charge() throws(StoreError) {}

    func commit() throws(StoreError) {
        // What is written must be readable.
        let bytes = record.encoded
        guard bytes.count <= Record.maximumEncodedLength, Record(decoding: bytes.span) != nil
        else { mistake("a record that cannot be read was written") }
    }

    func close() {}
}

/// What was read must be written so that it reads the same again.
func fuzzRequests(_ input: [UInt8]) {
    let request: Request
    do throws(Document.Problem) {
        request = try Document.request(input)
    } catch {
        return
    }
    do throws(Document.Problem) {
        let again = try Document.request(Document.encode(request))
        expect(again == request, "another request")
    } catch {
        mistake("a request that is not read")
    }
}

func fuzzReplies(_ input: [UInt8]) {
    let reply: Reply
    do throws(Document.Problem) {
        reply = try Document.reply(input)
    } catch {
        return
    }
    // Unknown members may be dropped, but the rest may not grow.
    do throws(Document.Problem) {
        let again = try Document.reply(Document.encode(reply))
        expect(again == reply, "another reply")
    } catch {
        mistake("a reply that is not read")
    }
    switch reply.result {
    case .account(let account):
        for authenticator in account.authenticators { _ = authenticator.authenticator }
        for event in account.events.compactMap(\.event) {
            _ = Notices.sentences(about: event, at: 0)
        }
    case .outcome(let outcome): _ = outcome.refusal.map { Outcome.refused($0).reason }
    case .done(let change): _ = change.event?.event
    case .failed(let trouble): _ = trouble.error.text
    default: break
    }
}
