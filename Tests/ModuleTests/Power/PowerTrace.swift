import Foundation
import TestSupport

/// What a program really did to files, as strace(1) saw it.
enum PowerTrace {
    /// One call that changes something, makes it last, or tells somebody.
    enum Event: Equatable {
        case makeFolder(String)
        case create(String)
        case write(String, at: Int, [UInt8])
        case rename(String, to: String)
        case remove(String)
        /// A sync of a file or a folder; where it failed, nothing is known of what was written.
        case sync(String, worked: Bool)
        /// Bytes on the standard output: from here on, somebody may count on it.
        case said(String)
    }

    /// Every call by which a file or a folder can be changed.
    private static let calls = [
        "write", "writev", "pwrite64", "pwritev", "pwritev2", "truncate", "ftruncate", "fallocate",
        "copy_file_range", "sendfile", "splice", "openat", "open", "openat2", "creat", "link",
        "linkat", "symlink", "symlinkat", "unlink", "unlinkat", "rmdir", "rename", "renameat",
        "renameat2", "mkdir", "mkdirat", "mknod", "mknodat", "fsync", "fdatasync", "syncfs", "sync",
        "sync_file_range", "msync",
    ]

    /// The words before a program that is recorded, with more of strace's such as `-e inject=...`.
    static func words(to file: String, _ more: [String] = []) -> [String] {
        let calls = calls.joined(separator: ",")
        return ["strace", "-f", "-y", "-xx", "-s", "1048576", "-o", file, "-e", "trace=\(calls)"]
            + more
    }

    /// Reads what strace wrote, of what happened below `folder`; paths are from there on.
    static func read(_ file: String, below folder: String) throws -> [Event] {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        return try text.split(separator: "\n").compactMap { line in
            do {
                return try event(line.drop { $0 != " " }.drop { $0 == " " }, below: folder)
            } catch {
                throw Trouble("\(error) in: \(line.prefix(400))")
            }
        }
    }

    private static func event(_ line: Substring, below folder: String) throws -> Event? {
        guard let paren = line.firstIndex(of: "("), !line.hasPrefix("+++"), !line.hasPrefix("---")
        else { return nil }
        let call = String(line[..<paren])
        guard let end = line.range(of: ") = ", options: .backwards) else {
            throw Trouble("half a line")
        }
        // Killed at the call, before it did anything.
        if line[end.upperBound...].hasPrefix("?") { return nil }
        let worked = !line[end.upperBound...].hasPrefix("-1")
        let words = Words(line[line.index(after: paren)..<end.lowerBound])
        let isSync = call == "fsync" || call == "fdatasync"
        if call == "write", words.descriptor == 1 {
            return .said(String(decoding: words.bytes, as: UTF8.self))
        }
        guard worked || isSync else { return nil }
        switch call {
        case "openat":
            guard line.contains("O_CREAT") else { return nil }
        case "open", "creat", "write", "mkdir", "unlink", "rename", "writev", "sendfile", "splice":
            // None of these comes from the store; what they touch has to be elsewhere.
            guard !words.paths.contains(where: { isBelow($0, folder) }) else {
                throw Trouble("a call that is not replayed")
            }
            return nil
        default: break
        }
        guard let full = words.paths.first, isBelow(full, folder) else { return nil }
        let path = String(full.dropFirst(folder.count))
        func named(_ index: Int) throws -> String {
            String(try words.named(index).dropFirst(folder.count))
        }
        switch call {
        case "openat": return .create(try named(0))
        case "mkdirat": return .makeFolder(try named(0))
        case "unlinkat": return .remove(try named(0))
        case "renameat2": return .rename(try named(0), to: try named(1))
        case "pwritev", "pwrite64":
            guard let offset = words.last.flatMap({ Int($0) }) else { throw Trouble("no offset") }
            return .write(path, at: offset, words.bytes)
        case "fsync", "fdatasync": return .sync(path, worked: worked)
        default: throw Trouble("a call that is not replayed")
        }
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        path == folder || path.hasPrefix(folder + "/")
    }
}

/// The arguments of a call, as `strace -y -xx` writes them.
private struct Words {
    /// The paths of the descriptors, in their order.
    private(set) var paths: [String] = []
    /// The strings, in their order.
    private(set) var strings: [[UInt8]] = []
    /// The number of the first descriptor.
    private(set) var descriptor: Int?
    /// The last argument.
    private(set) var last: String?

    init(_ text: Substring) {
        descriptor = Int(text.prefix { $0.isNumber })
        last = text.split(separator: " ").last.map(String.init)
        var end: UInt8?
        var part: [UInt8] = []
        for byte in text.utf8 {
            if let wanted = end {
                if byte != wanted {
                    part.append(byte)
                    continue
                }
                let bytes = Words.decoded(part)
                if wanted == UInt8(ascii: ">") {
                    paths.append(String(decoding: bytes, as: UTF8.self))
                } else {
                    strings.append(bytes)
                }
                end = nil
            } else if byte == UInt8(ascii: "<") || byte == UInt8(ascii: "\"") {
                (end, part) = (byte == UInt8(ascii: "<") ? UInt8(ascii: ">") : byte, [])
            }
        }
    }

    /// All strings one after the other.
    var bytes: [UInt8] { strings.flatMap { $0 } }

    /// What string `index` names in the folder of descriptor `index`.
    func named(_ index: Int) throws -> String {
        guard paths.count > index, strings.count > index else { throw Trouble("no name") }
        return paths[index] + "/" + String(decoding: strings[index], as: UTF8.self)
    }

    /// `\x41\x42` as bytes; anything else stays.
    private static func decoded(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let first = rest.first {
            if first == UInt8(ascii: "\\"), rest.count >= 4 {
                let digits = String(decoding: rest.dropFirst(2).prefix(2), as: UTF8.self)
                bytes.append(UInt8(digits, radix: 16) ?? 0)
                rest = rest.dropFirst(4)
            } else {
                bytes.append(first)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }
}
