// What a host and a server of a fleet read of each other.

/// A call of a host that was broken into: what was read must be written so that it reads the same
/// again, and nothing in it may stop a server.
func fuzzCalls(_ input: [UInt8]) {
    if OfflineCall.isOne(input) {
        fuzzOfflineCall(input)
        return
    }
    let call: FleetCall
    do throws(Document.Problem) {
        call = try Document.fleetCall(input)
    } catch {
        return
    }
    do throws(Document.Problem) {
        let again = try Document.fleetCall(Document.encode(call))
        expect(again == call, "another call")
    } catch {
        mistake("a call that is not read")
    }
    switch call.step {
    case .look(let question, let place):
        _ = question.question
        _ = place.origin(at: "web1")?.origin
    case .judge(_, let trial, let place):
        _ = trial.trial
        _ = place.origin(at: "web1")?.origin
    case .trust(let wish, let place):
        _ = wish.wish
        _ = place.origin(at: "web1")?.source
    case .enroll(let enrollment, _):
        if let new = enrollment.enrollment() {
            expect(new.key.count > 0, "a key without bytes")
        }
    case .bring(let record, _, _):
        let text = Array(record.utf8)
        if let bytes = Base64.decode(text.span), let read = Record(decoding: bytes.span) {
            expect(Record(decoding: read.encoded.span) != nil, "a record that is not read")
        }
    default: break
    }
}

private func fuzzOfflineCall(_ input: [UInt8]) {
    let call: OfflineCall
    do throws(Document.Problem) {
        call = try OfflineCall(decoding: input)
    } catch {
        return
    }
    do throws(Document.Problem) {
        let again = try OfflineCall(decoding: call.encoded())
        expect(again == call, "another call for the agent")
    } catch {
        mistake("a call for the agent that is not read")
    }
}

/// A server's answer, as a host reads it.
func fuzzFleetReplies(_ input: [UInt8]) {
    let reply: FleetReply
    do throws(Document.Problem) {
        reply = try Document.fleetReply(input)
    } catch {
        return
    }
    do throws(Document.Problem) {
        let again = try Document.fleetReply(Document.encode(reply))
        expect(again == reply, "another reply of a server")
    } catch {
        mistake("a reply of a server that is not read")
    }
    switch reply.result {
    case .look(let look): _ = look.look
    case .judged(let document):
        guard let judgement = document.judgement else { return }
        if case .granted = judgement.outcome {
            expect(document.outcome.isAccepted, "a refusal lets in")
        } else {
            expect(!document.outcome.isAccepted, "a yes is a no")
        }
        for sentence in judgement.welcome.sentences { _ = sentence.english }
    case .welcome(let welcome): for sentence in welcome.welcome.sentences { _ = sentence.english }
    case .newPlace(let place): _ = place?.place
    case .kept(let kept): _ = kept?.kept
    case .failed(let trouble): _ = trouble.error.text
    default: break
    }
}
