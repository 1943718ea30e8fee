import Foundation
import TestSupport
import Testing

/// The systemd units, as far as they can be tried without systemd as the first process.
@Suite("swiftotp-helper: the systemd units")
struct UnitTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../packaging/systemd").standardizedFileURL

    private func text(_ name: String) throws -> String {
        try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
    }

    /// The values of a setting, word by word.
    private func words(_ setting: String, in unit: String) throws -> [String] {
        try text(unit).split(separator: "\n").filter { $0.hasPrefix("\(setting)=") }
            .flatMap { $0.dropFirst(setting.count + 1).split(separator: " ").map(String.init) }
    }

    /// Copies of both units, with the program that was built.
    private func copies() throws -> (scratch: Scratch, socket: String, service: String) {
        let scratch = try Scratch()
        let service = try text("swiftotp-helper@.service").replacing(
            "ExecStart=/usr/libexec/swiftotp-helper",
            with: "ExecStart=\(Build.product("swiftotp-helper"))")
        return (
            scratch,
            try scratch.write(
                text("swiftotp-helper.socket"), to: "swiftotp-helper.socket", mode: 0o644),
            try scratch.write(service, to: "swiftotp-helper@.service", mode: 0o644)
        )
    }

    @Test("systemd finds nothing wrong with them")
    func verify() async throws {
        let units = try copies()
        let done = try await Command.run(
            ["systemd-analyze", "verify", "--man=no", units.socket, units.service])
        #expect(done.status == 0)
        #expect((done.output + done.errors).isEmpty, "\(done.output)\(done.errors)")
    }

    @Test("systemd-analyze security: an exposure of 1.0 at most, of 10")
    func security() async throws {
        let units = try copies()
        let done = try await Command.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=10", units.service])
        let figure = done.output.split(separator: "\n").last { $0.contains("exposure level") }
        #expect(done.status == 0, "\(figure ?? "")")
    }

    @Test("The socket is for everybody, and bounded")
    func socket() throws {
        let unit = "swiftotp-helper.socket"
        #expect(try words("ListenStream", in: unit) == ["/run/swiftotp/helper.sock"])
        #expect(try words("SocketMode", in: unit) == ["0666"])
        #expect(try words("DirectoryMode", in: unit) == ["0755"])
        #expect(try words("Accept", in: unit) == ["yes"])
        #expect(try words("MaxConnections", in: unit) == ["64"])
    }

    @Test("The system calls of everything that the program does are in the unit's list")
    func systemCalls() async throws {
        let scratch = try Scratch()
        let trace = scratch.file("trace")
        let configuration = "window = 2\nfirst_enrollment = open\n"
        let helper = try await Helper(
            configuration: configuration, limits: ["strace", "-f", "-qq", "-A", "-o", trace])
        let client = try Client(helper, try await Account.make("traced"))
        let replies = try await client.run(
            "enrolled", "status", "begin", "confirm 000000", "confirm =", "prove +1",
            "login su 000000", "codes", "untrust", "begin tablet", "confirm =", "remove tablet",
            "disable",
            "raw 0000", "reply")
        #expect(replies.map(\.kind).contains("done"))
        // A second connection waits for the lock that somebody else holds.
        try await client.enroll()
        let record = try await client.recordFile
        async let holder = Command.run(["flock", record, "sleep", "4"])
        try await Task.sleep(for: .milliseconds(300))
        _ = try await client.run("status", "leave")
        _ = try await holder
        // What a maker of records left behind is removed by the next one.
        #expect(FileManager.default.createFile(atPath: helper.store + "/new.left", contents: nil))
        try await Client(helper, try await Account.make("tracedtoo")).enroll()
        try await helper.rest()

        let text = try String(contentsOfFile: trace, encoding: .utf8)
        let calls = Set(
            text.split(separator: "\n").compactMap { line -> String? in
                let rest = line.drop { $0.isNumber || $0 == " " }
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                return rest.dropFirst(name.count).first == "(" ? String(name) : nil
            })
        let allowed = try Set(words("SystemCallFilter", in: "swiftotp-helper@.service"))
        #expect(calls.count > 30 && calls.contains("nanosleep") && calls.contains("unlinkat"))
        #expect(calls.subtracting(allowed).isEmpty, "\(calls.subtracting(allowed))")
        // The first three lists are what it makes; what is not seen is what the C library may
        // make where the kernel does not answer by itself.
        let lists = try self.text("swiftotp-helper@.service").split(separator: "\n")
            .filter { $0.hasPrefix("SystemCallFilter=") }.prefix(3)
        let own = Set(lists.flatMap { $0.dropFirst(17).split(separator: " ").map(String.init) })
        #expect(calls.isSubset(of: own))
        #expect(own.subtracting(calls).isSubset(of: Self.unseen), "\(own.subtracting(calls))")
    }

    private static let unseen: Set = [
        "clock_gettime", "clock_nanosleep", "exit", "write", "access", "arch_prctl", "rseq",
        "newfstatat", "fstat",
    ]
}
