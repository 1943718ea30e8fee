import Foundation

/// What a process has in its memory, to look for secrets in: all that it can write to, stacks, heaps
/// and variables, or a whole core image.
public struct MemoryImage: Sendable {
    private struct Part: Sendable {
        let name: String
        let start: UInt
        let bytes: [UInt8]
    }

    private let parts: [Part]

    /// How many bytes there are.
    public var count: Int { parts.reduce(0) { $0 + $1.bytes.count } }

    /// The memory of a process that stands still.
    public init(of process: pid_t) throws {
        let maps = try Self.maps(of: process)
        let file = open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble("no memory of \(process)") }
        defer { close(file) }
        parts = maps.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            guard ends.count == 2, words[1].hasPrefix("rw") else { return nil }
            var bytes = [UInt8](repeating: 0, count: Int(ends[1] - ends[0]))
            let count = pread(file, &bytes, bytes.count, off_t(ends[0]))
            guard count == bytes.count else { return nil }
            let name = words.last?.trimmingCharacters(in: .whitespaces) ?? ""
            return Part(name: name, start: ends[0], bytes: bytes)
        }
        guard Set(parts.map(\.name)).isSuperset(of: ["[heap]", "[stack]"]) else {
            throw Trouble("the memory of \(process) cannot be read: \(maps)")
        }
    }

    /// The list of what is mapped. Foundation would read a page of it and take that for all.
    private static func maps(of process: pid_t) throws -> String {
        let file = open("/proc/\(process)/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Trouble("no process \(process)") }
        defer { close(file) }
        var text: [UInt8] = []
        var page = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &page, page.count)
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += page[..<count]
        }
    }

    /// The same by gcore(1) of gdb, with all registers.
    public init(coreOf process: pid_t, in scratch: Scratch) async throws {
        let done = try await Command.run(
            ["gcore", "-o", scratch.file("core"), "\(process)"],
            environment: ["PYTHONDONTWRITEBYTECODE": "1"], within: .seconds(120))
        let path = scratch.file("core.\(process)")
        guard done.status == 0, let core = FileManager.default.contents(atPath: path) else {
            throw Trouble("gcore: \(done.output) \(done.errors)")
        }
        try FileManager.default.removeItem(atPath: path)
        parts = [Part(name: "core", start: 0, bytes: [UInt8](core))]
    }

    /// Where these are found, in words; none where the image is free of them.
    public func places(of forms: [SecretForm]) -> [String] {
        forms.flatMap { form in
            parts.compactMap { part in
                part.bytes.firstPlace(of: form.bytes).map { place in
                    let address = String(part.start + UInt(place), radix: 16)
                    return "\(form.what) in \(part.name) at \(address)"
                }
            }
        }
    }

    /// Those that are found nowhere.
    public func missing(_ forms: [SecretForm]) -> [String] {
        forms.filter { places(of: [$0]).isEmpty }.map(\.what)
    }
}

extension [UInt8] {
    /// Where `part` begins for the first time.
    public func firstPlace(of part: [UInt8]) -> Int? {
        typealias Find =
            @convention(c) (UnsafeRawPointer?, Int, UnsafeRawPointer?, Int) -> UnsafeRawPointer?
        // The headers show memmem(3) to GNU programs only.
        guard let symbol = dlsym(nil, "memmem") else { return nil }
        let find = unsafeBitCast(symbol, to: Find.self)
        return withUnsafeBytes { whole in
            part.withUnsafeBytes { part in
                guard let start = whole.baseAddress,
                    let found = find(start, whole.count, part.baseAddress, part.count)
                else { return nil }
                return found - start
            }
        }
    }
}

extension SystemLog {
    /// Which of these are in a log: in what was sent to the system's, in the files of /var/log, and
    /// in the list of who is logged in (utmp(5)).
    public func finds(_ forms: [SecretForm]) throws -> [String] {
        var all = Array(lines.map(\.text).joined(separator: "\n").utf8)
        let files = FileManager.default
        for name in try files.subpathsOfDirectory(atPath: "/var/log") {
            all += files.contents(atPath: "/var/log/" + name) ?? Data()
        }
        all += files.contents(atPath: "/run/utmp") ?? Data()
        return forms.filter { all.firstPlace(of: $0.bytes) != nil }.map(\.what)
    }
}
