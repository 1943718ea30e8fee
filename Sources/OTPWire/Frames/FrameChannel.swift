import OTPCore

/// A connection that sends and receives frames.
public struct FrameChannel: ~Copyable, Sendable {
    private let socket: Socket
    /// Received bytes that are not a whole frame yet.
    private var input: [UInt8] = []
    /// Bytes waiting to be sent.
    private var output: [UInt8] = []

    /// The real user of the program at the other end, if the kernel sent it with the bytes.
    public private(set) var sender: UInt32?

    public init(_ socket: consuming Socket) { self.socket = socket }

    deinit {
        Secret.wipe(endOf: input)
        Secret.wipe(endOf: output)
    }

    /// For poll(2): readable when something has come.
    public var descriptor: CInt { socket.descriptor }

    /// The effective user of the program at the other end.
    public func peer() throws(WireError) -> UInt32 { try socket.peer() }

    // MARK: Sending

    /// Queues a frame for the next `flush`, and wipes `payload`. A frame that is too long is
    /// truncated; what is built for a person or a log is never that long.
    public mutating func queue(_ kind: Frame.Kind, _ payload: consuming [UInt8] = []) {
        let count = min(payload.count, Frame.maximumLength - 1)
        // In one step, so that growing leaves no copies behind.
        var grown: [UInt8] = []
        grown.reserveCapacity(output.count + 3 + count)
        grown.append(copying: output.span)
        grown.append(bigEndian: UInt16(truncatingIfNeeded: count + 1))
        grown.append(kind.rawValue)
        grown.append(copying: payload.span.extracting(first: count))
        Secret.wipe(&payload)
        Secret.wipe(&output)
        output = grown
    }

    /// Sends what is queued.
    public mutating func flush(until deadline: Deadline) throws(WireError) {
        guard !output.isEmpty else { return }
        defer { Secret.wipe(&output) }
        try socket.send(output, until: deadline)
    }

    // MARK: Receiving

    /// Waits for a frame. The caller wipes its payload.
    public mutating func receive(until deadline: Deadline) throws(WireError) -> Frame {
        while true {
            if let frame = try next() { return frame }
            var part: [UInt8]
            do throws(WireError) {
                part = try socket.receive(FrameChannel.portion, from: &sender, until: deadline)
            } catch {
                throw error == .closed && !input.isEmpty ? .cut : error
            }
            defer { Secret.wipe(&part) }
            var grown: [UInt8] = []
            grown.reserveCapacity(input.count + part.count)
            grown.append(copying: input.span)
            grown.append(copying: part.span)
            Secret.wipe(&input)
            input = grown
        }
    }

    /// How much is read at a time; most frames are shorter. All of it is zeroed before, and wiped
    /// after.
    private static let portion = 1024

    /// The first received frame, if it is whole.
    private mutating func next() throws(WireError) -> Frame? {
        var cursor = Cursor()
        guard let length = cursor.uint16(input.span) else { return nil }
        guard (1...Frame.maximumLength).contains(Int(length)) else { throw .malformed }
        guard let number = cursor.byte(input.span) else { return nil }
        guard let kind = Frame.Kind(rawValue: number) else { throw .malformed }
        guard let payload = cursor.bytes(Int(length) - 1, of: input.span) else { return nil }
        let rest = input.span.extracting(cursor.offset...).array
        Secret.wipe(&input)
        input = rest
        return Frame(kind, payload)
    }
}
