import CLinux

/// Lines from a descriptor. Bytes, not characters: an answer may be anything.
struct LineReader {
    private let descriptor: CInt
    private var buffer: [UInt8] = []
    private var next = 0

    init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// The next line without its newline; nil at the end of the input.
    mutating func line() -> [UInt8]? {
        var line: [UInt8] = []
        while true {
            while next < buffer.count {
                let byte = buffer[next]
                next += 1
                if byte == UInt8(ascii: "\n") { return line }
                line.append(byte)
            }
            guard fill() else { return line.isEmpty ? nil : line }
        }
    }

    private mutating func fill() -> Bool {
        guard let bytes = readSome(descriptor) else { return false }
        buffer = bytes
        next = 0
        return true
    }
}

/// Up to 64 KB from a descriptor; nil at its end.
func readSome(_ descriptor: CInt) -> [UInt8]? {
    let room = 65_536
    var count = 0
    var bytes = [UInt8](repeating: 0, count: room)
    repeat {
        // SAFETY: the array holds `room` bytes, and read(2) writes no more than that.
        count = unsafe read(descriptor, &bytes, room)
    } while count < 0 && swiftotp_errno() == EINTR
    return count > 0 ? Array(bytes.prefix(count)) : nil
}

/// The contents of a small file; nil if it cannot be opened.
func readFile(_ path: String) -> [UInt8]? {
    // SAFETY: the path is a C string for the length of the call.
    let descriptor = unsafe swiftotp_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)
    guard descriptor >= 0 else { return nil }
    var all: [UInt8] = []
    while let bytes = readSome(descriptor) { all += bytes }
    close(descriptor)
    return all
}

/// Writes all of `bytes`, at once if possible, so that lines of several processes do not mix.
func writeAll(_ bytes: [UInt8], to descriptor: CInt = 1) {
    var rest = bytes
    while !rest.isEmpty {
        // SAFETY: the array is alive for the length of the call.
        let count = unsafe write(descriptor, rest, rest.count)
        if count < 0 && swiftotp_errno() == EINTR { continue }
        guard count > 0 else { exit(74) }
        rest.removeFirst(count)
    }
}

/// Replaces `\xHH` by that byte and `\\` by a backslash; nil if an escape is neither.
func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "\\") else {
            out.append(byte)
            continue
        }
        switch rest.popFirst() {
        case UInt8(ascii: "\\"):
            out.append(byte)
        case UInt8(ascii: "x"):
            guard let high = rest.popFirst().flatMap(hexDigit),
                let low = rest.popFirst().flatMap(hexDigit)
            else { return nil }
            out.append(high << 4 | low)
        default:
            return nil
        }
    }
    return out
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Nanoseconds of the monotonic clock.
func monotonicNanoseconds() -> Int {
    var now = timespec()
    // SAFETY: `now` is a whole timespec for the length of the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int(now.tv_sec) * 1_000_000_000 + Int(now.tv_nsec)
}

/// The first word of a line, and what follows one space after it.
func split(_ line: [UInt8]) -> (verb: String, argument: [UInt8]) {
    let space = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
    return (String(decoding: line[..<space], as: UTF8.self), Array(line[space...].dropFirst()))
}

func words(_ argument: [UInt8]) -> [String] {
    argument.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
}

func oneOf(_ argument: [UInt8], _ first: String, _ second: String) -> String? {
    let word = String(decoding: argument, as: UTF8.self)
    return word == first || word == second ? word : nil
}

func number(_ argument: [UInt8]) -> Int? {
    guard let number = Int(String(decoding: argument, as: UTF8.self)), number >= 0 else {
        return nil
    }
    return number
}
