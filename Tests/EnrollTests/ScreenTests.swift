import Foundation
import TestSupport
import Testing

/// What a person does: scans the code on the terminal, types what the app shows.
@Suite struct ScreenTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// A terminal, and how the QR code must be drawn on it.
    struct Look: Sendable, CustomTestStringConvertible {
        var form = "auto"
        var locale = "C.UTF-8"
        var environment: [String: String] = [:]
        var columns = 80
        var rows = 24
        /// What must be on the screen.
        let sign: String

        var testDescription: String { "\(form) \(locale) \(environment) \(columns)x\(rows)" }

        static let all = [
            Look(sign: "\u{2580}"),
            Look(columns: 60, rows: 50, sign: "\u{2580}"),
            Look(columns: 42, rows: 60, sign: "\u{2580}"),
            Look(environment: ["NO_COLOR": "1"], sign: "\u{2580}"),
            // A locale that ssh passed on and this machine does not have.
            Look(locale: "xx_XX.UTF-8", sign: "\u{2580}"),
            Look(form: "utf8", sign: "\u{2580}"),
            Look(form: "ansi", environment: ["NO_COLOR": "1"], sign: "\u{2580}"),
            Look(locale: "C", columns: 120, rows: 50, sign: "##"),
            Look(form: "ascii", columns: 100, rows: 70, sign: "##"),
        ]
    }

    @Test(arguments: Look.all)
    func theCameraReadsTheScreen(look: Look) async throws {
        let screen = try await desk.screen(
            "add", "--qr", look.form, "--issuer", "bastion.example.com", columns: look.columns,
            rows: look.rows, locale: look.locale, environment: look.environment)
        let shown = try await screen.wait(for: "Code shown by the app:")
        #expect(shown.contains(look.sign))
        let phone = try await screen.phone()
        #expect(phone.issuer == "bastion.example.com" && phone.label == "bastion.example.com:root")
        // The key to type is the one in the picture.
        #expect(shown.typedKey == phone.secret)
        try await confirm(phone, on: screen)
    }

    /// A terminal with its own colors may be light as well.
    @Test func colorsAreRightOnALightTerminal() async throws {
        let screen = try await desk.screen("add")
        try await screen.wait(for: "Code shown by the app:")
        let uri = try #require(try await screen.scan(theme: .light))
        #expect(try await screen.scan() == uri)
    }

    /// A terminal of the usual size holds names of the usual length.
    @Test(arguments: ["host", "a-server.department.example.com", "Example Corporation, Berlin"])
    func usualNamesFitTheUsualTerminal(issuer: String) async throws {
        let screen = try await desk.screen("add", "--issuer", issuer)
        try await screen.wait(for: "Code shown by the app:")
        #expect(try await screen.phone().issuer == issuer)
    }

    /// Names of cloud machines and other overlong names: the app shows a shortened form.
    @Test(arguments: [
        (
            "ip-10-0-12-34.eu-central-1.compute.internal",
            "ip-10-0-12-34.eu-central-1.compute.internal:root"
        ),
        (
            "Gesellschaft für Größtrechenanlagen Köln",
            "Gesellschaft für Größtrechenanlagen Köln:root"
        ),
        (String(repeating: "日本語", count: 7), "日本~:root"),
    ])
    func longNamesFitTheUsualTerminal(issuer: String, label: String) async throws {
        let screen = try await desk.screen("add", "--issuer", issuer)
        let shown = try await screen.wait(for: "Code shown by the app:")
        let phone = try await screen.phone()
        #expect(phone.label == label)
        // A user who types the key sees the whole name.
        #expect(shown.typedKey == phone.secret)
        let texts = shown.split(separator: "\n").compactMap { $0.split(separator: "  ").last }
        let settings = texts.joined().filter { $0 != " " }
        #expect(settings.contains("Issuer:" + issuer.filter { $0 != " " }), "\(shown)")
        try await confirm(phone, on: screen)
    }

    /// If picture and key do not fit together, each is a page.
    @Test(arguments: [(55, 24, "auto", "C.UTF-8"), (72, 38, "auto", "C"), (52, 23, "utf8", "C")])
    func pictureAndKeyArePages(columns: Int, rows: Int, form: String, locale: String) async throws {
        let screen = try await desk.screen(
            "add", "--qr", form, "--issuer", "bastion.example.com", columns: columns, rows: rows,
            locale: locale)
        try await screen.wait(for: "Code shown by the app (Return: the key to type):")
        let phone = try await screen.phone()
        #expect(try await screen.text().typedKey == nil)
        try await screen.press("Enter")
        var shown = try await screen.wait(for: "Code shown by the app (Return: the QR code):")
        #expect(
            shown.typedKey == phone.secret
                && shown.unwrapped.contains("Issuer: bastion.example.com"))
        #expect(shown.contains("Press Ctrl-C to give up") && !shown.contains("scan this"))
        #expect(try await screen.scan() == nil)
        try await screen.press("Enter")
        #expect(try await screen.phone().secret == phone.secret)
        // The message about a wrong code is next to the key.
        try await screen.type("12")
        shown = try await screen.wait(for: "Codes for this key have 6 digits.")
        #expect(shown.typedKey == phone.secret)
        try await confirm(phone, on: screen)
    }

    @Test func theSecondDeviceIsNamedInTheApp() async throws {
        let first = try await desk.screen("add", "--issuer", "web1", "--name", "my phone")
        try await first.wait(for: "Code shown by the app:")
        let phone = try await first.phone()
        #expect(phone.label == "web1:root")
        try await phone.settle()
        try await first.type(try await phone.code())
        #expect(try await first.finish() == 0)
        let second = try await desk.screen("add", "--issuer", "web1", "--name", "tablet")
        let shown = try await second.wait(for: "Code shown by the app:")
        #expect(try await second.phone().label == "web1:root (tablet)")
        #expect(shown.contains("Account: root (tablet)"))
        // A named account is used as is, and one that replaces another counts as the first.
        let named = try await desk.run("add", "--no-confirm", "--account", "r", "--issuer", "web1")
        #expect(named.output.contains("uri: otpauth://totp/web1:r?"))
        #expect(try await desk.run("remove", "--yes", "phone").status == 0)
        let again = try await desk.run(
            "add", "--no-confirm", "--name", "my phone", "--issuer", "web1")
        #expect(again.output.contains("uri: otpauth://totp/web1:root?"), "\(again)")
    }

    @Test(arguments: [(60, 16, "C.UTF-8"), (80, 24, "C"), (30, 24, "C.UTF-8")])
    func whereItCannotFitTheTypedKeyDoes(columns: Int, rows: Int, locale: String) async throws {
        let screen = try await desk.screen("add", columns: columns, rows: rows, locale: locale)
        let shown = try await screen.wait(for: "Code shown by the app:")
        #expect(try await screen.scan() == nil)
        #expect(shown.unwrapped.contains("A QR code needs a terminal of"))
        #expect(shown.unwrapped.contains("this one has \(columns) x \(rows)."))
        #expect(shown.unwrapped.contains("--qr-file FILE writes the QR code to a file."))
        #expect(shown.contains("--qr utf8 needs") == (locale == "C"))
        #expect(!shown.contains("scan this"))
        let uri = "otpauth://totp/x:y?secret=\(try #require(shown.typedKey))&issuer=x"
        try await confirm(try Phone(scanning: uri), on: screen)
    }

    @Test func withoutQRThereIsTheKeyAlone() async throws {
        let screen = try await desk.screen("add", "--qr", "none")
        let shown = try await screen.wait(for: "Code shown by the app:")
        #expect(try await screen.scan() == nil)
        #expect(shown.typedKey != nil && !shown.contains("needs a terminal"))
    }

    @Test func theCodeStaysOnTheScreenAfterAWrongCode() async throws {
        let screen = try await desk.screen(
            "add", "--digits", "8", "--issuer", "bastion.example.com")
        try await screen.wait(for: "Microsoft")
        let phone = try await screen.phone()
        for answer in [try await phone.wrongCode(), try await phone.code(steps: 8), "12"] {
            try await screen.type(answer)
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await screen.phone().secret == phone.secret)
        }
        try await confirm(phone, on: screen)
    }

    @Test func anotherSizeDrawsItAnew() async throws {
        let screen = try await desk.screen("add", columns: 40, rows: 12)
        try await screen.wait(for: "Code shown by the app:")
        #expect(try await screen.scan() == nil)
        try await screen.resize(columns: 80, rows: 24)
        try await confirm(try await screen.phone(), on: screen)
    }

    /// Types the phone's code, and checks everything that must follow.
    private func confirm(_ phone: Phone, on screen: Screen) async throws {
        try await phone.settle()
        let code = try await phone.code()
        try await screen.type(code)
        let codes = try await screen.backupCodes()
        #expect(try await screen.finish() == 0)

        // Neither the screen nor the scrollback has the key and its picture.
        let history = try await screen.history()
        #expect(history.typedKey == nil && !history.contains(phone.secret))
        #expect(!history.contains("\u{2580}") && !history.contains("##"))

        // The confirming code is burned; a backup code works.
        let again = try await desk.json("verify", input: code, status: 1)
        #expect(again["reason"] as? String == "replayed")
        #expect(try await desk.json("verify", input: codes[3])["accepted"] as? Bool == true)
        #expect(try await desk.json("status")["backup_codes_left"] as? Int == 9)
    }
}

extension String {
    /// The key that a screen shows in groups of four.
    var typedKey: String? {
        let lines = split(separator: "\n").compactMap {
            $0.firstMatch(of: #/(?:^|  )  ((?:[A-Z2-7]{4} ){0,3}[A-Z2-7]{4}) *$/#)?.1
        }
        let key = lines.joined().filter { $0 != " " }
        return key.count == 32 ? key : nil
    }

    /// The text without line ends, as before it was wrapped.
    var unwrapped: String {
        split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .joined(separator: " ")
    }
}
