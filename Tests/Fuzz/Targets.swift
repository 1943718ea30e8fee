// The fuzz targets, one binary for all of them: Tests/fuzz compiles this folder into one module
// with OTPCore, OTPStore, OTPWire, OTPImport, the service's own files and what the fleet's server
// reads of logs, so that it can use their internals, and runs it under the name of the target.

/// What receives an input.
enum Target: String, CaseIterable {
    case record, file, options, answer, uri
    case google = "google-authenticator"
    case oath = "users.oath"
    case pskc
    case csv = "privacyidea-csv"
    case exports, keepassxc, json, catalog, answers
    case requests, replies, calls, fleetReplies = "fleet-replies", logs, keys, frames, login, module

    var run: ([UInt8]) -> Void {
        switch self {
        case .record: fuzzRecord
        case .file: fuzzFile
        case .options: fuzzOptions
        case .answer: fuzzAnswer
        case .uri: fuzzURI
        case .google: fuzzGoogle
        case .oath: fuzzUsersOATH
        case .pskc: fuzzPSKC
        case .csv: fuzzCSV
        case .exports: fuzzExports
        case .keepassxc: fuzzKeePass
        case .json: fuzzJSON
        case .answers: fuzzTerminalAnswers
        case .catalog: fuzzCatalog
        case .requests: fuzzRequests
        case .replies: fuzzReplies
        case .calls: fuzzCalls
        case .fleetReplies: fuzzFleetReplies
        case .logs: fuzzLogs
        case .keys: fuzzKeys
        case .frames: fuzzFrames
        case .login: fuzzLogin
        case .module: fuzzModule
        }
    }
}

nonisolated(unsafe) private var run: ([UInt8]) -> Void = { _ in fatalError("no target") }

/// Chooses the target by the program's name. libFuzzer passes that on to its children; an
/// environment variable would take more care.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>
) -> CInt {
    guard let program = arguments.pointee?[0] else { fatalError("no name") }
    let name = String(cString: program).split(separator: "/").last.map(String.init) ?? ""
    guard let target = Target(rawValue: name) else { fatalError("no target \(name)") }
    run = target.run
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Stops the run: the input is saved as one that shows a bug.
func mistake(_ what: String) -> Never {
    // Saving it needs system calls as well.
    kernel = nil
    fatalError(what)
}

/// Stops the run unless `holds`.
@inline(__always)
func expect(_ holds: Bool, _ what: @autoclosure () -> String) {
    if !holds { mistake(what()) }
}

/// Reads an input from its beginning; past its end there are zeros.
struct Tape {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isOver: Bool { offset >= bytes.count }

    mutating func byte() -> UInt8 {
        guard offset < bytes.count else { return 0 }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func uint16() -> UInt16 { UInt16(byte()) << 8 | UInt16(byte()) }

    mutating func uint64() -> UInt64 { (0..<8).reduce(0) { sum, _ in sum << 8 | UInt64(byte()) } }

    /// At most `count` bytes.
    mutating func bytes(_ count: Int) -> [UInt8] {
        let end = min(bytes.count, offset + count)
        defer { offset = end }
        return Array(bytes[offset..<end])
    }

    /// As many bytes as the next byte says.
    mutating func text() -> [UInt8] {
        let length = Int(byte())
        return bytes(length)
    }

    mutating func rest() -> [UInt8] { bytes(bytes.count - offset) }
}

/// Whether `text` may be shown anywhere.
func isPlain(_ text: some Sequence<UInt8>) -> Bool {
    text.allSatisfy { (0x20...0x7e).contains($0) }
}
