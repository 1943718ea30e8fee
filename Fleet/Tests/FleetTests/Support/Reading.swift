import Foundation
import TestSupport

/// What a user, and somebody of the help desk who helps them, read at a host, step by step, with
/// everything replaced that differs from user to user, or from time to time.
struct Reading: Sendable {
    /// What was read after one command, or at one login.
    struct Step: Equatable, Sendable {
        let name: String
        let lines: [String]
    }

    let host: Host
    let user: Member
    let helper: Member
    private(set) var steps: [Step] = []

    init(at host: Host, of user: Member, helpedBy helper: Member) {
        (self.host, self.user, self.helper) = (host, user, helper)
    }

    /// Runs a command of the user's, with these lines typed.
    @discardableResult
    mutating func command(_ words: [String], _ answers: String...) async throws -> Command {
        let done = try await run(words, as: user, answers)
        note(words.joined(separator: " "), Reading.text(of: done))
        return done
    }

    /// Runs a command of the helper's, with this code typed if it asks for one.
    mutating func help(_ words: [String], _ code: String) async throws {
        let done = try await run(words, as: helper, [code])
        note("helper: " + words.joined(separator: " "), Reading.text(of: done))
    }

    /// The same for a list, of which only the heading and the user's row are noted.
    mutating func helpByList(_ words: [String], _ code: String) async throws {
        let done = try await run(words, as: helper, [code])
        let rows = done.output.split(separator: "\n").filter { row in
            row.hasPrefix("USER ") || row.hasPrefix("\(user.name) ")
        }
        note(
            "helper: " + words.joined(separator: " "),
            "status \(done.status)\n" + rows.joined(separator: "\n"))
    }

    /// Logs the user in on the host itself, where reasons are told.
    mutating func logIn(_ what: String, _ answer: String, by crowd: Crowd) async throws {
        let result = try await crowd.login(user.name, answer)
        let said = result.messages.map(\.text).joined(separator: "\n")
        note("login: \(what)", "\(result.name)\n\(said)")
    }

    /// Notes what a terminal shows until a login has ended. Its lines end where names do not fit.
    mutating func noteScreen(_ name: String, _ text: String) {
        let shown = text.components(separatedBy: "inside:").first ?? ""
        note(name, shown.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    private func run(
        _ words: [String], as member: Member, _ answers: [String]
    ) async throws -> Command {
        try await Command.run(
            host.enroll(words, as: member.account),
            input: answers.map { $0 + "\n" }.joined())
    }

    private static func text(of done: Command) -> String {
        "status \(done.status)\n" + done.output + done.errors
    }

    private mutating func note(_ name: String, _ text: String) {
        let lines = plain(text).split(separator: "\n").map { line in
            line.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        steps.append(Step(name: plain(name), lines: lines))
    }

    private func plain(_ text: String) -> String {
        var text = text.replacing(user.name, with: "USER").replacing(helper.name, with: "HELPER")
        text.replace(#/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\dZ?)?/#, with: "TIME")
        text.replace(#/\d{4}-\d\d-\d\d/#, with: "DATE")
        text.replace(#/(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d\d:\d\d UTC/#, with: "DAY")
        text.replace(#/\((?:just now|\d+ minutes? ago)\)/#, with: "(AGO)")
        text.replace(#/\d+ seconds?/#, with: "SECONDS")
        text.replace(#/sshd-\d+/#, with: "SSHD")
        // Both groups of codes, and a key.
        text.replace(#/T[0-9A-Z]{3}(?:-[0-9A-Z]{4}){2}/#, with: "TEMPORARY-CODE")
        text.replace(#/[0-9A-Z]{5}(?:-[0-9A-Z]{5}){2}/#, with: "BACKUP-CODE")
        text.replace(#/\b\d{6}\b/#, with: "CODE")
        text.replace(#/[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}/#, with: "KEY")
        // Said in one half of each step of the clock.
        text.replace(
            #/The app's clock is at least SECONDS behind\. .*? check the time here\. ?/#, with: "")
        text.replace(#/The clock of "phone" is \d+ s ahead\. .*? will fail\. ?/#, with: "")
        return text
    }
}
