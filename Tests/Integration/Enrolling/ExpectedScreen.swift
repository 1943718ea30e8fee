import Foundation
import TestSupport
import Testing

/// Compares a screen with a file in Screens/, line by line. Text that differs between logins is in
/// braces there, and all rows of a QR code are one line. From OpenSSH 10.3 on, ssh shows messages
/// at once, not together with the next question: if that makes a difference, there is a second
/// file.
enum ExpectedScreen {
    static func compare(
        _ shown: String, with name: String, of person: Person,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = try #require(Bundle.module.resourceURL)
        let found = lines(of: shown, person)
        try keep(shown, found, as: name)
        func expected(_ name: String) throws -> [String] {
            let file = folder.appendingPathComponent("Screens/\(name).txt")
            return try String(contentsOf: file, encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        }
        if let other = try? expected(name + ".10.3"), other == found + [""] { return }
        #expect(try found + [""] == expected(name), "\(shown)", sourceLocation: sourceLocation)
    }

    /// With SWIFTOTP_SCREENS=FOLDER, writes what was shown to that folder, as is and as compared.
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

    /// Only blocks or hashes.
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
