import Foundation

/// The memory of a process, to search for secrets: everything that it can write to, stacks, heaps
/// and variables.
public struct MemoryImage: Sendable {
    private struct Part: Sendable {
        let name: String
        let start: UInt
        let bytes: [UInt8]
    }

    private let parts: [Part]

    /// How many bytes there are.
    public var count: Int { parts.reduce(0) { $0 + $1.bytes.count } }

    /// The memory of a stopped process.
    public init(of process: pid_t) throws {
        let maps = try kernelFile("/proc/\(process)/maps")
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

    /// Where these are found, in words; empty if the image has none of them.
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

    /// Those that are not found anywhere.
    public func missing(_ forms: [SecretForm]) -> [String] {
        forms.filter { places(of: [$0]).isEmpty }.map(\.what)
    }
}

extension [UInt8] {
    /// Where `part` begins for the first time.
    public func firstPlace(of part: [UInt8]) -> Int? {
        typealias Find =
            @convention(c) (UnsafeRawPointer?, Int, UnsafeRawPointer?, Int) -> UnsafeRawPointer?
        // The headers declare memmem(3) only for GNU programs.
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
    /// Which of these are in a log: in what was sent to the system log, in the files of /var/log,
    /// and in the list of logged-in users (utmp(5)).
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
