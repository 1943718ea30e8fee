import Foundation
import TestSupport
import Testing

/// `import` of exports from apps and token lists: who owns an entry, and which entry is meant.
@Suite("Apps and token lists")
struct AppImportTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    /// A plain Aegis export with one entry for each of these issuers.
    private func aegis(_ issuers: String...) throws -> (text: String, tokens: [Token]) {
        let tokens = try issuers.map { _ in try Token.random().token }
        let entries = zip(issuers, tokens).map { issuer, token in
            """
            {"type":"totp","uuid":"x","name":"me@example.com","issuer":"\(issuer)","icon":null,\
            "info":{"secret":"\(token.key)","algo":"SHA1","digits":6,"period":30}}
            """
        }
        let text = """
            {"version":1,"header":{"slots":null,"params":null},"db":{"version":3,"entries":[
            \(entries.joined(separator: ","))]}}
            """
        return (text, tokens)
    }

    /// The issuer in the QR codes of this machine.
    private func issuer() async throws -> String {
        try #require(try await Desk().enroll().phone.issuer)
    }

    @Test("Another account of the person is imported, or the one for this machine is not")
    func choice() async throws {
        let here = try await issuer()
        let (text, tokens) = try aegis("GitHub", here, "Shop")
        let words = ["--from", "aegis", "--user", "daemon", "-"]
        let told = try await desk.report(words, input: text)
        #expect(told.rows.count == 1 && told.problems.isEmpty)
        #expect(try told.result("daemon") == "imported")
        let phone = try tokens[1].phone()
        try await phone.settle()
        #expect(try await desk.verify(try await phone.code(), of: "daemon") == (true, "code"))

        let chosen = try await desk.report(words + ["--entry", "gitHUB"], input: text)
        #expect(chosen.rows.map { $0["name"] as? String } == ["GitHub"])
        let status = try await desk.json("status", "daemon")
        #expect((status["authenticators"] as? [Any])?.count == 2)
    }

    @Test("An entry is imported that nobody selected")
    func noChoice() async throws {
        let (text, _) = try aegis("GitHub", "Shop")
        for (words, error) in [
            ([], "none of the 2 entries in the file is of "),
            (["--entry", "Git"], "no entry in the file has the issuer or account Git\n"),
        ] as [([String], String)] {
            let done = try await Command.run(
                desk.words(["import", "--from", "aegis", "--user", "daemon", "-"] + words),
                input: text)
            #expect(done.status == 1 && done.output.isEmpty)
            #expect(done.errors.contains(error), "\(done.errors)")
            #expect(
                done.errors.hasSuffix(
                    "hint: --entry chooses one: GitHub: me@example.com, Shop: me@example.com\n"),
                "\(done.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: desk.store))
        // With a single entry there is nothing to choose.
        let one = try await desk.report(
            ["--from", "aegis", "--user", "daemon", "-"], input: try aegis("GitHub").text)
        #expect(try one.result("daemon") == "imported")
    }

    @Test("An app's export is imported without --user, or unused options are accepted")
    func usage() async throws {
        for (words, error) in [
            (["--from", "aegis", "-"], "whose export is it? Add --user"),
            (
                ["--from", "2fas", "--user", "daemon", "--map", "/dev/null", "-"],
                "--map is not for an app's export"
            ),
            (
                ["--from", "otpauth", "--user", "daemon", "--entry", "x", "-"],
                "--entry is for an app's export"
            ),
            (["--from", "google-authenticator", "/dev/null"], "whose file is it? Add --user"),
        ] as [([String], String)] {
            let done = try await Command.run(desk.words(["import"] + words))
            #expect(done.status == 64 && done.errors.contains(error), "\(done.errors)")
        }
    }

    @Test("A file of another format is not recognized")
    func otherFormat() async throws {
        let file = Project.path("Tests/OTPImportTests/Files/keepassxc.xml")
        let done = try await desk.run("import", "--from", "pskc", file)
        #expect(done.status == 1)
        #expect(
            done.output.contains("Note: this looks like another format: --from keepassxc.\n"),
            "\(done.output)")
        let right = try await desk.report(
            ["--from", "keepassxc", "--user", "daemon", "--entry", "bastion.example.com", file])
        #expect(try right.result("daemon") == "imported")
    }

    @Test("A token goes to a user whose name only matches part of the one in the list")
    func wholeNames() async throws {
        let (first, second) = (try Token.random().token, try Token.random().token)
        let list = """
            upn;serial number;secret key;time interval;manufacturer;model\r
            daemon@example.com;4711;\(first.key);30;Contoso;Key\r
            bin;4712;\(second.key);30;Contoso;Key\r

            """
        let words = ["--from", "token-csv", "-"]
        let told = try await desk.report(words, input: list, status: 1)
        #expect(try told.result("bin") == "imported")
        #expect(
            try told.result("daemon@example.com") == "there is no user \"daemon@example.com\"")
        let map = try desk.scratch.write("daemon@example.com sys\n", to: "map")
        let mapped = try await desk.report(words + ["--map", map], input: list)
        #expect(try mapped.result("sys") == "imported" && mapped.result("bin") == "already here")
        #expect(try await desk.json("status", "daemon")["enrolled"] as? Bool == false)
    }

    @Test("An export imported on another machine has changed on the way")
    func roundTrip() async throws {
        try Build.requireGround()
        let (alice, bob) = (try await Account.make("alice"), try await Account.make("bob"))
        let used = UInt64(Date().timeIntervalSince1970) / 30 + 2
        try desk.shelve(alice.user()) {
            $0.drift = -3
            $0.nextStep = used
        }
        try desk.shelve(bob.user()) {
            $0.kind = .hotp
            $0.nextStep = 17
        }
        let file = desk.scratch.file("out")
        let exported = try await desk.run(
            "export", "--format", "json", "--output", file, "--reveal-secrets")
        #expect(exported.status == 0, "\(exported.errors)")

        let there = try Desk()
        let words = ["--from", "swiftotp-json", file]
        let one = try await there.report(words + ["--user", bob.name])
        #expect(one.rows.count == 1)
        #expect(try one.result(bob.name) == "imported")
        let rest = try await there.report(words)
        #expect(
            try rest.result(alice.name) == "imported" && rest.result(bob.name) == "already here")
        for account in [alice, bob] {
            let both = try await [desk, there].inTurn { desk in
                let status = try await desk.json("status", account.name)
                let apps = try #require(status["authenticators"] as? [[String: Any]])
                return apps.map { app in
                    ["name", "kind", "digits", "period", "drift", "counter", "algorithm"].map {
                        "\($0) \(app[$0] ?? "none")"
                    }
                }
            }
            #expect(both[0] == both[1] && both[0].count == 1)
        }
        let again = there.scratch.file("again")
        let second = try await there.run(
            "export", "--format", "json", "--output", again, "--reveal-secrets")
        #expect(second.status == 0, "\(second.errors)")
        #expect(
            try String(contentsOfFile: again, encoding: .utf8)
                == String(contentsOfFile: file, encoding: .utf8))
    }
}

extension Array {
    /// The results of `body` for each element, one after the other.
    fileprivate func inTurn<Result>(_ body: (Element) async throws -> Result) async throws
        -> [Result]
    {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
