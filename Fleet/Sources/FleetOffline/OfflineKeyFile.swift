import FleetNetwork
import OTPCore

/// The key of a host's offline answers and, beside it, how new the ledger must be.
struct OfflineKeyFile: Sendable {
    /// What the ledger had when it was written last.
    struct Mark: Equatable, Sendable {
        var serial: UInt64
        /// The highest number that was burnt.
        var highest: UInt64
    }

    struct Contents: Sendable {
        var key: SealKey
        /// The bytes of `key`, for the file.
        var bytes: [UInt8]
        var mark: Mark
    }

    let path: String

    init(in folder: String) { path = "\(folder)/offline.key" }

    /// `nil` if there is none yet.
    func read() throws(FleetProblem) -> Contents? {
        guard PrivateFile.exists(path) else { return nil }
        let words = try PrivateFile.read(path).split { $0 == " " || $0 == "\n" }
        guard words.count == 5, words[0] == "1", let id = OfflineKeyFile.bytes(words[1]),
            var bytes = OfflineKeyFile.bytes(words[2]), let serial = UInt64(words[3]),
            let highest = UInt64(words[4]), highest < .max - 1, serial < .max - 1
        else { throw FleetProblem("\(path) is damaged; remove it, and a server gives another") }
        let kept = bytes
        guard let key = SealKey(id: id, key: Secret(wiping: &bytes)) else {
            throw FleetProblem("\(path) is damaged; remove it, and a server gives another")
        }
        return Contents(key: key, bytes: kept, mark: Mark(serial: serial, highest: highest))
    }

    /// Replaces it, on the disk when this returns.
    func write(_ contents: Contents) throws(FleetProblem) {
        let (id, key) = (Hex.text(of: contents.key.id), Hex.text(of: contents.bytes))
        let mark = contents.mark
        try PrivateFile.write("1 \(id) \(key) \(mark.serial) \(mark.highest)\n", at: path)
    }

    static func bytes(_ text: Substring) -> [UInt8]? {
        Hex.decode(Array(text.utf8).span)?.withBytes { $0.array }
    }
}
