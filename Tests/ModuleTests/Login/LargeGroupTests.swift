import Foundation
import TestSupport
import Testing

/// User and group databases of any size, which glibc passes to every program.
@Suite("Large groups, through libpam")
struct LargeGroupTests {
    private let enrolled: Enrolled

    init() throws { enrolled = try Enrolled() }

    /// A wrong code, typed while `exempt_group` is looked up in /etc/group with these additional
    /// lines, and the user in /etc/passwd as changed.
    private func login(
        exempt: String, groups: String = "", passwd: @escaping (String) -> String = { $0 }
    ) async throws -> DialogueResult {
        // A folder: a single file of /etc would be replaced when another test adds a user.
        let etc = try enrolled.scratch.folder("etc-\(UUID().uuidString)", mode: 0o755)
        for (name, change) in [
            ("group", { $0 + groups }), ("passwd", passwd), ("nsswitch.conf", { $0 }),
        ] as [(String, (String) -> String)] {
            let text = try String(contentsOfFile: "/etc/\(name)", encoding: .utf8)
            try Data(change(text).utf8).write(to: URL(fileURLWithPath: "\(etc)/\(name)"))
        }
        let script = "mount --bind \(etc) /etc && exec \"$@\""
        let stack = try enrolled.stack(
            "exempt_group=\(exempt)", behind: ["unshare", "--mount", "sh", "-c", script, "sh"])
        return try await stack.login(enrolled.user, ["000000"])
    }

    /// A group with `count` members, the last one being `last`.
    private func group(_ count: Int, last: String) -> String {
        let members = (1..<count).map { "person\($0)" } + [last]
        return "everybody:x:59999:\(members.joined(separator: ","))\n"
    }

    @Test(
        "A group of many thousands denies everybody, or its members are asked",
        arguments: [20_000, 100_000, 400_000])
    func member(count: Int) async throws {
        let groups = group(count, last: enrolled.user)
        let exempt = try await login(exempt: "everybody", groups: groups)
        #expect(exempt.name == Stack.ignored && exempt.prompts == 0, "\(exempt)")
    }

    @Test("Users outside a group of many thousands are not asked, or denied without being asked")
    func nonmember() async throws {
        let result = try await login(
            exempt: "everybody", groups: group(100_000, last: "personx"))
        #expect(result.name == "PAM_AUTH_ERR" && result.prompts == 1, "\(result)")
        // The group does not hide another one either.
        let other = try await login(
            exempt: enrolled.user, groups: group(100_000, last: enrolled.user))
        #expect(other.name == Stack.ignored, "\(other)")
    }

    @Test("Users in more groups than the kernel gives a process are denied")
    func groups() async throws {
        let lines = (1...70_000).map { "group\($0):x:\(100_000 + $0):\(enrolled.user)\n" }.joined()
        for exempt in ["group1", "group70000"] {
            let result = try await login(exempt: exempt, groups: lines)
            #expect(result.name == Stack.ignored, "\(exempt): \(result)")
        }
    }

    @Test("Users with a long entry in the user database are denied without being asked")
    func entry() async throws {
        let name = enrolled.user
        let long = String(repeating: "x", count: 1 << 20)
        let result = try await login(exempt: "games") { text in
            text.split(separator: "\n").map { line in
                guard line.hasPrefix(name + ":") else { return line + "\n" }
                var words = line.split(separator: ":", omittingEmptySubsequences: false)
                words[4] = long[...]
                return words.joined(separator: ":") + "\n"
            }.joined()
        }
        #expect(result.name == "PAM_AUTH_ERR" && result.prompts == 1, "\(result)")
    }
}
