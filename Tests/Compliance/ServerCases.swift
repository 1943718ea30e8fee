/// Cases from the tests of totp-cgi and pam_duo, as far as they concern what a module for codes
/// does as well.
enum ServerCases {
    static let all = files + codes + limits + pincodes + duo

    private static let files = [
        Case(
            "totp-cgi, testValidSecretParsing: a file with a limit, a window and scratch codes",
            of: Enrollment(hasBackup: true, google: ["RATE_LIMIT 4 40", "WINDOW_SIZE 18"]),
            [.code(0)], all: "yes"),
        Case(
            "totp-cgi, testInvalidSecretParsing: a key that is none",
            of: Enrollment(damage: .garbled), [.code(0)],
            ends: ("no", "unknown/0", "unavailable"), because: [.damage]),
        Case(
            "totp-cgi, testInvalidUsername", [.code(0).by("../../etc/passwd")],
            ends: ("no", "unknown/0", "no"), because: [.notEnrolled]),
        Case(
            "totp-cgi, testNonExistentValidUser and testTotpCGI",
            [.code(0).by("bob@example.com"), .text("555555").by("bupkis")],
            ends: ("no*2", "unknown/0*2", "no*2"), because: [.notEnrolled]),
    ]

    private static let codes = [
        Case(
            "totp-cgi, testValidToken: a code three times",
            of: Enrollment(google: ["DISALLOW_REUSE"]), .code(0) * 3, all: "yes no*2"),
        Case(
            "totp-cgi, testWindowSize: no window", of: Enrollment(google: ["WINDOW_SIZE 1"]),
            options: Each(google: "", oath: "window=0", ours: "window=0"),
            [.code(-2, at: 0), .code(2, at: 0)], all: "no*2"),
        Case(
            "totp-cgi, testWindowSize: a window of five minutes",
            of: Enrollment(google: ["WINDOW_SIZE 10", "DISALLOW_REUSE"]),
            options: Each(google: "", oath: "window=5", ours: "window=5"),
            [.code(-2, at: 0), .code(2, at: 0), .code(-2, at: 0), .code(2, at: 0)],
            all: "yes*2 no*2"),
        Case(
            "totp-cgi, testInvalidToken: wrong, too long, no number, no scratch code",
            of: Enrollment(hasBackup: true),
            ["555555", "12345678910", "WAKKA", "11112222"].map { .text($0) }, all: "no*4"),
        Case(
            "totp-cgi, testScratchTokens", of: Enrollment(hasBackup: true),
            [.backup(1), .backup(1), .backup(2), .backup(1)],
            ends: ("yes no yes no", "no*4", "yes no yes no"), because: [.backupCodes]),
    ]

    private static let limits = [
        Case(
            "totp-cgi, testRateLimit: five wrong codes, then a right one",
            of: Enrollment(google: ["RATE_LIMIT 4 40"]),
            (0..<5).map { .text("55555\($0)") } + [.code(0)],
            ends: ("no*4 no/0*2", "no*5 yes", "no*6"),
            because: [.freeGuesses]),
        Case(
            "totp-cgi, testRateLimit: four wrong codes, then one when the time is over",
            of: Enrollment(google: ["RATE_LIMIT 4 40"]),
            .text("555555") * 4 + [Try.text("555555").later(431)], all: "no*5"),
        Case(
            "totp-cgi, testRateLimit: four wrong codes, then a right one when the time is over",
            of: Enrollment(google: ["RATE_LIMIT 4 40"]), .text("555555") * 4 + [.code(15)],
            all: "no*4 yes"),
    ]

    private static let pincodes = [
        pincode("none, and a code", "", .code(0), ends: ("yes", "no", "yes")),
        pincode("it and a code", "wakkawakka", .code(0), ends: ("yes", "yes", "yes")),
        pincode("one digit and a code", "1", .code(0), ends: ("yes", "yes", "yes")),
        pincode("two digits and a code", "99", .code(0), ends: ("yes", "yes", "yes")),
        pincode("it and a scratch code", "wakkawakka", .backup(2), ends: ("yes", "no", "yes")),
        pincode("none, and a scratch code", "", .backup(2), ends: ("yes", "no", "yes")),
        pincode(
            "it and no scratch code", "wakkawakka", .text("00000000"), ends: ("no", "no", "no")),
        pincode("a wrong one and a code", "blarg", .code(0), ends: ("yes", "no", "yes")),
        pincode("it and a wrong code", "wakkawakka", .text("555555"), ends: ("no", "no", "no")),
    ]

    /// A case with a password before the code; pam_oath's file has it.
    private static func pincode(
        _ what: String, _ typed: String, _ code: Try, ends: (String, String, String)
    ) -> Case {
        let isScratch = if case .backup = code.answers[0] { true } else { false }
        return Case(
            "totp-cgi, testPincodes: \(what)",
            of: Enrollment(
                hasBackup: true, column: typed.count < 3 && typed != "" ? typed : "wakkawakka"),
            options: Each(google: "forward_pass", oath: "digits=6", ours: "forward_pass"),
            [code.after(typed)], ends: ends,
            because: ends.0 == ends.1 ? [] : isScratch ? [.backupCodes] : [.passwordColumn])
    }

    private static let hosts = [
        "1.2.3.4", "XXXX:XXXX:XXXX:XXXX:XXXX:XXXX:AAA.BBB.CCC.DDD", "nowhere", "\"%s\"",
        "\"!@#$%^&*()_+<>{}|;'\"",
    ]

    private static let duo = [
        Case(
            "pam_duo, TestPamdConf: an option that does not exist", options: Each(all: "notanarg"),
            [.code(0)], ends: ("no/0", "yes", "unavailable/0"), because: [.options]),
        Case(
            "pam_duo, TestPamSpecificEnv: no such user", [.code(0).by("nobody-of-that-name")],
            ends: ("no", "unknown/0", "no"), because: [.notEnrolled]),
        Case(
            "pam_duo, EscapeInjection: names with control bytes",
            [.code(0).by("bad\\x1b[31mname"), .code(0).by("two\\x0alines")],
            ends: ("no*2", "unknown/0*2", "no*2"), because: [.notEnrolled]),
        Case(
            "pam_duo, Hosts: whatever the client is called", fresh: true,
            hosts.map { Try.code(0).from($0) }, all: "yes*5"),
        Case(
            "pam_duo, groups: a member of the group that needs no code",
            options: Each(google: "", oath: "", ours: "exempt_group=daemon"), [.text("123456")],
            ends: ("no", "no", "ignore/0"), because: [.groups]),
        Case(
            "pam_duo, groups: somebody else",
            options: Each(google: "", oath: "", ours: "exempt_group=games"), [.code(0)],
            all: "yes"),
        Case(
            "pam_duo, TestPamPrompts: one prompt",
            [Try(time: 0, answers: [.text("123456"), .code(0)])], all: "no"),
        Case(
            "pam_duo, TestPamPrompts: three prompts",
            options: Each(google: "", oath: "", ours: "retry=3"),
            [Try(time: 0, answers: [.text("123456"), .text("123456"), .code(0)])],
            ends: ("no", "no", "yes/3"), because: [.retry]),
        Case(
            "pam_duo, Interactive: a number, words and 256 letters",
            [
                .text("123456"), .text("wefawefgoiagj3rj"),
                .text(String(repeating: "A", count: 256)),
            ],
            all: "no*3"),
        Case(
            "pam_duo, Interactive: no answer", [.nothing], ends: ("no/2", "no", "no"),
            because: [.noAnswer]),
    ]
}
