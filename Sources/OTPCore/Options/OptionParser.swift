/// Parses options from arguments and lines. Anything that is not exactly an option is an error.
public struct OptionParser {
    /// The options so far.
    public private(set) var options: Options
    /// One bit for each option that was given.
    private var seen: UInt64 = 0
    /// Whether the input is root's.
    private let isBelieved: Bool

    /// A parser that starts from `options`. Arguments of a program that is not root's count as far
    /// as `OptionKey.claim` allows.
    public init(_ options: Options = Options(), isBelieved: Bool = true) {
        self.options = options
        self.isBelieved = isBelieved
    }

    /// Parses one module argument: `name=value`, or a flag's `name`.
    public mutating func argument(_ text: [UInt8]) throws(StoreError) {
        do throws(Problem) {
            guard text.count <= 1024 else { throw Problem("too long") }
            if let equals = text.firstIndex(of: UInt8(ascii: "=")) {
                try set(text[..<equals], text[(equals + 1)...], inFile: false)
            } else {
                try set(text[...], nil, inFile: false)
            }
        } catch {
            let subject = Array("argument ".utf8) + LogLine.sanitized(text)
            throw StoreError(.configuration, subject, error.detail)
        }
    }

    /// Parses a whole configuration file. `path` is for errors, which name file and line.
    public mutating func file(_ contents: [UInt8], path: [UInt8]) throws(StoreError) {
        var number = 0
        var rest = contents[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
            number += 1
            do throws(Problem) {
                try line(rest[..<end])
            } catch {
                let subject = path + Array(" line \(number)".utf8)
                throw StoreError(.configuration, subject, error.detail)
            }
            rest = rest[end...].dropFirst()
        }
    }

    /// What is wrong with an option; the caller adds if it is.
    struct Problem: Error {
        let detail: String
        init(_ detail: String) { self.detail = detail }
    }

    private mutating func line(_ line: ArraySlice<UInt8>) throws(Problem) {
        let text = OptionParser.trimmed(line)
        guard let first = text.first, first != UInt8(ascii: "#") else { return }
        guard let equals = text.firstIndex(of: UInt8(ascii: "=")) else {
            throw Problem("not of the form `key = value`")
        }
        let name = OptionParser.trimmed(text[..<equals])
        let value = OptionParser.trimmed(text[(equals + 1)...])
        try set(name, OptionParser.unquoted(value), inFile: true)
    }

    private mutating func set(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>?, inFile: Bool
    ) throws(Problem) {
        guard let option = OptionKey.named(name), option.inFile || !inFile else {
            throw Problem("there is no such option")
        }
        let bit: UInt64 = 1 << UInt64(option.rawValue)
        guard seen & bit == 0 else { throw Problem("`\(option.name)` is given twice") }
        seen |= bit
        switch isBelieved ? .believed : option.claim {
        case .believed: try apply(option, value, to: &options)
        case .passedOver:
            var ignored = options
            try apply(option, value, to: &ignored)
        case .denied: throw Problem("only root's programs may name another place")
        }
    }

