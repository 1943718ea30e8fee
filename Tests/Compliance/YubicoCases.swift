/// Cases from the tests of pam_yubico and pam-u2f, as far as they concern what a module for codes
/// does as well.
enum YubicoCases {
    static let all = yubico + u2f

    private static let yubico = [
        Case(
            "pam_yubico, test_authenticate1 and 2: a good code", [.code(0)], all: "yes"),
        Case(
            "pam_yubico, test_fail_authenticate1: the code of another user",
            [.code(0).by("games")], ends: ("no", "unknown/0", "no"),
            because: [.notEnrolled]),
        Case(
            "pam_yubico, test_fail_authenticate2 and 3: a code of another device", [.second(0)],
            all: "no"),
        Case(
            "pam_yubico, authfile: two devices of one user", of: Enrollment(hasSecond: true),
            [.code(0), .second(0), .second(0)],
            ends: ("yes no*2", "yes*2 no", "yes*2 no"), because: [.devices]),
        Case(
            "pam_yubico and pam-u2f, alwaysok: a wrong code, where a module knows the word",
            options: Each(google: "", oath: "alwaysok", ours: ""), [.text("123456")],
            ends: ("no", "yes", "no"), because: [.alwaysOK]),
    ]

    private static let u2f = [
        damage(
            "no file", .noFile, ends: ("no", "no", "unavailable")),
        damage(
            "no file, with nouserok", .noFile, "nullok", ends: ("ignore/0", "no", "unavailable/0")),
        damage(
            "a folder in its place, with nouserok", .folder, "nullok",
            ends: ("no", "unknown/0", "unavailable/0")),
        damage("a file of another user", .foreign, ends: ("no", "yes", "unavailable")),
        damage("a file that all may change", .open, ends: ("no", "yes", "unavailable")),
        damage(
            "an empty file, with nouserok", .empty, "nullok",
            ends: ("no", "unknown/0", "unavailable/0")),
        damage(
            "a damaged file, with nouserok (CVE-2025-23013)", .garbled, "nullok",
            ends: ("no", "unknown/0", "unavailable/0")),
    ]

    /// A case about the file; pam_oath has no `nullok`.
    private static func damage(
        _ what: String, _ damage: Enrollment.Damage, _ nullok: String = "",
        ends: (String, String, String)
    ) -> Case {
        Case(
            "pam-u2f: \(what)", of: Enrollment(damage: damage),
            options: Each(google: nullok, oath: "", ours: nullok), [.code(0)], ends: ends,
            because: [.damage])
    }
}
