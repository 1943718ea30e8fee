import FleetNetwork
import FleetStore
import OTPCore

/// The file of master keys: on each line an id and a key in hex, and perhaps `next`, for a key that
/// servers know but that does not count yet. The database says which one counts.
struct KeyFile {
    private struct Line {
        let id: [UInt8]
        let text: String
        let key: SealKey
        var isNext: Bool
    }

    private var lines: [Line]

    /// A file with one new key.
    init() throws(FleetProblem) { lines = [try KeyFile.newLine(isNext: false)] }

    /// Reads the text of a file. Throws if it is damaged, or has no key that may count.
    init(_ text: String) throws(FleetProblem) {
        lines = []
        for line in text.split(separator: "\n") { lines.append(try KeyFile.line(String(line))) }
        guard lines.contains(where: { !$0.isNext }) else {
            throw FleetProblem("\(ServerFolder.keyName) is empty; restore it")
        }
        guard lines.count(where: \.isNext) <= 1 else {
            throw FleetProblem("\(ServerFolder.keyName) has two keys that are next; remove one")
        }
    }

    private static func line(_ text: String) throws(FleetProblem) -> Line {
        let words = text.split(separator: " ")
        guard words.count == 2 || (words.count == 3 && words[2] == "next"),
            let id = Hex.decode(Array(words[0].utf8).span)?.withBytes({ $0.array }),
            let key = Hex.decode(Array(words[1].utf8).span), let found = SealKey(id: id, key: key)
        else { throw FleetProblem("\(ServerFolder.keyName) is damaged; restore it") }
        return Line(
            id: id, text: "\(words[0]) \(words[1])", key: found, isNext: words.count == 3)
    }

    private static func newLine(isNext: Bool) throws(FleetProblem) -> Line {
        var generator = SystemRandomNumberGenerator()
        func hex(_ count: Int) -> String {
            Hex.text(of: (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        let end = isNext ? " next" : ""
        return try line("\(hex(SealKey.idLength)) \(hex(SealKey.keyLength))\(end)")
    }

    /// The text of the file.
    var text: String { lines.map { "\($0.text)\($0.isNext ? " next" : "")\n" }.joined() }

    /// All keys; the database says which is the current one.
    var keys: MasterKeys {
        get throws(FleetProblem) {
            guard let first = lines.first else {
                throw FleetProblem("\(ServerFolder.keyName) is empty; restore it")
            }
            return MasterKeys(current: first.key, earlier: lines.dropFirst().map(\.key))
        }
    }

    /// The key that does not count yet.
    var next: SealKey? { lines.first { $0.isNext }?.key }

    /// Whether there is one key alone.
    var isSettled: Bool { lines.count == 1 }

    /// Adds a key that does not count yet.
    mutating func addNext() throws(FleetProblem) {
        lines.append(try KeyFile.newLine(isNext: true))
    }

    /// Puts the key that counts on the first line.
    mutating func promote(_ id: [UInt8]) {
        lines = lines.map { line in
            var line = line
            if line.id == id { line.isNext = false }
            return line
        }
        lines = lines.filter { $0.id == id } + lines.filter { $0.id != id }
    }

    /// Keeps only this key.
    mutating func retireAll(but id: [UInt8]) { lines = lines.filter { $0.id == id } }
}
