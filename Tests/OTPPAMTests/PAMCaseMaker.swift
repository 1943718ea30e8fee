import OTPPAM
import TestSupport

/// Makes hostile PAM files: by the grammar of pam.conf(5), against it, and with changed bytes.
struct PAMCaseMaker {
    private var lot: Seeded
    /// The file that is being made.
    private var path = ""
    private let rules: PAMRules

    init(seed: UInt64, rules: PAMRules) { (lot, self.rules) = (Seeded(seed), rules) }

    // MARK: Random choices

    private mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &lot) < percent
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &lot)
    }

    private mutating func one(_ words: [String]) -> String {
        words.randomElement(using: &lot) ?? ""
    }

    // MARK: A case

    mutating func next() -> PAMCase {
        var login = PAMCase()
        login.flags = number(0...3)
        login.hasMainFolder = chance(95)
        login.hasSecondFolder = chance(login.hasMainFolder ? 15 : 50)
        if chance(4) { login.service = one(["other", "S", "none", "a"]) }
        if !login.hasMainFolder || chance(5) {
            login.files["/etc/pam.conf"] = .bytes(file(atMost: 10, hasService: true))
        }
        let isLong = chance(3)
        for (path, percent) in [
            ("/etc/pam.d/s", 96), ("/etc/pam.d/other", 40), ("/etc/pam.d/a", 90),
            ("/etc/pam.d/b", 90), ("/etc/pam.d/c", 90), ("/usr/lib/pam.d/s", 70),
            ("/usr/lib/pam.d/other", 50), ("/usr/lib/pam.d/a", 50), ("/etc/x", 80),
        ] where chance(percent) {
            if path.hasPrefix("/etc/pam.d") && !login.hasMainFolder { continue }
            if path.hasPrefix("/usr/lib") && !login.hasSecondFolder { continue }
            if chance(1) {
                login.files[path] = chance(50) ? .folder : .brokenLink
                continue
            }
            self.path = path
            var bytes = file(atMost: path.hasSuffix("/s") ? 8 : 5, hasService: false)
            if isLong { lengthen(&bytes) }
            login.files[path] = .bytes(bytes)
        }
        return login
    }

    private mutating func file(atMost count: Int, hasService: Bool) -> [UInt8] {
        var text: [UInt8] = []
        let hasCR = chance(2)
        for _ in 0..<number(0...count) {
            if hasService {
                text += Array(
                    (one(["s", "s", "s", "S", "other", "Other", "x", "[s]"]) + blank()).utf8)
            }
            text += Array(line().utf8)
            if chance(4) { text += Array(one(["# auth", "#", " #x \\", "#]"]).utf8) }
            text += hasCR ? [13, 10] : [10]
        }
        if chance(5) { text = text.dropLast() }
        if chance(1) { text = [0xEF, 0xBB, 0xBF] + text }
        if chance(12) { for _ in 0..<number(1...4) { mutate(&text) } }
        return text
    }

    // MARK: A line

    private mutating func line() -> String {
        switch number(0...99) {
        case ..<3: return ""
        case ..<6:
            return one(["# a remark", "  # x", "#auth required pam_a.so", "\t", " ", "# x \\"])
        case ..<7: return one(["\\", " \\", "auth", "auth required", "-", "[]", "[", "]", "\r"])
        case ..<11:
            return one(["@include", "@include", "-@include", "@INCLUDE"]) + blank() + target()
        default: break
        }
        var text = one(chance(96) ? Self.usualKinds : Self.oddKinds) + blank() + control() + blank()
        if text.lowercased().contains("include") || text.lowercased().contains("substack") {
            return text + target() + (chance(5) ? " extra" : "")
        }
        text += module()
        if chance(75) {
            text += blank() + answer()
            for _ in 0..<number(0...2) where chance(40) { text += blank() + one(Self.arguments) }
        }
        return text + (chance(3) ? one([" ", "\\", " \\", " \\ ", "\t", "\\\\", "\r"]) : "")
    }

    private static let usualKinds = [
        "auth", "auth", "auth", "auth", "auth", "auth", "account", "account",
    ]
    private static let oddKinds = [
        "session", "password", "-auth", "-account", "AUTH", "Account", "[auth]", "auht", "authx",
        "[account", "auth\u{a0}", "--auth", "", "\u{feff}auth", "[-auth]",
    ]
    private static let arguments = [
        "debug", "[a b]", "[a\\]b]", "[a\\\\]", "[]", "[x", "a]b", "a[b]", "x#y", "\u{e9}",
        "a\u{a0}b",
        "\\", "a\\", "success=ok",
    ]

    private mutating func blank() -> String {
        if chance(98) { return one([" ", " ", "  ", "\t"]) }
        return one([
            " \\\n", " \\\n ", "\\\n", "\\ \n\t", " \\\t \n", " \\\n\n", " \\\n# x\n", " \\\n \\\n",
            "\u{b}", "\u{c}", "\u{a0}", "\r", "",
        ])
    }

    private static let targets = [
        "/etc/pam.d/a": ["b", "c", "/etc/x", "/etc/pam.d/b"], "/etc/pam.d/b": ["c", "/etc/x"],
        "/etc/pam.d/c": ["/etc/x"],
    ]

    private mutating func target() -> String {
        // Mostly without a cycle: an old libpam's behavior with one is undefined.
        if chance(94) { return one(Self.targets[path] ?? ["a", "b", "c", "a", "/etc/x"]) }
        if chance(50) { return one(["a", "b", "c", "/etc/x", "/etc/pam.d/b"]) }
        return one([
            "", "none", "s", "other", "[a]", "[]", "/etc/none", "../x", "./a", "a/", "x.d", ".a",
        ])
    }

    private mutating func module() -> String {
        if chance(94) { return "pam_\(one(["a", "b", "c"])).so" }
        return one([
            "pam_s.so", "pam_i.so", "pam_none.so", "$ISA/pam_i.so", "$ISA/pam_a.so",
            rules.modules + "pam_a.so", rules.modules + "/pam_none.so", "./pam_b.so",
            "../security/pam_c.so", "[pam_a.so]", "pam_a.so\u{a0}", "PAM_A.SO", "", "?", ".so",
            "x/",
            "/etc/x", "[]", "pam_a", "?.so", "pam_s.so/../pam_a.so",
        ])
    }

    private mutating func answer() -> String {
        if chance(55) { return "success" }
        if chance(50) { return one(["auth_err", "ignore", "user_unknown", "new_authtok_reqd"]) }
        return PAMAnswer.allCases.randomElement(using: &lot)?.rawValue ?? ""
    }

    // MARK: A control value

    private mutating func control() -> String {
        switch number(0...99) {
        case ..<45: return one(["required", "requisite", "sufficient", "optional"])
        case ..<55: return one(["include", "substack"])
        case ..<97: return pairs()
        default:
            return one([
                "Required", "SUFFICIENT", "requierd", "[required]", "success=ok", "[]", "[", "",
                "[ ]", "Include", "binding", "[success]", "[=ok]", "[success=]", "default=ignore",
            ])
        }
    }

    private mutating func pairs() -> String {
        var text = "["
        for _ in 0..<number(1...4) {
            if chance(98) {
                text += chance(45) ? "success" : chance(60) ? "default" : answer()
                text += chance(96) ? "=" : one([" = ", "=\t", "==", " "])
            } else {
                text += one([
                    "success=ok", "Success=ok", "succes=ok", "bogus=1", "success", "=", "\\]",
                ])
            }
            text += action()
            text += chance(97) ? " " : one(["", "\t", ",", "\u{b}", "\r", "\\\n", "\u{a0}"])
        }
        return text + (chance(97) ? "]" : "")
    }

    private mutating func action() -> String {
        if chance(65) { return one(["ignore", "ok", "ok", "done", "bad", "die", "reset"]) }
        if chance(93) { return String(number(1...4)) }
        return one([
            "0", "00", "01", "9", "-1", "+1", "2147483647", "2147483648", "4294967295",
            "4294967293",
            "4294967290", "4294967289", "4294967296", "4294967297", "99999999999999999999", "OK",
            "okay", "1x",
        ])
    }

    // MARK: Bytes

    private static let bytes: [UInt8] = [
        0, 9, 10, 10, 11, 12, 13, 32, 35, 45, 47, 48, 49, 61, 64, 91, 92, 92, 93, 97, 0x85, 0xA0,
        0xC2,
        0xFF,
    ]

    private mutating func mutate(_ text: inout [UInt8]) {
        let place = number(0...text.count)
        switch number(0...4) {
        case 0: text.insert(Self.bytes.randomElement(using: &lot) ?? 0, at: place)
        case 1: if place < text.count { text[place] = Self.bytes.randomElement(using: &lot) ?? 0 }
        case 2: text.removeSubrange(place..<min(text.count, place + number(1...6)))
        case 3:
            let end = min(text.count, place + number(1...40))
            text.insert(contentsOf: text[place..<end], at: number(0...text.count))
        default:
            text.insert(
                contentsOf: Array(one([" \\\n", "\\ \n", "\n", "\r\n", "[", "]"]).utf8), at: place)
        }
    }

    /// Extends something to an old libpam's limit of 1024 bytes.
    private mutating func lengthen(_ text: inout [UInt8]) {
        let lines = text.indices.filter { text[$0] == 32 }
        guard let place = lines.randomElement(using: &lot) else { return }
        let start = text[..<place].lastIndex(of: 10).map { $0 + 1 } ?? 0
        let filler: UInt8 = chance(60) ? 32 : Self.bytes.randomElement(using: &lot) ?? 32
        let count = max(0, number(1016...1028) - (place - start) - number(0...12))
        text.insert(contentsOf: Array(repeating: filler, count: count), at: place)
        if chance(40) { text.insert(92, at: min(text.count, start + number(1019...1025))) }
    }
}
