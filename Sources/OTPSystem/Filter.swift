import CLinux
import Glibc
import OTPWire

/// A program that reads what it is given and writes something else, as in a pipe. Neither side ever
/// waits for the other, and nothing is kept but what it says on its standard error.
public struct Filter: ~Copyable {
    /// What the program reads.
    public enum Source {
        /// What `put` is given.
        case given
        /// An open file.
        case file(CInt)
    }

    /// How the program has ended.
    public struct End {
        /// Its exit status; 128 plus the signal if one ended it.
        public let status: CInt
        public let errors: [UInt8]
    }

    /// It has ended, or reads no more, before it was given everything.
    public struct Ended: Error {}

    /// The most that is kept of its errors, in bytes.
    private static let mostErrors = 4096
    /// How long to wait before looking for a signal, in milliseconds.
    private static let pace: CInt = 50

    private var process: ChildProcess
    private var input: OpenFile?
    private var output: OpenFile?
    private var errors: OpenFile?
    private var heard: [UInt8] = []

    /// Starts the program at the first of `words`, an absolute path, in our own process group: it
    /// may ask for a passphrase on the terminal. Without a pipe, `output` and `errors` are where it
    /// writes.
    public init(
        _ words: [String], environment: [String] = [], reading source: Source,
        output file: CInt? = nil, errors complaints: CInt? = nil
    ) throws(SystemError) {
        var toTool = try Pipe()
        var fromTool = try Pipe()
        var told = try Pipe()
        var given: CInt? = toTool.read?.number
        if case .file(let number) = source { given = number }
        process = try ChildProcess(
            words, environment: environment, input: given,
            output: file ?? fromTool.write?.number, errors: complaints ?? told.write?.number,
            inOwnGroup: false)
        if case .given = source { input = toTool.write.take() }
        if file == nil { output = fromTool.read.take() }
        if complaints == nil { errors = told.read.take() }
        input?.makeNonBlocking()
        output?.makeNonBlocking()
        errors?.makeNonBlocking()
    }

    /// Gives it `bytes`; `take` gets what it writes meanwhile. `check` is called again and again, and
    /// may throw.
    public mutating func put(
        _ bytes: [UInt8], check: () throws -> Void, _ take: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        var rest = bytes[...]
        while true {
            try check()
            try listen(take)
            try write(&rest)
            if rest.isEmpty { return }
            pause()
        }
    }

    /// Tells it that this is all, and waits for its end.
    public mutating func finish(
        check: () throws -> Void, _ take: (ArraySlice<UInt8>) throws -> Void
    ) throws -> End {
        input = nil
        while true {
            try check()
            let status = process.ended()
            try listen(take)
            if let status { return End(status: status, errors: heard) }
            pause()
        }
    }

    private mutating func write(_ rest: inout ArraySlice<UInt8>) throws {
        guard input?.writeSome(&rest) == true else { throw Ended() }
    }

    /// Reads all that there is.
    private mutating func listen(_ take: (ArraySlice<UInt8>) throws -> Void) throws {
        if try output?.readSome(take) == false { output = nil }
        var kept = heard
        let isOpen = errors?.readSome { kept += $0.prefix(Filter.mostErrors - kept.count) }
        if isOpen == false { errors = nil }
        heard = kept
    }

    /// Waits a moment, or until there is something to write or to read.
    private mutating func pause() {
        OpenFile.awaitAny(
            writing: input?.number ?? -1, reading: [output?.number ?? -1, errors?.number ?? -1],
            milliseconds: Filter.pace)
    }
}
