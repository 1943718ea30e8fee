import OTPCore

/// How sshd matches names and addresses with patterns (ssh_config(5), PATTERNS).
enum SSHPattern {
    /// The result for a list of patterns: a matching pattern with `!` before it decides.
    enum Answer {
        case fits, doesNot, isExcluded
    }

    /// Whether a text matches one pattern, with the wildcards `*` and `?`.
    static func fits(_ text: String, _ pattern: String) -> Bool {
        let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
        let (any, one) = (UInt8(ascii: "*"), UInt8(ascii: "?"))
        var (here, there) = (0, 0)
        var star: (text: Int, pattern: Int)?
        while here < text.count {
            if there < pattern.count, pattern[there] == any {
                star = (here, there)
                there += 1
            } else if there < pattern.count, pattern[there] == one || pattern[there] == text[here] {
                here += 1
                there += 1
            } else if let last = star {
                star = (last.text + 1, last.pattern)
                here = last.text + 1
                there = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[there...].allSatisfy { $0 == any }
    }

    /// The result of a comma-separated list for a text.
    static func answer(_ text: String, _ list: String) -> Answer {
        answer(entries(list)) { fits(text, $0) }
    }

    /// The result of a list for a host name.
    static func answer(host: String, _ list: String) -> Answer {
        answer(host.lowercased(), list.lowercased())
    }

    /// The result of a list for an address: networks, or patterns for its text.
    static func answer(address: String, _ list: String) -> Answer {
        let numeric = IPAddress(Array(address.utf8)[...])
        return answer(entries(list)) { entry in
            if let network = SSHNetwork(entry) { return numeric.map(network.contains) ?? false }
            return fits(address, entry)
        }
    }

    /// The entries of a list, in their order.
    static func entries(_ list: String) -> [Substring] {
        list.split(separator: ",", omittingEmptySubsequences: false)
    }

    private static func answer(_ entries: [Substring], _ fits: (String) -> Bool) -> Answer {
        var answer = Answer.doesNot
        for entry in entries {
            let isNegated = entry.hasPrefix("!")
            guard fits(String(isNegated ? entry.dropFirst() : entry)) else { continue }
            if isNegated { return .isExcluded }
            answer = .fits
        }
        return answer
    }

    /// Whether an entry of AllowUsers or DenyUsers matches a login: `USER` or `USER@HOSTS`.
    static func fits(_ login: SSHLogin, userPattern pattern: String) -> Bool {
        let (user, hosts) = parts(userPattern: pattern)
        guard fits(login.user.name, user) else { return false }
        guard let hosts else { return true }
        let address = answer(address: login.place.address, hosts)
        let host = answer(host: login.place.host, hosts)
        return address != .isExcluded && host != .isExcluded
            && (address == .fits || host == .fits)
    }

    /// An entry of AllowUsers or DenyUsers, split.
    static func parts(userPattern pattern: String) -> (user: String, hosts: String?) {
        guard let mark = pattern.lastIndex(of: "@") else { return (pattern, nil) }
        return (String(pattern[..<mark]), String(pattern[pattern.index(after: mark)...]))
    }
}

/// A network as sshd reads it; it may contain all addresses.
struct SSHNetwork {
    /// Its first address.
    let first: IPAddress
    private let prefix: Int

    /// `nil` for what sshd takes for a pattern.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let word = parts.first, let address = IPAddress(Array(word.utf8)[...]) else {
            return nil
        }
        let most = address.bytes.count * 8
        var prefix = most
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...most).contains(length) else { return nil }
            prefix = length
        }
        self.init(address, prefix)
    }

    /// The network of an address.
    init(_ address: IPAddress, _ prefix: Int) {
        self.prefix = prefix
        first = address.first(in: prefix)
    }

    /// Whether it contains an address.
    func contains(_ address: IPAddress) -> Bool {
        address.first(in: prefix) == first
    }

    /// Its ends, and the addresses next to them: so each gap between networks has one.
    var edges: [IPAddress] {
        let last = first.last(in: prefix).bytes
        let beside = [
            SSHNetwork.stepped(first.bytes, up: false), SSHNetwork.stepped(last, up: true),
        ]
        return ([first.bytes, last] + beside.compactMap { $0 }).compactMap { IPAddress(bytes: $0) }
    }

    /// The length of the prefix.
    var length: Int { prefix }

    /// The next or previous address; `nil` after the last or before the first.
    private static func stepped(_ bytes: [UInt8], up: Bool) -> [UInt8]? {
        var bytes = bytes
        for index in bytes.indices.reversed() {
            let isOver = bytes[index] == (up ? 0xff : 0)
            bytes[index] = up ? bytes[index] &+ 1 : bytes[index] &- 1
            if !isOver { return bytes }
        }
        return nil
    }
}

extension IPAddress {
    /// As inet_pton(3) reads it.
    var text: String {
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        return stride(from: 0, to: 16, by: 2).map { index in
            String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
        }.joined(separator: ":")
    }
}
