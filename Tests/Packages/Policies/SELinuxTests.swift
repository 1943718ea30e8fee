import Foundation
import TestSupport
import Testing

/// The SELinux module by itself; `Tests/selinux` tries it in a distribution's whole policy.
@Suite("SELinux policy")
struct SELinuxTests {
    /// Compiles the module, and returns the folder with module and package.
    private func compile() async throws -> Scratch {
        let scratch = try Scratch()
        let compiled = try await Command.run([
            "checkmodule", "-M", "-m", "-o", scratch.file("swiftotp.mod"),
            Project.path("packaging/selinux/swiftotp.te"),
        ])
        #expect(compiled.status == 0 && compiled.errors.isEmpty, "\(compiled.errors)")
        try await Command.output([
            "semodule_package", "-o", scratch.file("swiftotp.pp"), "-m",
            scratch.file("swiftotp.mod"), "-f", Project.path("packaging/selinux/swiftotp.fc"),
        ])
        return scratch
    }

    @Test("checkmodule does not compile it, or semodule_package makes no package of it")
    func compiles() async throws {
        let scratch = try await compile()
        let (module, contexts) = (scratch.file("module"), scratch.file("contexts"))
        try await Command.output([
            "semodule_unpackage", scratch.file("swiftotp.pp"), module, contexts,
        ])
        // Both parts are included completely.
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: module))
                == Data(contentsOf: URL(fileURLWithPath: scratch.file("swiftotp.mod"))))
        #expect(
            try String(contentsOfFile: contexts, encoding: .utf8)
                == Project.text("packaging/selinux/swiftotp.fc"))
    }

    @Test("checkmodule does not compile the module of a fleet's agent")
    func agent() async throws {
        let scratch = try Scratch()
        let folder = "packaging/fleet/selinux"
        let compiled = try await Command.run([
            "checkmodule", "-M", "-m", "-o", scratch.file("swiftotp_agent.mod"),
            Project.path("\(folder)/swiftotp_agent.te"),
        ])
        #expect(compiled.status == 0 && compiled.errors.isEmpty, "\(compiled.errors)")
        try await Command.output([
            "semodule_package", "-o", scratch.file("swiftotp_agent.pp"), "-m",
            scratch.file("swiftotp_agent.mod"), "-f",
            Project.path("\(folder)/swiftotp_agent.fc"),
        ])
    }

    /// A login program that could write the store could let anybody in.
    @Test("Others than the service and admins can reach the store, its key and its files")
    func store() throws {
        let policy = try Project.text("packaging/selinux/swiftotp.te")
        let rules = policy.matches(of: #/(?m)^ *allow (\S+|\{.*?\}) (\S+|\{.*?\}):(?:file|dir) .*/#)
        let reaching = rules.filter {
            $0.output.2.contains("swiftotp_var_t") || $0.output.2.contains("swiftotp_key_t")
        }
        #expect(Set(reaching.map { String($0.output.1) }) == ["swiftotp_t", "sysadm_t", "init_t"])
        let ofInit = reaching.filter { $0.output.1 == "init_t" }.map { String($0.output.0) }
        #expect(
            ofInit.count == 1 && ofInit.allSatisfy { !$0.contains("write") && $0.contains(":dir") })
        // The others have access to the service, and to the program that they may start as it.
        #expect(
            policy.contains(
                "allow { swiftotp_door swiftotp_caller } swiftotp_t:unix_stream_socket connectto;"))
        #expect(
            policy.contains("type_transition swiftotp_door swiftotp_exec_t:process swiftotp_t;"))
        #expect(!policy.contains("execute_no_trans;"))
    }

    /// A block counts as a whole: if one name is missing, the others are no login programs either.
    @Test("A login program is a door where the policy does not have another one too")
    func blocks() throws {
        let policy = try Project.text("packaging/selinux/swiftotp.te")
        let blocks = policy.split(separator: "\noptional {").dropFirst().map {
            $0.split(separator: "\n}").first ?? $0
        }
        #expect(blocks.count > 20)
        for block in blocks {
            let names = block.split(separator: "\n")[0...].joined(separator: " ")
                .firstMatch(of: #/require \{ *(?:type|role|attribute) ([^;]+);/#)?.output.1
            #expect(names.map { !$0.contains(",") } == true, "\(block)")
        }
    }

    @Test(
        "A file of the program lacks its label",
        arguments: [
            ("/var/lib/swiftotp", "swiftotp_var_t"), ("/var/lib/swiftotp/1000", "swiftotp_var_t"),
            ("/var/lib/swiftotp/decoy-a0", "swiftotp_var_t"), ("/var/lib/swiftotp-old", nil),
            ("/etc/swiftotp", "swiftotp_key_t"), ("/etc/swiftotp/seal.key", "swiftotp_key_t"),
            ("/run/swiftotp-key", "swiftotp_key_t"),
            ("/run/swiftotp-key/seal.key", "swiftotp_key_t"),
            ("/etc/security/swiftotp.conf", nil),
            ("/run/swiftotp/swiftotpd.sock", "swiftotp_run_t"),
            ("/var/lib/swiftotp-messenger/1a", "swiftotp_messenger_var_t"),
            ("/run/swiftotp-messenger/messenger.sock", "swiftotp_messenger_run_t"),
            ("/usr/libexec/swiftotpd", "swiftotp_exec_t"), ("/usr/bin/otp-enroll", nil),
        ])
    func files(_ path: String, _ type: String?) throws {
        let found = try Project.text("packaging/selinux/swiftotp.fc").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }
            .compactMap { line -> String? in
                let words = line.split(separator: " ").map(String.init)
                guard try path.wholeMatch(of: Regex(words[0])) != nil else { return nil }
                return words.last?.split(separator: ":").dropFirst(2).first.map(String.init)
            }
        #expect(found == (type.map { [$0] } ?? []))
    }
}
