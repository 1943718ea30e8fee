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

/// The logs that `swiftotp-server restored --replay` reads: wherever a part of them ends, they say
/// the same, and whatever a user is called, a login by backup code is understood.
func fuzzLogs(_ input: [UInt8]) {
    let now: UInt64 = 1_800_000_015
    func logs(_ parts: [ArraySlice<UInt8>]) -> ReplayedLogs {
        var logs = ReplayedLogs(hosts: ReplayedHosts([("web1", "main")]), now: now)
        var splitter = LogSplitter()
        for part in parts { splitter.add(part) { logs.read($0, isWhole: $1) } }
        splitter.end { logs.read($0, isWhole: $1) }
        return logs
    }
    let whole = logs([input[...]])
    expect(whole.lines <= UInt64(input.count), "more lines than bytes")
    let cut = input.count / 3
    expect(logs([input[..<cut], input[cut...]]) == whole, "logs that depend on their parts")

    let name = Array(input.prefix(LogLine.maximumValueLength - 1))
    guard !name.isEmpty else { return }
    let place = LoginOrigin(service: Array("sshd".utf8), address: [], methods: nil)
    let log = LoginLog(place: place, terminal: Array(input.suffix(70)), user: name)
    let words = log.line(for: .granted(.backupCode(index: 3, left: 6))).1.bytes
    let line = Array("Nov 30 08:15:00 web1 sshd[7]: pam_swiftotp(sshd:auth): ".utf8) + words
    guard case .uses(let uses) = ReplayedLine(line[...], now: now).meaning else {
        mistake("a login that is not understood")
    }
    expect(uses.count == 1 && uses.first?.user == name && uses.first?.index == 3, "another's code")
    // What the user is called adds no line either.
    expect(!line.contains(UInt8(ascii: "\n")), "a line that ends")
}
