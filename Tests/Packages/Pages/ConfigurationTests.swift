import Foundation
import OTPCore
import TestSupport
import Testing

/// The configuration file in the packages: every key, none of them active.
@Suite("packages: swiftotp.conf")
struct ConfigurationTests {
    private static let introduction = """
        # What swiftotpd and otp-enroll go by: see swiftotp.conf(5).
        #
        # Each key stands here with its default, as a comment. An unknown key or a bad value denies
        # all logins, and the log says which it is. This file belongs to root, mode 0644.

        """

    /// Values for options without a default, or whose default would change if written out: a named
    /// store has its key inside.
    private static let examples = [
        "store": "/srv/swiftotp", "echo": "no", "exempt_group": "no-code",
        "exempt_networks": "10.0.0.0/8 fd00::/8", "enroll_until": "2027-01-15", "closed_for": "24h",
        "issuer": "login.example.com", "helpdesk_group": "support", "helpdesk_protected": "board",
        "may_verify": "postgres www-data/nginx", "deliver": "mail sms", "deliver_for": "travelers",
        "local_users": "admin backup",
    ]

    @Test("packaging/swiftotp.conf differs from the table of options")
    func table() throws {
        var expected = Self.introduction
        for option in OptionKey.all where option.inFile {
            expected += "\n" + Self.comment(on: option).map { "# \($0)\n" }.joined()
            expected += "#\(option.name) = \(Self.value(of: option))\n"
        }
        #expect(try Project.text("packaging/swiftotp.conf") == expected, "should be:\n\(expected)")
    }

    @Test("A line is not a comment, or is invalid without its sign")
    func defaults() throws {
        let text = try Project.text("packaging/swiftotp.conf")
        let path = [UInt8]("/swiftotp.conf".utf8)
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
        var parser = OptionParser()
        try parser.file([UInt8](text.utf8), path: path)
        #expect(String(reflecting: parser.options) == String(reflecting: Options()))

        let keys = text.replacing(#/#([a-z_]+ = )/#.anchorsMatchLineEndings()) { $0.1 }
        try parser.file([UInt8](keys.utf8), path: path)
        let set = Mirror(reflecting: parser.options).children
        for (now, before) in zip(set, Mirror(reflecting: Options()).children)
        where Mirror(reflecting: before.value).displayStyle != .optional {
            // Those that are nil by default are texts, which the table test compares.
            #expect("\(now.value)" == "\(before.value)", "\(now.label ?? "")")
        }
        #expect(parser.options.exemptGroup == Array("no-code".utf8))
    }

    /// The option's purpose and values.
    private static func comment(on option: OptionKey) -> [String] {
        var lines = [option.doc]
        switch option.kind {
        case .flag, .path, .text: break
        case .label: lines.append("Value: 1 to 64 bytes of UTF-8, without a colon.")
        case .language: lines.append("Value: a language such as sv or pt_BR.")
        case .date: lines.append("Value: YEAR-MONTH-DAY.")
        case .networks: lines.append("Values: networks, with blanks or commas between them.")
        case .services:
            lines.append("Values: PAM services, with blanks or commas between them.")
        case .verifiers:
            lines.append("Values: users, or user/service, with blanks or commas between them.")
        case .messages: lines.append("Values: mail, sms or both, with a blank between them.")
        case .numbers: lines.append("Values: UIDs such as 1000- or 1000-59999.")
        case .users: lines.append("Values: users, with blanks or commas between them.")
        case .number(let range, _):
            lines.append("Values: \(range.lowerBound) to \(range.upperBound).")
        case .hours(let range, _):
            lines.append("Values: \(range.lowerBound)h to \(range.upperBound)h.")
        case .choice(let first, let second, let third, _):
            let words = third.map { "\(first), \(second) or \($0)" } ?? "\(first) or \(second)"
            lines.append("Values: \(words).")
        }
        if examples[option.name] != nil { lines.append("Default: \(option.fallback).") }
        return lines
    }

    private static func value(of option: OptionKey) -> String {
        let value = examples[option.name] ?? option.fallback
        return value.contains(" ") ? "\"\(value)\"" : value
    }
}
