import OTPPAM
import TestSupport
import Testing

/// Files that do not mean what they seem to, each with its outcome in Debian 12 and in Debian 13:
/// by our reading for both, and by the installed libpam.
@Suite struct PAMReadingTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let login: PAMCase
        /// The result of authentication by an old libpam and by a new one.
        let old: Result, new: Result

        /// Of /etc/pam.d/s, and of files below /etc/pam.d or with an absolute path.
        init(
            _ what: String, _ text: String, _ files: [String: String] = [:], ends result: Result
        ) {
            self.init(what, text, files, old: result, new: result)
        }

        init(
            _ what: String, _ text: String, _ files: [String: String] = [:], old: Result,
            new: Result, editing edit: (inout PAMCase) -> Void = { _ in }
        ) {
            testDescription = what
            var login = PAMCase()
            login.files["/etc/pam.d/s"] = .bytes(Array(text.utf8))
            for (name, text) in files {
                let path = name.hasPrefix("/") ? name : "/etc/pam.d/" + name
                login.files[path] = .bytes(Array(text.utf8))
            }
            edit(&login)
            self.login = login
            (self.old, self.new) = (old, new)
        }
    }

    enum Result: Equatable, Sendable {
        case yes, denied, authError, unknownModule, ignored, abort
        case crashed, endless, unknown

        init(_ outcome: PAMOutcome) {
            switch outcome.end {
            case .crashed: self = .crashed
            case .endless: self = .endless
            case .unknown: self = .unknown
            case .results(let codes):
                let known: [Int: Result] = [
                    0: .yes, 6: .denied, 7: .authError, 28: .unknownModule, 25: .ignored,
                    26: .abort,
                ]
                self = known[codes.first ?? 0] ?? .unknown
            }
        }
    }

    private static let debian12 = PAMRules()
    private static let debian13 = PAMRules(
        library: Array(
            """
            @include|maximum level of inclusions reached|/etc/pam.d/%s|/usr/lib/pam.d/%s|\
            \(Machine.libraries)/security/|/usr/lib/security
            """.utf8
        ).map { $0 == UInt8(ascii: "|") ? 0 : $0 })

    @Test("An old or a new libpam is read differently", arguments: rows)
    func bothLibrariesAreKnown(row: Row) {
        #expect(Result(PAMOutcome(reading: row.login, rules: Self.debian12)) == row.old)
        #expect(Result(PAMOutcome(reading: row.login, rules: Self.debian13)) == row.new)
    }

    @Test("The installed libpam does something other than our reader says")
    func libpamDoesTheSame() async throws {
        let judge = try await PAMJudge.shared.value
        let ours = Self.rows.map { PAMOutcome(reading: $0.login, rules: judge.rules) }
        let theirs = try await judge.outcomes(
            of: zip(Self.rows, ours).map { ($0.login, $1.end == .unknown) })
        for (row, (ours, theirs)) in zip(Self.rows, zip(ours, theirs)) {
            #expect(ours == theirs, "\(row.testDescription)")
        }
    }

    static let rows: [Row] = words + controls + lines + includes + stacks + places

    private static let blanks = String(repeating: " ", count: 1100)
    /// A line whose byte 1023 is a backslash.
    private static let endless =
        "auth required pam_a.so" + String(repeating: " ", count: 1000) + "\\\n  debug\n"

    static let words = [
        Row("capitals", "AUTH Required pam_a.so\n", ends: .yes),
        Row("words in brackets", "[auth] [required] [pam_a.so]\n", ends: .yes),
        Row("a kind that is none", "auht required pam_a.so\n", ends: .denied),
        Row(
            "one whose no is ignored", "auht optional pam_a.so\nauth required pam_a.so\n",
            ends: .yes),
        Row("no control value", "auth\n", ends: .denied),
        Row("no module", "auth required\n", ends: .denied),
        Row("a no-break space", "auth required pam_a.so\u{a0}\n", ends: .unknownModule),
        Row("a form feed", "auth\u{c}required pam_a.so\n", ends: .denied),
        Row("a vertical tab", "auth required\u{b}pam_a.so\n", ends: .denied),
        Row("a mark of the byte order", "\u{feff}# PAM\nauth required pam_a.so\n", ends: .denied),
        Row("CR LF behind a module", "auth required pam_a.so\r\n", ends: .unknownModule),
        Row("CR LF in an empty line", "auth required pam_a.so success\n\r\n", ends: .denied),
        Row("a NUL", "auth required pam_a.so\0 auth_err\n", ends: .yes),
        Row("a bracket that is not closed", "auth [success=ok pam_a.so\n", ends: .denied),
        Row("nothing between a bracket and a word", "auth [default=ok]pam_a.so\n", ends: .yes),
        Row("a module without a name", "auth required []\n", old: .unknown, new: .abort),
        Row("a module that is missing", "auth required pam_none.so\n", ends: .unknownModule),
        Row("quietly", "-auth required pam_none.so\n", ends: .unknownModule),
        Row(
            "where a no is ignored", "-auth optional pam_none.so\nauth required pam_a.so\n",
            ends: .yes),
        Row("a module for sessions", "auth required pam_s.so\n", ends: .unknownModule),
        Row("a module behind $ISA", "auth required $ISA/pam_i.so\n", ends: .yes),
        Row("a module in the second folder", "auth required pam_i.so\n", ends: .yes),
    ]

    static let controls = [
        Row("no brackets", "auth default=ok pam_a.so\n", ends: .yes),
        Row("nothing between two pairs", "auth [success=okdefault=die] pam_a.so\n", ends: .yes),
        Row("a control value that is none", "auth requierd pam_a.so\n", ends: .denied),
        Row("an action that is missing", "auth [success=ok default=] pam_a.so\n", ends: .denied),
        Row(
            "the first default", "auth [default=bad default=ok] pam_a.so auth_err\n",
            ends: .authError),
        Row("a pair behind the default", "auth [default=bad success=ok] pam_a.so\n", ends: .yes),
        Row("ignore that is ok", "auth [ignore=ok] pam_a.so ignore\n", ends: .ignored),
        Row(
            "a number that an old libpam takes for ok", "auth [success=4294967295] pam_a.so\n",
            old: .yes, new: .denied),
        Row("a jump over nothing", "auth [success=0] pam_a.so\n", ends: .denied),
        Row("a jump over the end", "auth [success=1] pam_a.so\n", ends: .denied),
        Row(
            "a jump to the end", "auth [success=1] pam_a.so\nauth required pam_a.so\n",
            ends: .denied),
    ]

    static let lines = [
        Row("no last newline", "auth required pam_a.so", ends: .yes),
        Row(
            "a blank behind a backslash", "auth required \\ \t\n pam_a.so auth_err\n",
            ends: .authError),
        Row("a backslash at the end", "auth required pam_a.so \\\n", ends: .abort),
        Row("a # in a word", "auth required pam_a.so#auth_err\n", ends: .yes),
        Row("a # in brackets", "auth [success=ok # default=die] pam_a.so\n", ends: .denied),
        Row(
            "a # before a backslash",
            "auth required pam_a.so # \\\nauth required pam_b.so auth_err\n",
            ends: .authError),
        Row(
            "a remark between two parts", "auth required \\\n# x\n pam_a.so\n", old: .yes,
            new: .denied),
        Row(
            "an empty line between two parts", "auth required \\\n\n pam_a.so\n", old: .yes,
            new: .denied),
        Row(
            "a line of 1100 bytes", "auth required\(blanks)pam_a.so auth_err\n", old: .denied,
            new: .authError),
        Row("a backslash at byte 1023", endless, old: .endless, new: .yes),
    ]

    static let includes = [
        Row("a missing file for all kinds", "@include a\n", ends: .abort),
        Row("a missing file for one", "auth include a\n", ends: .denied),
        Row("no name", "auth include\n", ends: .crashed),
        Row(
            "a file of an unfinished line", "auth include a\n", ["a": "auth required \\\n"],
            ends: .denied),
        Row(
            "a kind that is none, included", "auht include a\n", ["a": "auth required pam_a.so"],
            ends: .yes),
        Row(
            "an unknown kind in a file for one", "account include a\nauth required pam_a.so\n",
            ["a": "auht required pam_a.so\n"], ends: .yes),
        Row(
            "a missing file in a file for one", "auth include a\n", ["a": "@include b\n"],
            ends: .unknown),
        Row(
            "a whole path", "auth include /etc/x\n", ["/etc/x": "auth required pam_a.so\n"],
            ends: .yes),
        Row(
            "itself", "auth required pam_a.so\nauth include s\n", old: .unknown, new: .denied),
        Row(
            "itself as a substack", "auth substack a\n",
            ["a": "auth sufficient pam_a.so\nauth substack a\n"], ends: .yes),
    ]

    static let stacks = [
        Row(
            "a jump over a substack that is empty",
            "auth [success=1] pam_a.so\nauth substack a\nauth required pam_b.so\n",
            ["a": "account required pam_a.so\n"], ends: .yes),
        Row(
            "a jump over the first of two substacks",
            "auth [success=1] pam_a.so\nauth substack a\nauth substack b\n",
            ["a": "auth required pam_a.so auth_err\n", "b": "auth required pam_b.so\n"], ends: .yes),
        Row(
            "reset in a substack", "auth required pam_a.so\nauth substack a\n",
            ["a": "auth [default=bad] pam_b.so auth_err\nauth [default=reset] pam_c.so\n"],
            ends: .yes),
        Row(
            "die in a substack", "auth substack a\nauth optional pam_a.so\n",
            ["a": "auth requisite pam_b.so auth_err\nauth required pam_c.so\n"], ends: .authError),
        Row("only a substack that is empty", "auth substack a\n", ["a": "\n"], ends: .denied),
    ]

    static let places = [
        Row(
            "no line of this kind: that of `other`", "account required pam_a.so\n",
            ["other": "auth required pam_b.so\n"], ends: .yes),
        Row(
            "`other` is unfinished", "auth required pam_a.so\n",
            ["other": "auth required pam_b.so \\\n"], ends: .abort),
        Row("no file, and `other`", "", ["other": "auth required pam_a.so\n"], old: .yes, new: .yes)
        {
            $0.files["/etc/pam.d/s"] = nil
        },
        Row("neither", "", old: .abort, new: .abort) { $0.files = [:] },
        Row(
            "`other` itself, twice", "", ["other": "auth [success=1 default=bad] pam_a.so\n"],
            old: .denied, new: .denied
        ) {
            $0.service = "other"
        },
        Row("capitals in the service", "auth required pam_a.so\n", old: .yes, new: .yes) {
            $0.service = "S"
        },
        Row("a folder in the place of a file", "", old: .denied, new: .denied) {
            $0.files["/etc/pam.d/s"] = .folder
        },
        Row("a broken link", "", old: .yes, new: .yes) {
            $0.hasSecondFolder = true
            $0.files["/etc/pam.d/s"] = .brokenLink
            $0.files["/usr/lib/pam.d/s"] = .bytes(Array("auth required pam_a.so\n".utf8))
        },
        Row("an include in the vendor's folder", "auth include a\n", old: .denied, new: .denied) {
            $0.hasSecondFolder = true
            $0.files["/usr/lib/pam.d/a"] = .bytes(Array("auth required pam_a.so\n".utf8))
        },
        Row("no folder", "", old: .yes, new: .yes) {
            $0.hasMainFolder = false
            $0.files = [
                "/etc/pam.conf": .bytes(
                    Array("x auth required pam_none.so\nS auth required pam_a.so\n".utf8))
            ]
        },
    ]
}
