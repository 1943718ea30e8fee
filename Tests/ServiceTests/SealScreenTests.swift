import Foundation
import OTPCore
import TestSupport
import Testing

/// What a person sees and types when the seal key is sealed, and when its recovery key opens it.
@Suite("The screens of a sealed seal key", .timeLimit(.minutes(5)))
struct SealScreenTests {
    private static let handed = "Its last group, to go on (Return alone: give up):"
    private static let asked = "Recovery key (Return alone: give up):"
    /// The keys that leave a screen.
    private static let leaving = ["C-c", "C-d", "Enter"]

    /// Whether two groups of a key are on the screen or have scrolled off it, as it is shown or as
    /// it is typed here.
    private func stays(_ key: String, on screen: Screen) async throws -> Bool {
        let text = try await screen.history(), groups = key.split(separator: "-")
        return zip(groups, groups.dropFirst()).contains { one, next in
            text.contains("\(one)-\(next)")
                || text.contains("\(one.lowercased()) \(next.lowercased())")
        }
    }

    /// Leaves a screen.
    private func leave(_ screen: Screen, by key: String) async throws {
        try await screen.press(key)
        try await screen.wait(for: "otp-enroll: given up; nothing was changed")
        #expect(try await screen.finish() == 1, "\(key)")
    }

    @Test("The recovery key cannot be read or scanned, or stays when it was written down")
    func handed() async throws {
        let host = try await SealedHost()
        let screen = try await host.screen("seal", "--to", "credential")
        let key = try #require(try await screen.wait(for: Self.handed).recoveryKey)
        #expect(try await screen.scan() == key)
        // The first group shows that somebody looked, but not that it is all there.
        try await screen.type(String(key.prefix(4)))
        let again = try await screen.wait(for: "That is not its last group.")
        #expect(again.recoveryKey == key)
        #expect(try await screen.scan() == key)
        #expect(try host.names("disk") == ["seal.key"])
        try await screen.type(key.suffix(4).lowercased())
        try await screen.wait(for: "sealed by the host key of systemd")
        #expect(try await screen.finish() == 0)
        #expect(try await !stays(key, on: screen))
        #expect(try host.names("disk") == ["seal.kept", "seal.key.cred", "seal.recovery"])
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
        // It is the one.
        let opened = try await host.run("seal", "--recover", "--to", "file", input: key + "\n")
        #expect(opened.status == 0, "\(opened.errors)")
        #expect(try await host.login(host.codes[1]).name == "PAM_SUCCESS")
    }

    @Test("Left at the recovery key, a command has changed something, or the key stays")
    func handedInVain() async throws {
        let host = try await SealedHost()
        for (words, before) in [(["seal", "--to", "credential"], "file"), (["rekey"], "host")] {
            if before == "host" { try await host.seal(to: "credential") }
            let disk = try Snapshot(of: host.place("disk"))
            let memory = try Snapshot(of: host.place("memory"))
            for key in Self.leaving {
                let screen = try await host.screen(words)
                if words == ["rekey"] {
                    try await screen.wait(for: "Replace the seal key, and seal 1 record anew?")
                    try await screen.type("y")
                }
                let shown = try #require(try await screen.wait(for: Self.handed).recoveryKey)
                try await leave(screen, by: key)
                #expect(try await !stays(shown, on: screen))
                #expect(try disk.changes() == [] && memory.changes() == [], "\(words) \(key)")
            }
            let told = try await host.run("seal", "--json")
            #expect(told.output.contains("\"kept\": \"\(before)\""), "\(told.output)")
            let code = host.codes[before == "file" ? 0 : 1]
            #expect(try await host.login(code).name == "PAM_SUCCESS")
        }
    }

    @Test("A recovery key does not open, or stays; a mistake ends it, or is not said")
    func recovered() async throws {
        let host = try await SealedHost()
        let key = try await host.seal(to: "credential")
        for name in try host.names("lib/systemd") {
            unlink(host.place("lib/systemd") + "/" + name)
        }
        #expect(try await host.restart().status == 1)
        let before = try Snapshot(of: host.place("disk"))
        let typed = key.lowercased().replacing("-", with: " ")
        for leaving in Self.leaving {
            let screen = try await host.screen("seal", "--recover")
            try await screen.wait(for: Self.asked)
            try await leave(screen, by: leaving)
        }
        // It is still the key if the new one was not written down.
        let left = try await host.screen("seal", "--recover")
        try await left.wait(for: Self.asked)
        try await left.type(typed)
        try await left.wait(for: Self.handed)
        try await leave(left, by: "C-c")
        #expect(try await !stays(key, on: left))
        #expect(try before.changes() == [] && host.names("memory") == [])

        let screen = try await host.screen("seal", "--recover")
        try await screen.wait(for: Self.asked)
        let other: Character = key.first == "7" ? "8" : "7"
        for (mistake, words) in [
            ("\(other)\(key.dropFirst())", "its checksum is wrong"),
            (String(key.dropFirst(5)), "it has 28 symbols, not 32"),
            (try Self.stranger(), "sealed with another"),
        ] {
            try await screen.type(mistake)
            // What was typed can be compared.
            #expect(try await screen.wait(for: words).contains("\n    \(mistake)\n"))
        }
        try await screen.type(typed)
        let new = try #require(try await screen.wait(for: Self.handed).recoveryKey)
        #expect(new != key)
        try await screen.type(String(new.suffix(4)))
        try await screen.wait(for: "It is open.")
        #expect(try await screen.finish() == 0)
        for key in [key, new] { #expect(try await !stays(key, on: screen)) }
        #expect(try await host.login(host.codes[0]).name == "PAM_SUCCESS")
    }

    /// A recovery key of somebody else.
    private static func stranger() throws -> String {
        let random = [UInt8](repeating: 7, count: RecoveryKey.randomLength)
        guard let key = RecoveryKey(random: random.span) else { throw Trouble("no recovery key") }
        return key.text
    }
}

extension SealedHost {
    fileprivate func screen(_ arguments: String...) async throws -> Screen {
        try await screen(arguments)
    }

    fileprivate func screen(_ arguments: [String]) async throws -> Screen {
        try await tpm.flush()
        return try await Screen(running([try Build.product("otp-enroll")] + arguments))
    }
}

extension String {
    /// The recovery key on a screen, in two lines of four groups.
    fileprivate var recoveryKey: String? {
        let lines = matches(of: #/(?m)^ {4}((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})$/#)
        return lines.count == 2 ? lines.map(\.output.1).joined(separator: "-") : nil
    }
}
