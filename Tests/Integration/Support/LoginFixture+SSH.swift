import Foundation
import TestSupport
import Testing

// The output of a login that enrolls, and how the user goes on from there.

extension LoginProgram {
    /// sshd with a key before the code.
    static func sshdByKey() throws -> LoginProgram { try sshd(password: false) }
    /// sshd with a password before the code.
    static func sshdByPassword() throws -> LoginProgram { try sshd(password: true) }

    private static func sshd(password: Bool) throws -> LoginProgram {
        try #require(all(of: "sshd").first { $0.password == password })
    }
}

extension LoginFixture {
    /// A door of sshd that runs a command, since a shell prints the machine's message of the day.
    /// `around` are words before sshd, and before the service.
    func remoteDoor(
        _ options: String, settings: [String] = [], around: [String] = [],
        in network: Network? = nil
    ) async throws -> SSHDoor {
        var (way, service): (String?, Service?) = (nil, nil)
        if !around.isEmpty {
            (way, service) = try await answerer.arguments(behind: around, in: scratch)
        }
        let server = try await SSHServer(
            methods: (program.password ? "" : "publickey,") + "keyboard-interactive:pam",
            policy: try program.policy(try module(options, by: way)), settings: settings,
            around: around, in: network)
        var door = try SSHDoor(server: server, key: !program.password, person: person)
        door.service = service
        door.command = SSHDoor.proof
        return door
    }

    /// What a user sees inside.
    var welcome: String { "inside:\(program.becomes ?? person.name)." }

    /// The file with the person's record, named by the UID.
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

    /// Starts a login on a screen with the client's locale.
    func screen(
        _ person: Person, columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8"
    ) async throws -> Screen {
        try await Screen(words(person), columns: columns, rows: rows, locale: locale)
    }
}
