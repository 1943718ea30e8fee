import CLinux
import Glibc
import OTPWire

/// Runs a system program to its end, and reads its output.
public struct Tool: ~Copyable {
    /// A program's output, and its exit status.
    public struct Result {
        /// The exit status; 128 plus the signal if one ended it.
        public let status: CInt
        public let output: [UInt8]
        public let errors: [UInt8]
    }

    /// How long to wait for something to read or write, in milliseconds, before checking whether
    /// the program has ended.
    private static let pace: CInt = 10

    private var process: ChildProcess
    /// Its standard input, while there is more to write.
    private var input: OpenFile?
    private var output: Ear
    private var errors: Ear

    /// Runs the program at the first of `words`, an absolute path, with `input` on its standard
    /// input. `limit` is how many bytes of output are kept; `meanwhile` is called every few
    /// milliseconds. `nil` if it takes too long, and is ended for that.
    public static func run(
        _ words: [String], from program: String? = nil, reading input: [UInt8] = [],
        environment: [String] = [], within patience: Duration, keeping limit: Int,
        meanwhile: () -> Void = {}
    ) throws(SystemError) -> Result? {
        // If it stops reading, its status shows that; a signal must not end us.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        var tool = try started(words, program, environment: environment, keeping: limit)
        return tool.finish(reading: input, until: Deadline(in: patience), meanwhile)
    }

    private static func started(
        _ words: [String], _ program: String?, environment: [String], keeping limit: Int
    ) throws(SystemError) -> Tool {
        var toTool = try Pipe()
        var fromTool = try Pipe()
        var complaints = try Pipe()
        let process = try ChildProcess(
            words, from: program, environment: environment, input: toTool.read?.number,
            output: fromTool.write?.number, errors: complaints.write?.number)
        // So that neither side ever waits for the other.
        toTool.write?.makeNonBlocking()
        return Tool(
            process: process, input: toTool.write.take(),
            output: Ear(fromTool.read.take(), keeping: limit),
            errors: Ear(complaints.read.take(), keeping: limit))
    }

    private mutating func finish(
        reading text: [UInt8], until deadline: Deadline, _ meanwhile: () -> Void
    ) -> Result? {
        var rest = text[...]
        while true {
            write(&rest)
            output.listen()
            errors.listen()
            if let status = process.ended() {
                output.listen()
                errors.listen()
                return Result(status: status, output: output.heard, errors: errors.heard)
            }
            guard !deadline.isOver else { return nil }
            meanwhile()
            pause()
        }
    }

    /// Writes what the pipe has room for, and closes it after the last byte.
    private mutating func write(_ rest: inout ArraySlice<UInt8>) {
        guard let isRead = input?.writeSome(&rest) else { return }
        if !isRead || rest.isEmpty { input = nil }
    }

    /// Waits a moment, or until there is something to write or to read.
    private mutating func pause() {
        OpenFile.awaitAny(
            writing: input?.number ?? -1, reading: [output.number, errors.number],
            milliseconds: Tool.pace)
    }
}

/// One of the pipes that a program writes to.
private struct Ear: ~Copyable {
    private var file: OpenFile?
    private let limit: Int
    /// The beginning of its output.
    private(set) var heard: [UInt8] = []

    init(_ file: consuming OpenFile?, keeping limit: Int) {
        self.limit = limit
        let file = file
        file?.makeNonBlocking()
        self.file = file
    }

    /// For poll(2), which ignores -1.
    var number: CInt { mutating get { file?.number ?? -1 } }

    /// Reads what there is, so that the program never waits for us, and keeps the beginning.
    mutating func listen() {
        var kept = heard
        heard = []
        let limit = limit
        let isOpen = file?.readSome { kept += $0.prefix(limit - kept.count) }
        if isOpen == false { file = nil }
        heard = kept
    }
}
