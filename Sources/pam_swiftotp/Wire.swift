import CLinux

/// A connection to swiftotpd, and the frames on it: a length of two bytes, a kind, and so many
/// bytes less one.
@safe
struct Wire: ~Copyable {
    /// The version of the frames.
    static var version: UInt8 { 2 }
    /// The longest frame, without its length.
    static var maximumLength: Int { 32_768 }

    private let socket: CInt
    /// What has come, and one byte of room for a NUL behind a text.
    private var input: Bytes
    /// The frame that is being made.
    var output: Bytes

    /// Takes over a connected socket; `nil` where there is no memory.
    init?(_ socket: CInt) {
        guard let input = Bytes(capacity: Wire.maximumLength + 3),
            let output = Bytes(capacity: Wire.maximumLength + 2)
        else {
            _ = close(socket)
            return nil
        }
        self.socket = socket
        self.input = input
        self.output = output
    }

    deinit { _ = close(socket) }

    /// Whether root is at the other end, as the kernel knows (SO_PEERCRED).
    var isRoots: Bool {
        var process: CInt = 0
        var user = UInt32.max
        // SAFETY: locals that the call fills.
        return unsafe swiftotp_peer(socket, &process, &user) == 0 && user == 0
    }

    // MARK: Sending

    /// Begins a frame.
    mutating func begin(_ kind: Said) {
        output.clear()
        output.append(uint16: 0)
        output.append(kind.rawValue)
    }

    /// Sends the frame that was begun; `false` where it is too long, or cannot be sent in time.
    mutating func send() -> Bool {
        guard !output.isCut else { return false }
        output.put(uint16: output.count - 2, at: 0)
        let end = Clock.now &+ Patience.reply
        var done = 0
        while done < output.count {
            let count = output.count - done
            // SAFETY: reads the bytes behind the `done` ones.
            let sent = unsafe output.withPointer(at: done) {
                unsafe CLinux.send(socket, $0, count, swiftotp_send_flags)
            }
            if sent > 0 {
                done += sent
            } else if !isWorthAnotherTry(toWrite: true, until: end) {
                return false
            }
        }
        return true
    }

    // MARK: Receiving

    /// Waits for the next frame, which stays until `next` is called again; why not, where none
    /// came in time.
    mutating func next(within patience: Int) -> Arrival {
        if let length { input.drop(length) }
        let end = Clock.now &+ patience
        while true {
            if let length {
                guard (3...Wire.maximumLength + 2).contains(length) else { return .malformed }
                guard input.count < length else {
                    return Heard(rawValue: input[2]).map { .frame($0) } ?? .malformed
                }
            }
            // SAFETY: writes at most `room` bytes; the last one is for a NUL.
            let received = unsafe input.fill { place, room in
                unsafe CLinux.recv(socket, place, room - 1, swiftotp_send_flags)
            }
            if received > 0 { continue }
            if received == 0 { return .closed }
            guard isWorthAnotherTry(toWrite: false, until: end) else {
                return Clock.now < end ? .closed : .late
            }
        }
    }

    /// The length of the frame at the beginning of what has come, with the two bytes that say it.
    private var length: Int? { input.count < 2 ? nil : input.uint16(at: 0) + 2 }

    /// How many bytes the frame carries.
    var payloadCount: Int { max(0, (length ?? 0) - 3) }

    /// Byte `index` of what the frame carries.
    func payload(_ index: Int) -> UInt8 { index < payloadCount ? input[3 + index] : 0 }

    /// Whether more has come than the frame.
    var hasMore: Bool { input.count > (length ?? 0) }

    /// Calls `body` with what the frame carries from byte `first` on, as a C string: behind it is
    /// a NUL for so long.
    @unsafe
    mutating func withText<Result>(
        from first: Int = 0, _ body: (UnsafePointer<UInt8>, inout Bytes) -> Result
    ) -> Result {
        let end = 3 + payloadCount
        // SAFETY: the byte behind the frame is in the memory, which has room for one more.
        return unsafe input.withPointer(at: 0) { start in
            let kept = unsafe start[end]
            unsafe start[end] = 0
            defer { unsafe start[end] = kept }
            return unsafe body(start + 3 + min(first, payloadCount), &output)
        }
    }

    // MARK: Waiting

    /// After a call that failed: waits, where another try makes sense.
    private func isWorthAnotherTry(toWrite: Bool, until end: Int) -> Bool {
        let error = swiftotp_errno()
        guard error == EAGAIN || error == EINTR else { return false }
        let left = end &- Clock.now
        guard left > 0 else { return false }
        if error == EINTR { return true }
        var one = pollfd(fd: socket, events: Int16(toWrite ? POLLOUT : POLLIN), revents: 0)
        // SAFETY: one descriptor, and a local that the call fills.
        _ = unsafe poll(&one, 1, CInt(clamping: left))
        return true
    }
}

/// What came.
enum Arrival {
    case frame(Heard)
    /// The other end is gone.
    case closed
    /// Nothing came in time.
    case late
    /// It is no frame.
    case malformed
}

/// The kinds of frames that go to swiftotpd.
enum Said: UInt8 {
    case login = 1
    case answer = 2
    case noAnswer = 3
    case conversationFailed = 4
}

/// The kinds of frames that come from there.
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

/// How long something is waited for, in milliseconds.
enum Patience {
    /// The first word of a service that was just connected to.
    static var welcome: Int { 5_000 }
    /// Any later word: longer than the service waits for a lock.
    static var reply: Int { 20_000 }
    /// A service that is full.
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
