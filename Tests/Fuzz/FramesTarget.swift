// Bytes on a connection to or from the service.

/// A connection that delivers the input in pieces of a given length.
private final class PiecewisePipe: OtherEnd {
    let user: UInt32? = 0
    let sender: UInt32? = 1000
    private(set) var rest: [UInt8]
    private(set) var sent: [UInt8] = []
    private let portion: Int

    init(_ bytes: [UInt8], portion: Int) { (rest, self.portion) = (bytes, portion) }

    func take(_ bytes: [UInt8]) -> Int {
        sent += bytes.prefix(portion)
        return min(portion, bytes.count)
    }

    func give(_ count: Int) -> Delivery {
        let part = Array(rest.prefix(min(count, portion)))
        rest.removeFirst(part.count)
        return part.isEmpty ? .closed : .bytes(part)
    }

    func isReady(toWrite: Bool) -> Bool { true }
    func hangUp() {}
}

/// The first byte is the size of the pieces. The frames read must be those in the input, and be
/// written back unchanged.
func fuzzFrames(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let machine = Kernel()
    let pipe = PiecewisePipe(Array(input.dropFirst()), portion: Int(first) + 1)
    kernel = machine
    defer { kernel = nil }
    var channel = FrameChannel(Socket(CInt(machine.socket(to: pipe))))
    var expected = pipe.rest
    while true {
        do throws(WireError) {
            let frame = try channel.receive(until: Deadline(in: .seconds(1)))
            guard let same = FrameBytes.next(&expected) else { mistake("a frame out of nothing") }
            expect(
                frame.kind.rawValue == same.kind && frame.payload == same.payload, "another frame")
            expect(channel.sender == 1000, "another sender")
            check(login: frame.payload)
            check(sending: frame, on: &channel, pipe)
        } catch {
            check(error, before: expected)
            break
        }
    }
}

/// Whether reading stopped for a good reason.
private func check(_ error: WireError, before rest: [UInt8]) {
    var bytes = rest
    let length = rest.count < 2 ? 1 : Int(rest[0]) << 8 | Int(rest[1])
    let isFrame =
        (1...Frame.maximumLength).contains(length)
        && (rest.count < 3 || Frame.Kind(rawValue: rest[2]) != nil)
    switch error {
    case .closed: expect(rest.isEmpty, "an end in the middle of a frame")
    case .cut:
        let isCut = !rest.isEmpty && FrameBytes.next(&bytes) == nil
        expect(isFrame && isCut, "a frame that is not cut")
    case .malformed: expect(!isFrame, "a frame that is not taken")
    default: mistake("an error of a connection that has none")
    }
}

/// A payload read as a login must be written back unchanged; with one byte less or more it is
/// invalid, or another login.
private func check(login payload: [UInt8]) {
    guard let request = LoginRequest(decoding: payload) else { return }
    expect(FrameBytes.login(request) == payload, "a login that is read as another")
    expect(LoginRequest(decoding: Array(payload.dropLast())) != request, "a login that is cut")
    expect(LoginRequest(decoding: payload + [0]) == nil, "a login with more behind it")
    let numbers = request.address + (request.sshMethods ?? [])
    expect(
        numbers.count <= request.remoteHost.count + request.connection.count
            + SSHMethods.maximumLength, "more than was said")
}

private func check(sending frame: Frame, on channel: inout FrameChannel, _ pipe: PiecewisePipe) {
    let before = pipe.sent.count
    channel.queue(frame.kind, frame.payload)
    do throws(WireError) {
        try channel.flush(until: Deadline(in: .seconds(1)))
    } catch {
        mistake("a frame that is not sent")
    }
    let sent = Array(pipe.sent.dropFirst(before))
    expect(sent == FrameBytes.frame(frame.kind.rawValue, frame.payload), "a frame that is changed")
}
