import Foundation
import TestSupport
import Testing

/// The language of a login's messages, and for whom: with the installed catalogs.
@Suite("swiftotpd: languages")
struct LanguageTests {
    private static let refused = [
        "en": "That code was not accepted.", "sv": "Koden godtogs inte.",
        "pl": "Kod nie został przyjęty.",
    ]

    @Test(
        "The language tells strangers who is enrolled, or the user's own comes too early or never")
    func ofStrangers() async throws {
        let service = try await Service(configuration: "language = sv\n")
        let client = try Client(service, try await Account.make("polish"))
        let codes = try await client.enroll()
        var replies = try await client.run(
            #"request {"speak":{"language":"pl","unlessSet":false}}"#,
            #"request {"speak":{"language":"nb","unlessSet":true}}"#, "status")
        #expect(replies[2].account?.language == "pl")
        let root = try Client.root(service)
        func login(_ user: String, _ answer: String) async throws -> [Reply] {
            try await root.run("with tty=ssh", "login \(user) sshd", "answer \(answer)")
        }
        let own = try await login(client.user, "000000")
        let other = try await login("nobody-at-all", "000000")
        #expect(own.map(\.question) == other.map(\.question))
        #expect(own.map(\.said) == other.map(\.said))
        #expect(own[1].said == [Self.refused["sv"]])
        #expect(own[0].question?.contains("erification") == false)
        // A login that succeeds.
        replies = try await login(client.user, codes[0])
        #expect(replies[1].end == 0)
        #expect(replies[1].said.contains { $0.contains("9") && $0.contains("zapasow") })
        #expect(!replies[1].said.contains { $0.contains("reservkod") })
    }

    @Test("Without a language, or with English, a text is not in English")
    func english() async throws {
        for language in ["", "language = en\n", "language = en_GB\n"] {
            let service = try await Service(configuration: language)
            let root = try Client.root(service)
            let replies = try await root.run("login nobody-at-all sshd", "answer 000000")
            #expect(replies[0].question == "Verification code: ")
            #expect(replies[1].said == [Self.refused["en"]])
            #expect(!replies.flatMap(\.logged).contains { $0.hasPrefix("another language") })
        }
    }

    @Test(
        "A catalog that is missing, damaged, another version's or anybody's keeps people out",
        arguments: [
            ("xa", "there is no catalog"), ("xb", "not a whole catalog"),
            ("xc", "not of version"), ("xd", "others have access"),
        ])
    func catalogTrouble(_ language: String, _ why: String) async throws {
        let folder = "/usr/share/locale/\(language)/LC_MESSAGES"
        let swedish = try Data(
            contentsOf: URL(fileURLWithPath: "/usr/share/locale/sv/LC_MESSAGES/swiftotp.mo"))
        if language != "xa" {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: "/usr/share/locale/\(language)") }
        let file = URL(fileURLWithPath: folder + "/swiftotp.mo")
        switch language {
        case "xb": try swedish.prefix(swedish.count / 2).write(to: file)
        case "xc":
            var other = swedish
            let version = try #require(other.range(of: Data("swiftotp 0".utf8)))
            other[version.upperBound - 1] = UInt8(ascii: "9")
            try other.write(to: file)
        case "xd":
            try swedish.write(to: file)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o666], ofItemAtPath: file.path)
        default: break
        }
        let service = try await Service(configuration: "language = \(language)\n")
        let client = try Client(service, try await Account.make("patient"))
        let codes = try await client.enroll()
        let replies = try await Client.root(service).run(
            "login \(client.user) sshd", "answer \(codes[0])")
        #expect(replies[0].question == "Verification code: " && replies[1].end == 0)
        let lines = replies.flatMap(\.logged).filter { $0.hasPrefix("another language;") }
        #expect(lines.count == 1 && lines[0].contains("wanted=\(language) "), "\(lines)")
        #expect(lines.first?.contains(why) == true, "\(lines)")
    }

    @Test("A terminal without UTF-8 gets letters that it cannot show, or one at ssh is doubted")
    func encodings() async throws {
        let service = try await Service(configuration: "language = sv\n")
        let root = try Client.root(service)
        func refusal(_ flags: Int, _ program: String) async throws -> String? {
            let replies = try await root.run(
                "with flags=\(flags)", "login nobody-at-all \(program)", "answer 000000")
            return replies[1].said.first
        }
        #expect(try await refusal(2, "su") == Self.refused["en"])
        #expect(try await refusal(0, "su") == Self.refused["sv"])
        #expect(try await refusal(2, "sshd") == Self.refused["sv"])
        #expect(try await refusal(1, "su") == nil)
    }

    @Test("An invalid name of a language is stored, or looked up in the file system")
    func badNames() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("speaker"))
        try await client.enroll()
        for name in ["../../etc", "", "swedish", "sv\\u0000"] {
            let replies = try await client.run(
                #"request {"speak":{"language":"\#(name)","unlessSet":false}}"#, "status")
            #expect(replies[0].why == "malformed" && replies[1].account?.language == nil, "\(name)")
        }
        let stranger = try Client(service, try await Account.make("newcomer"))
        let replies = try await stranger.run(
            #"request {"speak":{"language":"sv","unlessSet":false}}"#)
        #expect(replies[0].why == "notEnrolled")
    }
}
