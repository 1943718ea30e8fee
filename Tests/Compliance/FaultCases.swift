/// Cases that the others' tests do not have, in which they are known to fail or to differ.
enum FaultCases {
    static let all = replays + guesses + forms

    private static let replays = [
        Case(
            "a code five times", .code(0) * 5, ends: ("yes*5", "yes no*4", "yes no*4"),
            because: [.usedCodes]),
        Case(
            "an earlier code after a later one", of: Enrollment(google: ["DISALLOW_REUSE"]),
            [.code(1, at: 0), .code(0)], ends: ("yes*2", "yes no", "yes no"),
            because: [.earlierCodes]),
        Case(
            "the code that has set the clock, once more",
            of: Enrollment(google: ["DISALLOW_REUSE"]),
            [0, 1, 2, 2].map { .code(1000 + $0, at: 2000 + $0) },
            ends: ("no*2 yes*2", "no*4", "no*4"),
            because: [.learnedClock]),
    ]

    private static let guesses = [
        Case(
            "150 wrong codes, then a right one",
            (0..<150).map { .text("\(123_456 + $0)") } + [.code(0)],
            ends: ("no*150 yes", "no*150 yes", "no*151"), because: [.freeGuesses]),
        Case(
            "a stranger's wrong code every five seconds, and the user at the end of each step",
            of: Enrollment(google: ["DISALLOW_REUSE", "RATE_LIMIT 3 30"]),
            [Try.code(0).from("192.0.2.1")]
                + (1...6).flatMap { step in
                    [0, 5, 10, 15, 20, 25].map {
                        Try.text("123456").later(step * 30 + $0).from("192.0.2.66")
                    } + [Try.code(step).later(29).from("192.0.2.1")]
                },
            ends: (
                "yes no*3 no/0*39", "yes no*6 yes no*6 yes no*6 yes no*6 yes no*6 yes no*6 yes",
                "yes no*6 yes no*6 yes no*6 yes no*6 yes no*6 yes no*6 yes"
            ),
            because: [.strangers]),
        Case(
            "four wrong codes, then that of a token", of: Enrollment(counter: 1),
            options: Each(google: "", oath: "window=9", ours: ""),
            .text("123456") * 4 + [.counter(1)], ends: ("no*5", "no*4 yes", "no*4 yes"),
            because: [.counterMoves]),
    ]

    private static let forms = [
        Case(
            "anybody from the address of the last login, with grace_period",
            of: Enrollment(google: ["DISALLOW_REUSE"]),
            options: Each(google: "grace_period=600", oath: "", ours: ""),
            [.code(0).from("192.0.2.1"), .text("123456").from("192.0.2.1").later(500)],
            ends: ("yes yes/0", "yes no", "yes no"), because: [.grace]),
        Case(
            "a key of 80 bits", of: Enrollment(hasShortKey: true), [.code(0)],
            ends: ("yes", "yes", "refused/0"),
            because: [.shortKeys]),
        Case(
            "a code with a blank or a hyphen in it", fresh: true,
            [.text("768 147"), .text("768-147"), .text(" 768147 ")],
            ends: ("no*3", "no*3", "yes*3"), because: [.separators]),
        Case(
            "digits that are not ASCII", [.text("\u{667}\u{666}\u{668}\u{661}\u{664}\u{667}")],
            all: "no"),
    ]
}