    private func apply(
        _ option: OptionKey, _ value: ArraySlice<UInt8>?, to options: inout Options
    ) throws(Problem) {
        switch option.kind {
        case .flag(let apply):
            apply(&options, try flag(option, value))
        case .number(let range, let apply):
            guard let number = value.flatMap({ OptionParser.number($0, UInt8.self) }),
                range.contains(number)
            else {
                throw takes(option, "a number from \(range.lowerBound) to \(range.upperBound)")
            }
            apply(&options, number)
        case .hours(let range, let apply):
            guard let value, value.last == UInt8(ascii: "h"),
                let number = OptionParser.number(value.dropLast(), UInt16.self),
                range.contains(UInt64(number))
            else { throw takes(option, "\(range.lowerBound)h to \(range.upperBound)h") }
            apply(&options, UInt64(number) * 3600)
        case .text(let maximum, let apply):
            guard let value, (1...maximum).contains(value.count),
                value.allSatisfy({ (0x20...0x7e).contains($0) })
            else { throw takes(option, "1 to \(maximum) characters of plain ASCII") }
            guard option != .prompt || !OptionParser.looksLikePassword(value) else {
                throw takes(option, "no text that looks like a password prompt")
            }
            guard option != .mail || OptionParser.hasOnePlaceholder(value) else {
                throw takes(option, "an address with one %u in it, for the user's name")
            }
            apply(&options, Array(value))
        case .label(let apply):
            guard let value = value.map({ Array($0) }), KeyURI.allows(value.span),
                KeyLabel.part(of: value) == value
            else {
                throw takes(
                    option,
                    "1 to \(KeyURI.maximumPartLength) bytes of UTF-8 without control characters "
                        + "and without a colon")
            }
            apply(&options, value)
        case .choice(let first, let second, let third, let apply):
            if let value, first.utf8.elementsEqual(value) {
                apply(&options, 0)
            } else if let value, second.utf8.elementsEqual(value) {
                apply(&options, 1)
            } else if let value, let third, third.utf8.elementsEqual(value) {
                apply(&options, 2)
            } else if let third {
                throw takes(option, "\(first), \(second) or \(third)")
            } else {
                throw takes(option, "\(first) or \(second)")
            }
        case .path(let apply):
            guard let value, value.first == UInt8(ascii: "/"), value.count < 1024,
                value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
            else { throw takes(option, "a path that begins with `/`") }
            apply(&options, Array(value))
        case .date(let apply):
            guard let value, let seconds = CivilTime.seconds(ofDate: value) else {
                throw takes(option, "a date such as 2027-03-31")
            }
            apply(&options, seconds)
        case .language(let apply):
            guard let language = value.flatMap({ Language($0) }) else {
                throw takes(option, "a language such as sv or pt_BR")
            }
            apply(&options, language)
        case .networks(let apply):
            apply(&options, try networks(option, value ?? []))
        case .services(let apply):
            apply(&options, try services(option, value ?? []))
        case .verifiers(let apply):
            apply(&options, try verifiers(option, value ?? []))
        case .messages(let apply):
            apply(&options, try messages(option, value ?? []))
        case .numbers(let apply):
            apply(&options, try numbers(option, value ?? []))
        case .users(let apply):
            apply(&options, try users(option, value ?? []))
        }
    }

    private func flag(_ option: OptionKey, _ value: ArraySlice<UInt8>?) throws(Problem) -> Bool {
        guard let value else { return true }
        if value.elementsEqual("yes".utf8) { return true }
        if value.elementsEqual("no".utf8) { return false }
        throw takes(option, "yes or no")
    }

    func takes(_ option: OptionKey, _ what: String) -> Problem {
        Problem("`\(option.name)` takes \(what)")
    }

    /// Whether there is exactly one `%`, followed by `u`.
    private static func hasOnePlaceholder(_ text: ArraySlice<UInt8>) -> Bool {
        guard let place = text.firstIndex(of: UInt8(ascii: "%")) else { return false }
        let rest = text[(place + 1)...]
        return rest.first == UInt8(ascii: "u") && !rest.contains(UInt8(ascii: "%"))
    }

    /// Whether a prompt would be taken for a password prompt, by people or by sudo, which then
    /// replaces it by its own.
    private static func looksLikePassword(_ prompt: ArraySlice<UInt8>) -> Bool {
        let letters = trimmed(prompt).map { $0 | 0x20 }
        return letters.suffix(9).elementsEqual("password:".utf8)
            || letters.suffix(8).elementsEqual("password".utf8)
    }

    /// A number of one to three digits that fits its type.
    private static func number<Number: FixedWidthInteger>(
        _ text: ArraySlice<UInt8>, _ type: Number.Type
    ) -> Number? {
        guard (1...3).contains(text.count) else { return nil }
        var value: UInt16 = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value &* 10 &+ UInt16(byte &- UInt8(ascii: "0"))
        }
        return Number(exactly: value)
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool {
            byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
        }
        guard let first = text.firstIndex(where: { !isBlank($0) }),
            let last = text.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return text[first...last]
    }

    /// The text between double quotes, so that a prompt can end with a space.
    private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let quote = UInt8(ascii: "\"")
        guard text.count >= 2, text.first == quote, text.last == quote else { return text }
        return text.dropFirst().dropLast()
    }
}
