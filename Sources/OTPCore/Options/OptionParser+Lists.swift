// Options whose values are lists.

extension OptionParser {
    /// The networks of a list; each must be valid.
    func networks(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> [IPNetwork] {
        let words = OptionParser.words(value)
        guard (1...OptionParser.maximumNetworks).contains(words.count) else {
            let most = OptionParser.maximumNetworks
            throw takes(option, "1 to \(most) networks such as 10.0.0.0/8 or fd00::/8")
        }
        var networks: [IPNetwork] = []
        for word in words {
            do throws(IPNetwork.Trouble) {
                networks.append(try IPNetwork(word))
            } catch {
                let written = String(decoding: LogLine.sanitized(Array(word)), as: UTF8.self)
                let what =
                    switch error {
                    case .form: "numeric networks such as 10.0.0.0/8 or fd00::/8"
                    case .bitsBehind: "networks without bits behind their length"
                    case .everything: "no network of all addresses"
                    }
                throw takes(option, "\(what): \(written)")
            }
        }
        return networks
    }

    /// The most networks that an option takes.
    static let maximumNetworks = 64

    /// The services of a list; each must be a possible file name in /etc/pam.d, and be listed once.
    func services(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> [[UInt8]] {
        let words = OptionParser.words(value).map { Array($0) }
        guard (1...OptionParser.maximumServices).contains(words.count) else {
            throw takes(
                option, "1 to \(OptionParser.maximumServices) PAM services such as sshd or login")
        }
        for (index, word) in words.enumerated() {
            let written = String(decoding: LogLine.sanitized(word), as: UTF8.self)
            guard OptionParser.isService(word) else {
                throw takes(
                    option, "PAM services, in lower case, such as sshd or login: \(written)")
            }
            guard !words[..<index].contains(word) else {
                throw takes(option, "each service once: \(written)")
            }
        }
        return words
    }

    /// The users of a list, each perhaps with a service behind a slash; each must be listed once.
    func verifiers(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> [Options.Verifier] {
        let words = OptionParser.words(value)
        guard (1...OptionParser.maximumVerifiers).contains(words.count) else {
            throw takes(
                option,
                "1 to \(OptionParser.maximumVerifiers) users, such as postgres or www-data/nginx")
        }
        var verifiers: [Options.Verifier] = []
        for word in words {
            let written = String(decoding: LogLine.sanitized(Array(word)), as: UTF8.self)
            let slash = word.firstIndex(of: UInt8(ascii: "/"))
            let user = Array(word[..<(slash ?? word.endIndex)])
            let service = slash.map { Array(word[($0 + 1)...]) }
            guard (1...64).contains(user.count), user.allSatisfy({ (0x21...0x7e).contains($0) }),
                service.map({ !$0.isEmpty && OptionParser.isService($0) }) ?? true
            else {
                throw takes(option, "users, such as postgres or www-data/nginx: \(written)")
            }
            let verifier = Options.Verifier(user: user, service: service)
            guard !verifiers.contains(verifier) else {
                throw takes(option, "each user once: \(written)")
            }
            verifiers.append(verifier)
        }
        return verifiers
    }

    /// The kinds of message in a list; each must be listed once.
    func messages(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> [MessageKind] {
        var kinds: [MessageKind] = []
        for word in OptionParser.words(value) {
            let kind = MessageKind.allCases.first { $0.word.utf8.elementsEqual(word) }
            guard let kind, !kinds.contains(kind) else { throw takes(option, "mail, sms or both") }
            kinds.append(kind)
        }
        guard !kinds.isEmpty else { throw takes(option, "mail, sms or both") }
        return kinds
    }

    /// A range of UIDs; without an end, all that follow. Root is never in one.
    func numbers(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> ClosedRange<UInt32> {
        let parts = value.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
            guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            return UInt32(String(decoding: digits, as: UTF8.self))
        }
        guard parts.count == 2, let first = number(parts[0]), first > 0,
            let last = parts[1].isEmpty ? .max : number(parts[1]), first <= last
        else { throw takes(option, "UIDs such as 1000- or 1000-59999") }
        return first...last
    }

    /// The users of a list; each must be listed once.
    func users(
        _ option: OptionKey, _ value: ArraySlice<UInt8>
    ) throws(Problem) -> [[UInt8]] {
        let words = OptionParser.words(value).map { Array($0) }
        guard (1...OptionParser.maximumVerifiers).contains(words.count),
            words.allSatisfy({ word in
                word.count <= 64 && word.allSatisfy { (0x21...0x7e).contains($0) }
                    && words.count { $0 == word } == 1
            })
        else { throw takes(option, "1 to \(OptionParser.maximumVerifiers) users, each once") }
        return words
    }

    /// The most users that an option takes.
    static let maximumVerifiers = 32

    /// The most services that an option takes.
    static let maximumServices = 32

    /// Whether /etc/pam.d can have a file of this name for libpam to find; libpam lowercases all
    /// names.
    private static func isService(_ name: [UInt8]) -> Bool {
        guard name.count <= 64, name.first != UInt8(ascii: ".") else { return false }
        return name.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8.contains($0) }
    }

    /// The words of a list, separated by blanks or commas.
    private static func words(_ value: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        value.split { " \t,".utf8.contains($0) }
    }
}
