import Foundation
import TestSupport
import Testing

/// `move`: users who got another name or UID from the system's own programs.
@Suite struct MoveTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// An enrolled user, and a burned code of theirs.
    private func person(_ prefix: String) async throws -> (Account, codes: [String]) {
        let account = try await Account.make(prefix)
        let (_, codes) = try await desk.enroll(account.name)
        #expect(try await desk.verify(codes[0], of: account.name) == (true, "backup-code"))
        return (account, codes)
    }

    private func number(_ account: Account) throws -> UInt32 {
        try Account.numbers(of: account.name).uid
    }

    private func expectLife(of account: Account, _ codes: [String]) async throws {
        #expect(try await desk.verify(codes[0], of: account.name).0 == false)
        #expect(try await desk.verify(codes[1], of: account.name) == (true, "backup-code"))
        #expect(try await desk.verify(codes[1], of: account.name).0 == false)
    }

    @Test("A renamed user cannot log in, and no command helps")
    func renamed() async throws {
        let log = try SystemLog.shared()
        let (bob, codes) = try await person("bob")
        let uid = try number(bob)
        let robert = try await bob.modified(["-l", "ro" + bob.name], name: "ro" + bob.name)
        let status = try await desk.run("status", robert.name)
        #expect(status.status == 1)
        let words = "it is \(bob.name)'s, and \(robert.name) has this number now:"
        #expect(status.errors.contains("\(words) `otp-enroll move \(uid) \(robert.name)`"))

        let tried = try await desk.json("move", bob.name, robert.name, "--dry-run")
        #expect(tried["moved"] as? Bool == false && tried["number"] as? UInt32 == uid)
        #expect(try await desk.run("status", robert.name).status == 1)
        let done = try await desk.run("move", bob.name, robert.name)
        #expect(done.status == 0, "\(done.errors)")
        #expect(
            done.output == "The record of \(bob.name) (\(uid)) now belongs to \(robert.name).\n")
        #expect(try await desk.events(robert.name).first == "moved")
        _ = try await log.line(
            containing: "second factor moved; from=\(bob.name) number=\(uid)",
            "user=\(robert.name)")
        try await expectLife(of: robert, codes)
        let again = try await desk.run("move", bob.name, robert.name)
        #expect(again.status == 1 && again.errors.contains("there is no record of \"\(bob.name)\""))
    }

    @Test("A renumbered user cannot log in, and no command helps")
    func renumbered() async throws {
        let (bob, codes) = try await person("bob")
        let old = try number(bob), new = old + 40_000
        _ = try await bob.modified(["-u", "\(new)"])
        let sentence = "record \(old) is \(bob.name)'s, who is \(new) now"
        let command = "otp-enroll move \(old) \(bob.name)"
        let list = try await desk.run("list")
        #expect(list.errors.contains("\(sentence): `\(command)`"), "\(list.errors)")
        let users = try #require(try await desk.json("list")["users"] as? [[String: Any]])
        let row = try #require(users.first { $0["uid"] as? UInt32 == old })
        #expect(row["problem"] as? String == sentence)
        #expect(row["record_of"] as? String == bob.name)
        let doctor = try await desk.run("doctor")
        let told = doctor.output.replacing("\n", with: " ")
        #expect(told.contains("\(sentence) and cannot log in"), "\(doctor.output)")
        // With the store named in the command.
        let named = command.replacing("otp-enroll", with: "otp-enroll --store \(desk.store)")
        #expect(doctor.output.contains("      \(named)\n"), "\(doctor.output)")

        // In the meantime nobody gets a second record, and `reset` ends nothing.
        let before = desk.record(of: old)
        for words in [
            ["add", bob.name, "--no-confirm"], ["reset", "--yes", bob.name], ["issue", bob.name],
            ["status", bob.name],
        ] {
            let done = try await Command.run(desk.words(words))
            #expect(done.status == 1 && done.errors.contains("who is \(new) now"), "\(words)")
        }
        #expect(desk.record(of: old) == before && desk.record(of: new) == nil)

        #expect(try await desk.run("move", "\(old)", "\(new)").status == 0)
        #expect(desk.record(of: old) == nil)
        try await expectLife(of: bob, codes)
    }

    @Test("A record is taken from a user who exists, or one with something in it is lost")
    func refused() async throws {
        let (alice, _) = try await person("alice")
        let (bob, _) = try await person("bob")
        let numbers = [try number(alice), try number(bob)]
        let before = numbers.map { desk.record(of: $0) }
        for (old, new, words) in [
            (alice.name, bob.name, "\(alice.name) is still a user here"),
            ("\(numbers[0])", bob.name, "\(alice.name) is still a user here"),
            ("nobody-of-this-name", bob.name, "there is no record of"),
            (alice.name, "nobody-of-this-name", "there is no user"),
            (alice.name, "4000000", "there is no user"),
        ] {
            let done = try await desk.run("move", old, new)
            #expect(done.status == 1 && done.errors.contains(words), "\(done.errors)")
        }
        try await alice.remove()
        let done = try await desk.run("move", alice.name, bob.name)
        #expect(done.status == 1 && done.errors.contains("is already enrolled"), "\(done.errors)")
        #expect(numbers.map { desk.record(of: $0) } == before)
        #expect(try await desk.run("move", alice.name).status == 64)
        #expect(try await desk.run("move", "--all").status == 64)
    }

    /// When a directory changes the spelling of all its users' names.
    @Test("After everybody was renamed, records are moved one by one, in part, or without asking")
    func map() async throws {
        var people: [(account: Account, codes: [String])] = []
        for _ in 0..<3 { people.append(try await person("dal")) }
        var text = "# old new\n", renamed: [Account] = []
        for (account, _) in people {
            let name = account.name + ".example.com"
            renamed.append(try await account.modified(["-l", name], name: name))
            text += "\(account.name) \(name)\n"
        }
        let nobody = try await Account.make("new")
        let map = try desk.scratch.write(
            text + "\nnever-enrolled \(nobody.name)\n", to: "map")
        let saved = try Snapshot(of: desk.store)
        let dry = try await desk.run("move", "--all", "--map", map, "--dry-run")
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.matches(of: #/\n\d  +dal\S+ +\S+ +would be moved/#).count == 3)
        #expect(dry.output.contains(#/6 +never-enrolled +\S+ +no record/#), "\(dry.output)")
        #expect(
            dry.output.hasSuffix(
                "3 of 3 would be moved. This was a dry run: nothing was changed.\n"))
        let terminal = try Terminal(desk.words(["move", "--all", "--map", map]))
        try await terminal.expect("Move 3 records? [y/N] ")
        try await terminal.type("n")
        #expect(try await terminal.finish() == 1)
        #expect(try saved.changes().isEmpty)

        for (bad, words) in [
            ("a\nb c\n", "line 1: not an old and a new user"),
            ("a b\n\na c\n", "line 3: the old user is in line 1 too"),
            ("a c\nb c\n", "line 2: the new user is in line 1 too"),
        ] {
            let file = try desk.scratch.write(text + bad, to: "bad")
            let done = try await desk.run("move", "--all", "--map", file, "--yes")
            let line = words.replacing(#/^line (\d)/#) { "line \((Int($0.1) ?? 0) + 4)" }
            #expect(done.status == 1 && done.errors.contains("bad "), "\(done.errors)")
            #expect(
                done.errors.contains(line.replacing("in line 1", with: "in line 5")),
                "\(done.errors)")
        }
        #expect(try saved.changes().isEmpty)

        let done = try await desk.json("move", "--all", "--map", map, "--yes")
        let lines = try #require(done["lines"] as? [[String: Any]])
        #expect(lines.map { $0["result"] as? String } == ["moved", "moved", "moved", "no record"])
        #expect(lines.map { $0["line"] as? Int } == [2, 3, 4, 6])
        for (account, person) in zip(renamed, people) {
            try await expectLife(of: account, person.codes)
        }
        // A second run has nothing to do; a line that cannot be done is named.
        let again = try await desk.run("move", "--all", "--map", map, "--yes")
        #expect(again.status == 0 && again.output.hasSuffix("0 of 0 moved.\n"), "\(again.output)")
        let more = try desk.scratch.write("\(renamed[0].name) \(nobody.name)\n", to: "more")
        let refused = try await desk.run("move", "--all", "--map", more, "--yes")
        #expect(refused.status == 1 && refused.errors.contains("the first is line 1: "))
    }

    @Test("Two users who swapped names cannot both be moved")
    func swapped() async throws {
        let (alice, aliceCodes) = try await person("alice")
        let (bob, bobCodes) = try await person("bob")
        let spare = "x" + alice.name
        let between = try await alice.modified(["-l", spare], name: spare)
        let first = try await bob.modified(["-l", alice.name], name: alice.name)
        let second = try await between.modified(["-l", bob.name], name: bob.name)
        let map = try desk.scratch.write(
            "\(alice.name) \(bob.name)\n\(bob.name) \(alice.name)\n", to: "map")
        let done = try await desk.run("move", "--all", "--map", map, "--yes")
        #expect(done.status == 0, "\(done.output)\(done.errors)")
        try await expectLife(of: first, bobCodes)
        try await expectLife(of: second, aliceCodes)
    }

    /// As when a directory's UIDs replace those of this machine.
    @Test("A UID was another user's before: `reset` ends what is theirs, or both cannot be moved")
    func shifted() async throws {
        let (bob, bobCodes) = try await person("bob")
        let (alice, aliceCodes) = try await person("alice")
        let (hers, his) = (try number(alice), try number(bob))
        _ = try await bob.modified(["-u", "\(his + 50_000)"])
        _ = try await alice.modified(["-u", "\(his)"])
        for words in [["status"], ["reset", "--yes"]] {
            let done = try await Command.run(
                desk.words([words[0], alice.name] + words.dropFirst()))
            let told = "it is \(bob.name)'s, who is \(his + 50_000) now:"
            #expect(done.status == 1 && done.errors.contains(told), "\(words): \(done.errors)")
            #expect(done.errors.contains("`otp-enroll move \(his) \(bob.name)`"))
        }
        // Alice's UID becomes free only when bob's record is moved.
        let map = try desk.scratch.write(
            "\u{FEFF}\(hers) \(alice.name)\n\(his) \(bob.name)\n", to: "map")
        let done = try await desk.run("move", "--all", "--map", map, "--yes")
        #expect(done.status == 0, "\(done.output)\(done.errors)")
        #expect(done.output.hasSuffix("2 of 2 moved.\n"), "\(done.output)")
        try await expectLife(of: bob, bobCodes)
        try await expectLife(of: alice, aliceCodes)
    }
}
