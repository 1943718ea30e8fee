/// A line of sshd_config, split as sshd does it.
enum SSHWords {
    /// The keyword in lower case under its newest name, and the words after it; `nil` for a line
    /// without content.
    static func split(_ line: String) -> (key: String, words: [String])? {
        var rest = Array(line.utf8)[...]
        rest = rest.drop(while: isBlank)
        let quote = UInt8(ascii: "\"")
        var key: ArraySlice<UInt8>
        if rest.first == quote {
            rest = rest.dropFirst()
            key = rest.prefix { $0 != quote }
            rest = rest.dropFirst(key.count + 1)
        } else {
            key = rest.prefix { !isBlank($0) && $0 != UInt8(ascii: "=") }
            rest = rest.dropFirst(key.count)
        }
        guard let first = key.first, first != UInt8(ascii: "#") else { return nil }
        // A `=` may be between them.
        rest = rest.drop(while: isBlank)
        if rest.first == UInt8(ascii: "=") { rest = rest.dropFirst() }
        let name = String(decoding: key, as: UTF8.self).lowercased()
        return (otherNames[name] ?? name, words(rest))
    }

    private static func words(_ text: ArraySlice<UInt8>) -> [String] {
        var words: [String] = []
        var rest = text.drop(while: isBlank)
        while let first = rest.first, first != UInt8(ascii: "#") {
            words.append(word(&rest))
            rest = rest.drop(while: isBlank)
        }
        return words
    }

    /// Removes and returns the first word, without its quotes and backslashes.
    private static func word(_ rest: inout ArraySlice<UInt8>) -> String {
        let (backslash, blank) = (UInt8(ascii: "\\"), UInt8(ascii: " "))
        let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
        var word: [UInt8] = []
        var quote: UInt8?
        while let byte = rest.popFirst() {
            if byte == backslash, let next = rest.first,
                next == backslash || quotes.contains(next) || quote == nil && next == blank
            {
                word.append(next)
                rest = rest.dropFirst()
            } else if quote == nil, isBlank(byte) {
                break
            } else if quote == nil, quotes.contains(byte) {
                quote = byte
            } else if byte == quote {
                quote = nil
            } else {
                word.append(byte)
            }
        }
        return String(decoding: word, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        // Carriage returns and form feeds end lines, too.
        [UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0d, 0x0c].contains(byte)
    }

    /// Settings that sshd knows by two names.
    private static let otherNames = [
        "challengeresponseauthentication": "kbdinteractiveauthentication",
        "skeyauthentication": "kbdinteractiveauthentication",
        "dsaauthentication": "pubkeyauthentication",
        "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    ]
}
