/// The 26 logins of pam_oath's own tests, with `window=20 digits=6`: its user1 has a token, user2 a
/// token and a password, user3 an app, and user4 is not in the file.
enum OathCases {
    static let all = [token, tokenBehindPassword, app, nobody]

    private static let options = Each(google: "", oath: "window=20 digits=6", ours: "window=10")

    /// Enrolled with such a window.
    private static func enrolled(counter: Int?, column: String = "-") -> Enrollment {
        Enrollment(
            counter: counter, google: ["WINDOW_SIZE 20", "DISALLOW_REUSE"], column: column)
    }

    private static let token = Case(
        "user1: words, a wrong code, a code behind words, codes in and out of order",
        of: enrolled(counter: 1), options: options,
        [
            .text("incorrectpassword"), .text("bad"), .text("123456"),
            .counter(1).after("bad"), .counter(1), .counter(3), .counter(3), .counter(2),
        ],
        ends: ("no*5 yes no*2", "no*4 yes*2 no*2", "no*4 yes*2 no*2"),
        because: [.counterMoves])

    private static let tokenBehindPassword = Case(
        "user2: the same behind a password", of: enrolled(counter: 1, column: "pw"),
        options: Each(
            google: "forward_pass", oath: "window=20 digits=6", ours: "window=10 forward_pass"),
        [
            .text("bad"), .counter(1), .text("123456").after("pw"), .counter(1).after("pw"),
            .counter(3).after("pw"), .counter(3).after("pw"), .counter(2).after("pw"),
            .counter(4).after("bad"), .counter(4).after("pw"),
        ],
        ends: ("no yes no*7", "no*3 yes*2 no*3 yes", "no yes no*2 yes no*2 yes no"),
        because: [.passwordColumn, .counterMoves])

    private static let app = Case(
        "user3: words, a wrong code, codes in and out of order", of: enrolled(counter: nil),
        options: options,
        [
            .text("bad"), .text("123456"), .code(1, at: 0), .code(1, at: 0), .code(0),
            .code(8, at: 0), .code(5, at: 0), .code(10, at: 0),
        ],
        ends: ("no*2 yes no yes*4", "no*2 yes no*2 yes no yes", "no*2 yes no*2 yes no yes"),
        because: [.earlierCodes])

    private static let nobody = Case(
        "user4: is in no file", of: Enrollment(damage: .notEnrolled), options: options, [.code(0)],
        ends: ("no", "unknown/0", "no"), because: [.notEnrolled])
}
