import CLinux

/// A connection to swiftotpd, and the frames on it: a length of two bytes, a kind, and the payload.
/// Nothing on it is copied elsewhere in this process.
@safe
struct Wire: ~Copyable {
    /// The version of the frames.
    static var version: UInt8 { 2 }
    /// The longest frame, without its length.
    static var maximumLength: Int { 32_768 }

    /// The part of a frame before its payload: length and kind.
    private static var headLength: Int { 3 }

    private let socket: CInt
    /// The payload of the last frame, with room for a NUL after it.
    private var input: Bytes

    /// Takes ownership of a connected socket; `nil` if there is no memory.
    init?(_ socket: CInt) {
        guard let input = Bytes(capacity: Wire.maximumLength) else {
            swiftotp_close(socket)
            return nil
        }
        self.socket = socket
        self.input = input
    }

    deinit { swiftotp_close(socket) }

    /// Whether root is at the other end, according to the kernel (SO_PEERCRED).
    var isRoots: Bool {
        var process: CInt = 0
        var user = UInt32.max
        // SAFETY: locals that the call fills.
        return unsafe swiftotp_peer(socket, &process, &user) == 0 && user == 0
    }

    // MARK: Sending

    /// Sends a frame; `false` if it cannot be sent in time.
    func send(_ kind: Said, _ payload: borrowing Bytes) -> Bool {
        // SAFETY: the bytes that are in it.
        unsafe payload.withPointer(at: 0) { unsafe send(kind, $0, payload.count) }
    }

    /// Sends a frame with `count` bytes at `payload`, directly from there: what was typed is not
    /// copied.
    @unsafe
    func send(_ kind: Said, _ payload: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
        let length = count + 1
        guard length <= Wire.maximumLength else { return false }
        var head = (
            UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length), kind.rawValue
        )
        let end = Clock.now &+ Patience.reply
        var (done, tries) = (0, Wire.maximumInterruptions)
        while done < Wire.headLength + count {
            // SAFETY: three adjacent bytes, and `count` that the caller vouches for.
            let sent = unsafe withUnsafeBytes(of: &head) {
                unsafe swiftotp_send_two(
                    socket, $0.baseAddress, Wire.headLength, payload, count, done)
            }
            if sent > 0 {
                done += sent
            } else if !isWorthAnotherTry(toWrite: true, until: end, &tries) {
                return false
            }
        }
        return true
    }

    // MARK: Receiving

    /// Waits for the next frame and keeps its payload; why not, if none came in time.
    mutating func next(within patience: Int) -> Arrival {
        let end = Clock.now &+ patience
        var head: (UInt8, UInt8, UInt8) = (0, 0, 0)
        // SAFETY: three adjacent bytes.
        let trouble = unsafe withUnsafeMutableBytes(of: &head) {
            unsafe receive($0.baseAddress, Wire.headLength, until: end)
        }
        if let trouble { return trouble }
        let length = Int(head.0) << 8 | Int(head.1)
        guard (1...Wire.maximumLength).contains(length), let kind = Heard(rawValue: head.2) else {
            return .malformed
        }
        input.clear()
        // SAFETY: it has room for the longest frame.
        let cut = unsafe input.withPointer(at: 0) {
            unsafe receive($0, length - 1, until: end)
        }
        input.grow(by: length - 1)
        return cut ?? .frame(kind)
    }

    /// Receives exactly `count` bytes; why not, if they did not come in time.
    private func receive(
        _ place: UnsafeMutableRawPointer?, _ count: Int, until end: Int
    ) -> Arrival? {
        guard let place = unsafe place else { return .closed }
        var (done, tries) = (0, Wire.maximumInterruptions)
        while done < count {
            // SAFETY: writes after the `done` bytes.
            let received = unsafe swiftotp_receive_some(socket, place + done, count - done)
            if received > 0 {
                done += received
            } else if received == 0 {
                return .closed
            } else if !isWorthAnotherTry(toWrite: false, until: end, &tries) {
                return Clock.now < end ? .closed : .late
            }
        }
        return nil
    }

    /// The length of the frame's payload.
    var payloadCount: Int { input.count }

    /// Byte `index` of the frame's payload.
    func payload(_ index: Int) -> UInt8 { input[index] }

    /// Calls `body` with the frame's payload, from byte `first` on, as a C string.
    @unsafe
    mutating func withText<Result>(
        from first: Int = 0, _ body: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        // For a shorter frame, only the NUL: after it there is still an earlier one's payload.
        let start = min(first, payloadCount)
        // The longest frame leaves room for it.
        input.append(0)
        let result = unsafe input.withPointer(at: start) { unsafe body($0) }
        input.clear()
        return result
    }

    // MARK: Waiting

    /// How often a signal may interrupt: a system could interrupt each time.
    private static var maximumInterruptions: Int { 1000 }

    /// After a call that failed: waits, if another try makes sense.
    private func isWorthAnotherTry(toWrite: Bool, until end: Int, _ tries: inout Int) -> Bool {
        var error = swiftotp_errno()
        let left = end &- Clock.now
        guard left > 0, tries > 0 else { return false }
        if error == EAGAIN {
            if swiftotp_wait(socket, toWrite ? 1 : 0, left) >= 0 { return true }
            error = swiftotp_errno()
        }
        tries -= 1
        return error == EINTR
    }
}

/// What was received.
enum Arrival {
    case frame(Heard)
    /// The other end is gone.
    case closed
    /// Nothing came in time.
    case late
    /// It is not a frame.
    case malformed
}

/// The kinds of frames sent to swiftotpd.
enum Said: UInt8 {
    case login = 1
    case answer = 2
    case noAnswer = 3
    case conversationFailed = 4
}

/// The kinds of frames received from it.
enum Heard: UInt8 {
    case welcome = 64
    case busy = 65
    case promptHidden = 66
    case promptShown = 67
    case errorMessage = 68
    case infoMessage = 69
    case earlierAnswer = 70
    case setAuthtok = 71
    case log = 72
    case end = 73
}

/// How long to wait, in milliseconds.
enum Patience {
    /// For the first frame of a service after connecting.
    static var welcome: Int { 5_000 }
    /// For any later frame: longer than the service waits for a lock.
    static var reply: Int { 20_000 }
    /// For a service that is full.
    static var busy: Int { 2_000 }
}

/// Milliseconds of a clock that nobody can set.
enum Clock {
    static var now: Int {
        var time = timespec()
        // SAFETY: a local that the call fills.
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) &* 1000 &+ Int(time.tv_nsec) / 1_000_000
    }
}
