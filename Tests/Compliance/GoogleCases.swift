/// The cases of google-authenticator's own tests, in their order and with their numbers, to be run
/// in all eight modes. Their step 10000 is our start, and their times keep their distance from it.
enum GoogleCases {
    static let all = [alone] + answers + windows + uses + limits + clocks + tokens

    private static let alone = Case(
        "2 five, seven and eight digits",
        [5, 7, 8].map { Try(time: 30, answers: [.resized(1, $0)]) },
        all: "no*3")

    private static let answers = [
        Case("1 a wrong code", [.text("123456")], all: "no"),
        Case("3 nothing typed", [.text("")], all: "no"),
        Case(
            "4 no file of the user", of: Enrollment(damage: .notEnrolled), [.code(0)],
            ends: ("no", "unknown/0", "no"), because: [.notEnrolled]),
        Case(
            "4 no file of the user, with nullok", of: Enrollment(damage: .notEnrolled),
            options: Each(google: "nullok", oath: "", ours: "nullok"), [.code(0)],
            ends: ("ignore/0", "unknown/0", "ignore/0"),
            because: [.notEnrolled]),
        Case(
            "5 the right code", [.code(0)], all: "yes"),
    ]

    /// The code of the start, typed this many steps later.
    private static func around(_ moments: [Int], of period: Int = 30) -> [Try] {
        moments.map { .code(0, at: $0, of: period) }
    }

    private static let windowOfThree = Each(google: "", oath: "window=3", ours: "window=3")

    private static let windows = [
        Case(
            "6 one code around its step of 60 s", of: Enrollment(period: 60),
            around([-2, -1, 1, 2, 0], of: 60),
            ends: ("no yes yes no yes", "no yes no*3", "no*5"),
            because: [.usedCodes, .sameAgain]),
        Case(
            "6 the same, each time afresh", of: Enrollment(period: 60), fresh: true,
            around([-2, -1, 1, 2, 0], of: 60), all: "no yes yes no yes"),
        Case(
            "7 one code around its step of 30 s", around([-2, -1, 1, 2, 0]),
            ends: ("no yes yes no yes", "no yes no*3", "no*5"),
            because: [.usedCodes, .sameAgain]),
        Case(
            "7 the same, each time afresh", fresh: true, around([-2, -1, 1, 2, 0]),
            all: "no yes yes no yes"),
        Case(
            "8 one code in a window of six", of: Enrollment(google: ["WINDOW_SIZE 6"]),
            options: windowOfThree, around([-4, -3, 2, 3, 0]),
            ends: ("no yes yes no yes", "no yes no*3", "no*5"),
            because: [.usedCodes, .sameAgain]),
        Case(
            "8 the same, each time afresh", of: Enrollment(google: ["WINDOW_SIZE 6"]),
            options: windowOfThree, fresh: true, around([-4, -3, 2, 3, 0]),
            ends: ("no yes yes no yes", "no yes*4", "no yes*4"), because: [.window]),
    ]

    private static let uses = [
        Case(
            "9 the same code again", .code(0) * 2, ends: ("yes yes", "yes no", "yes no"),
            because: [.usedCodes]),
        Case(
            "9 the same code again, with DISALLOW_REUSE",
            of: Enrollment(google: ["DISALLOW_REUSE"]), .code(0) * 2, all: "yes no"),
        Case(
            "10 seven more codes: old ones leave the list",
            of: Enrollment(google: ["WINDOW_SIZE 6", "DISALLOW_REUSE"]), (0...7).map { .code($0) },
            all: "yes*8"),
    ]

    private static let limits = [
        Case(
            "11 six good codes, with RATE_LIMIT 4 120",
            of: Enrollment(google: ["DISALLOW_REUSE", "RATE_LIMIT 4 120"]),
            [0, 1, 2, 3, 4, 6].map { .code($0) }, ends: ("yes*4 no/0 yes", "yes*6", "yes*6"),
            because: [.goodTries]),
        Case(
            "12 a line with an error", of: Enrollment(google: ["RATE_LIMIT 4 120 1800000000 "]),
            [.code(0)], ends: ("no/0", "yes", "yes"), because: [.oneFile]),
        Case(
            "12 a damaged file", of: Enrollment(damage: .garbled), [.code(0)],
            ends: ("no", "unknown/0", "unavailable"),
            because: [.damage]),
    ]

    private static let clocks = [
        Case(
            "13 four codes of a clock that is off", (0..<4).map { .code(1000 + $0, at: 2000 + $0) },
            ends: ("no no yes yes", "no*4", "no*4"), because: [.learnedClock]),
        Case(
            "14 a code of a clock that is off, with noskewadj",
            options: Each(google: "noskewadj", oath: "", ours: ""), [.code(1010, at: 2020)],
            all: "no"),
    ]

    private static let tokens = [
        Case(
            "15 a scratch code without any", [.text("12345678")], all: "no"),
        Case(
            "15 a scratch code, and again", of: Enrollment(hasBackup: true), .backup(0) * 2,
            ends: ("yes no", "no no", "yes no"), because: [.backupCodes]),
        Case(
            "16 17 18 a token: its code, the same again, one further on",
            of: Enrollment(counter: 1),
            options: Each(google: "", oath: "window=9", ours: ""),
            [.counter(1), .counter(1), .counter(5)], all: "yes no yes"),
    ]
}
