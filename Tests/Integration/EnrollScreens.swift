import Foundation
import TestSupport
import Testing

// What a login that enrolls shows, and how a person goes on from there.

extension LoginProgram {
    /// sshd with a key before the code.
    static func sshdByKey() throws -> LoginProgram { try sshd(password: false) }
    /// sshd with a password before the code.
    static func sshdByPassword() throws -> LoginProgram { try sshd(password: true) }

    private static func sshd(password: Bool) throws -> LoginProgram {
        try #require(all(of: "sshd").first { $0.password == password })
    }
}

extension Stage {
    /// A door of sshd that runs a command, since a shell has the machine's words of the day.
    /// `around` are words before sshd, and before the service.
    func remoteDoor(
        _ options: String, settings: [String] = [], around: [String] = []
    ) async throws -> SSHDoor {
        var (way, service): (String?, Service?) = (nil, nil)
        if !around.isEmpty {
            (way, service) = try await answerer.arguments(behind: around, in: scratch)
        }
        let server = try await SSHServer(
            methods: (program.password ? "" : "publickey,") + "keyboard-interactive:pam",
            policy: try program.policy(try module(options, by: way)), settings: settings,
            around: around)
        var door = try SSHDoor(server: server, key: !program.password, person: person)
        door.service = service
        door.command = SSHDoor.proof
        return door
    }

    /// What somebody sees who is in.
    var welcome: String { "inside:\(program.becomes ?? person.name)." }

    /// The file with the person's record, which is named by the person's number.
    func record() throws -> String {
        scratch.file("store/\(try Account.numbers(of: person.name).uid)")
    }

    /// Whether there is a record at all.
    func hasRecord() throws -> Bool { access(try record(), F_OK) == 0 }

    /// Expects one more line in the log about the person, with these fields.
    @discardableResult
    func expectLine(
        _ what: String, _ fields: [String: String], after count: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> SystemLog.Line {
        let new = try await patiently("a log line “\(what)”", within: .seconds(5)) {
            let lines = logged(person.name).dropFirst(count)
            return lines.isEmpty ? nil : Array(lines)
        }
        #expect(new.count == 1, "\(new)", sourceLocation: sourceLocation)
        #expect(new[0].text.contains(what + ";"), "\(new[0])", sourceLocation: sourceLocation)
        for (key, value) in fields {
            #expect(new[0].fields[key] == value, "\(new[0])", sourceLocation: sourceLocation)
        }
        return new[0]
    }
}

extension SSHDoor {
    /// The words that start the client for this person.
    func words(_ person: Person, options: [String] = []) -> [String] {
        SSHClient.words(
            person.name, on: server, identity: key ? server.userKey : nil, command: command,
            options: options)
    }

    /// Starts a login on a screen, whose locale is the client's.
    func screen(
        _ person: Person, columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8"
    ) async throws -> Screen {
        try await Screen(words(person), columns: columns, rows: rows, locale: locale)
    }
}

/// The texts of a login that enrolls.
enum Enrolling {
    static let question = "Code shown by the app"
    static let sheet = "Press Return when you have kept them: "
    static let wrong = "That is not the code of this key."
    static let nothing = "Nothing was enrolled."
    static let must = "You need an authenticator to log in. Nothing was enrolled."

    /// The key as somebody reads it who types it into an app.
    static func key(in shown: String) throws -> String {
        let line = try #require(shown.firstMatch(of: #/Key:((?: [A-Z2-7]{4}){8})/#), "\(shown)")
        return line.output.1.filter { $0 != " " }
    }

    /// The phone of somebody who types the key.
    static func phone(of person: Person, in shown: String) throws -> Phone {
        try Phone(scanning: "otpauth://totp/\(person.name)?secret=\(try key(in: shown))")
    }

    /// The backup codes that are shown.
    static func backupCodes(in shown: String) -> [String] {
        shown.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
    }
}

extension Terminal {
    /// Goes from the question for the first code to the shell's own words; the backup codes.
    func enroll(_ code: String, welcome: String) async throws -> [String] {
        try await type(code)
        try await expect(Enrolling.sheet)
        let codes = Enrolling.backupCodes(in: transcript)
        try await type("")
        try await expect(welcome)
        return codes
    }
}

/// Compares a screen with a file in Screens/, line by line. What differs from login to login
/// stands there in braces, and all rows of a QR code are one line.
enum ExpectedScreen {
    static func compare(
        _ shown: String, with name: String, of person: Person,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try #require(Bundle.module.resourceURL)
        let file = folder.appendingPathComponent("Screens/\(name).txt")
        let found = lines(of: shown, person)
        try keep(shown, found, as: name)
        let expected = try String(contentsOf: file, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
        #expect(found + [""] == expected, "\(shown)", sourceLocation: sourceLocation)
    }

    /// With SWIFTOTP_SCREENS=FOLDER, writes what was shown there, as it was and as it compares.
    private static func keep(_ shown: String, _ lines: [String], as name: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["SWIFTOTP_SCREENS"] else { return }
        let place = URL(fileURLWithPath: folder)
        let text = lines.joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: place.appendingPathComponent("\(name).txt"))
        try Data(shown.utf8).write(to: place.appendingPathComponent("\(name).shown"))
    }

    private static func lines(of shown: String, _ person: Person) -> [String] {
        var lines: [String] = []
        for line in shown.split(separator: "\n", omittingEmptySubsequences: false) {
            let line = isOfQRCode(line) ? "{QR}" : words(of: line, person)
            if line != "{QR}" || lines.last != line { lines.append(line) }
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Blocks or hashes, and nothing else.
    private static func isOfQRCode(_ line: Substring) -> Bool {
        let row = line.filter { $0 != " " }
        return row.count > 3
            && (row.allSatisfy { "\u{2580}\u{2584}\u{2588}".contains($0) }
                || row.allSatisfy { $0 == "#" })
    }

    private static func words(of line: Substring, _ person: Person) -> String {
        var text = line.replacing(person.name, with: "{USER}")
        text.replace(#/Key:( [A-Z2-7]{4}){8}/#, with: "Key: {KEY}")
        text.replace(#/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#, with: "{BACKUP}")
        text.replace(#/SHA256:[A-Za-z0-9+\/]{43}/#, with: "{FINGERPRINT}")
        text.replace(#/\b\d{4}-\d\d-\d\d\b/#, with: "{DATE}")
        text.replace(#/\b[A-Z][a-z]+day \d\d:\d\d UTC/#, with: "{TIME}")
        text.replace(#/\b\d{6}\b/#, with: "{CODE}")
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
