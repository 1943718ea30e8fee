import Foundation

/// A program that is talked to line by line. No thread waits for it, and no other program started
/// at the same time holds its pipes open.
public final class PipedChild {
    public let child: Child
    private let input: Int32, output: Int32
    private var buffer: [UInt8] = []

    /// Starts a program, found on PATH, with pipes for its standard input and output.
    public init(_ words: [String]) throws {
        var toProgram: [Int32] = [-1, -1], fromProgram: [Int32] = [-1, -1]
        guard pipe(&toProgram) == 0, pipe(&fromProgram) == 0 else { throw Trouble("no pipes") }
        let quiet = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { for file in [toProgram[0], fromProgram[1], quiet] { close(file) } }
        (input, output) = (toProgram[1], fromProgram[0])
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        child = try Child(
            words, environment: [:], streams: .descriptors(toProgram[0], fromProgram[1], quiet))
    }

    /// Writes text to its standard input.
    public func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.write(input, bytes, bytes.count) == bytes.count else {
            throw Trouble("the program does not read: \(errno)")
        }
    }

    /// Waits for its next line, without the end; `nil` if it has ended instead.
    public func line(
        within limit: Duration = .seconds(40), isolation: isolated (any Actor)? = #isolation
    ) async throws -> Data? {
        try await patiently("a line", within: limit) { () -> Data?? in
            let hasEnded = child.status != nil
            var part = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = read(output, &part, part.count)
                guard count > 0 else { break }
                buffer += part[..<count]
            }
            if let end = buffer.firstIndex(of: 10) {
                defer { buffer.removeSubrange(...end) }
                return .some(Data(buffer[..<end]))
            }
            return hasEnded ? .some(nil) : nil
        }
    }

    deinit {
        close(input)
        close(output)
    }
}
