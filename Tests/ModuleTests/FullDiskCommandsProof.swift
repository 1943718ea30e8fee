import Foundation
import OTPCore
import TestSupport
import Testing

/// Each writing command of otp-enroll on a disk that is full: it is done, or it says in a plain
/// sentence why not, and then nothing is changed. With room again, it is done.
@Suite("Commands on full disks")
struct FullDiskCommandsProof {
    /// A command about daemon, who is enrolled, or bin, who is not.
    struct Work: CustomStringConvertible, Sendable {
        let words: [String]
        /// Whether the record of daemon is as it should be after it.
        var isDone: @Sendable (Enrolled) throws -> Bool = { _ in true }

        var description: String { words.joined(separator: " ") }
    }

    /// They write into a record that is there.
    static let inPlace = [
        Work(words: ["add", "daemon", "--name", "tablet", "--no-confirm"]) {
            try $0.read { $0.authenticators.count } == 3
        },
        Work(words: ["codes", "daemon", "--yes"]) {
            try $0.read { $0.backupCodesLeft } == 10
        },
        Work(words: ["issue", "daemon"]) {
            try $0.read { $0.temporaryCode?.used } == 0
        },
        Work(words: ["import", "--from", "otpauth", "--user", "daemon", "URIS"]) {
            try $0.read { $0.authenticators.count } == 3
        },
        Work(words: ["remove", "daemon", "spare", "--yes"]) {
            try $0.read { $0.authenticators.count } == 1
        },
        Work(words: ["unlock", "daemon"]) { try $0.read { $0.throttle.failures } == 0 },
        Work(words: ["trusted", "daemon", "--revoke-all"]) {
            try $0.read { $0.trusted.isEmpty }
        },
        Work(words: ["reset", "daemon", "--yes"]) { try !$0.read { $0.isEnrolled } },
        Work(words: ["disable", "daemon", "--yes"]) { try !$0.read { $0.isEnrolled } },
    ]

    /// They need a new record.
    static let new = [
        Work(words: ["add", "bin", "--no-confirm"]), Work(words: ["issue", "bin"]),
        Work(words: ["import", "--from", "otpauth", "--user", "bin", "URIS"]),
    ]

    /// A user with two devices, a trusted key, a used backup code and two failures.
    private func enrolled() async throws -> Enrolled {
        let enrolled = try Enrolled()
        guard let spare = Name("spare".utf8), let device = Authenticator(name: spare, added: 1)
        else { throw Trouble("no device") }
        try enrolled.change { record in
            try? record.add(device, key: Array("another key of 20 by".utf8).span)
        }
        let stack = try enrolled.stack()
        _ = try await stack.login(enrolled.user, [enrolled.backupCodes[0]])
        try await enrolled.trust(LoginKey())
        for _ in 0..<2 {
            _ = try await stack.login(enrolled.user, [try await enrolled.wrongCode()])
        }
        #expect(try enrolled.read { $0.throttle.failures } == 2)
        return enrolled
    }

    @Test("what changes a record is done", arguments: Proof.isLong ? FullDiskProof.disks : [.ext4])
    func inPlace(disk: SmallDisk) async throws {
        for work in Self.inPlace {
            let enrolled = try await enrolled()
            try await FullDiskProof.use(disk, for: enrolled)
            defer { enrolled.removeSmallDisk() }
            #expect(try !work.isDone(enrolled), "\(work)")
            let done = try await enrolled.command(work.words)
            #expect(done.status == 0 && done.errors.isEmpty, "\(work): \(done.errors)")
            #expect(try work.isDone(enrolled), "\(work)")
            try await enrolled.checkGoesOn()
        }
        try Proof.tell(
            FullDiskProof.chapter, "commands (\(disk))",
            "\(Self.inPlace.count) done, \(Self.new.count) refused with a plain sentence")
    }

    @Test(
        "what needs a new record is refused, and nothing is changed", arguments: FullDiskProof.disks
    )
    func refused(disk: SmallDisk) async throws {
        let enrolled = try await enrolled()
        try await FullDiskProof.use(disk, for: enrolled)
        defer { enrolled.removeSmallDisk() }
        let before = try PowerDisk.Picture(of: enrolled.store)
        for work in Self.new {
            let done = try await enrolled.command(work.words)
            #expect(done.status == 1, "\(work)")
            let said = done.errors + done.output
            #expect(said.contains("no space left on the device"), "\(work): \(said)")
            #expect(try PowerDisk.Picture(of: enrolled.store) == before, "\(work)")
        }
        try enrolled.makeRoom()
        for work in Self.new {
            let done = try await enrolled.command(work.words)
            #expect(done.status == 0, "\(work): \(done.errors)")
            _ = try await enrolled.command(["reset", "bin", "--yes"])
        }
        try await enrolled.checkGoesOn()
    }

    @Test("the first user of all: refused as long as there is no room for key and record")
    func first() async throws {
        let enrolled = try Enrolled()
        try await enrolled.useSmallDisk()
        for name in try FileManager.default.contentsOfDirectory(atPath: enrolled.store) {
            unlink("\(enrolled.store)/\(name)")
        }
        for room: off_t in [0, 4096, 8192] {
            try enrolled.makeRoom()
            try await enrolled.fillSmallDisk(but: room)
            let done = try await enrolled.command(["add", "bin", "--no-confirm"])
            #expect(done.status == 1 && done.errors.contains("no space left on the device"))
            let names = try FileManager.default.contentsOfDirectory(atPath: enrolled.store)
            #expect(Set(names).isSubset(of: ["filler", "seal.key"]), "\(names)")
        }
        try enrolled.makeRoom()
        let done = try await enrolled.command(["add", "bin", "--no-confirm", "--json"])
        #expect(done.status == 0, "\(done.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        let uri = try #require((object as? [String: Any])?["uri"] as? String)
        let code = try await Phone(scanning: uri).code()
        #expect(try await enrolled.stack().login("bin", [code]).name == "PAM_SUCCESS")
    }

    @Test(
        "a record that nobody can open is replaced by an empty one", arguments: FullDiskProof.disks)
    func ruined(disk: SmallDisk) async throws {
        let enrolled = try await enrolled()
        try await FullDiskProof.use(disk, for: enrolled)
        defer { enrolled.removeSmallDisk() }
        try enrolled.flip(4096 + 200)
        try enrolled.flip(8192 + 200)
        let reset = try await enrolled.command(["reset", "daemon", "--yes"])
        #expect(reset.status == 0, "\(reset.errors)")
        #expect(try !enrolled.read { $0.isEnrolled })
        try await enrolled.checkGoesOn()
    }
}

extension Enrolled {
    /// `otp-enroll` with these words; URIS stands for a file with a key to import.
    func command(_ words: [String], input: String = "") async throws -> Command {
        let uris = try scratch.write(
            "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", to: "uris")
        return try await Command.run(
            [Build.product("otp-enroll")] + words.map { $0 == "URIS" ? uris : $0 }
                + ["--store", store], input: input)
    }

    /// Whether there is room or not, one more change and one more login work.
    func checkGoesOn() async throws {
        let told = try await command(["issue", user, "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(told.output.utf8))
        guard let code = (object as? [String: Any])?["code"] as? String else {
            throw Trouble("no code: \(told.errors)")
        }
        let stack = try stack()
        for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
            let result = try await stack.login(user, [code])
            guard result.name == name else { throw Trouble("\(name) expected: \(result)") }
        }
    }
}
