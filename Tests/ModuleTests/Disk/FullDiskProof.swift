import Foundation
import OTPCore
import TestSupport
import Testing

/// All kinds of logins on a full disk: whoever gets in otherwise gets in, once, and a user who
/// cannot enroll is told so. With free space again, everything works.
@Suite("Full disks")
struct FullDiskProof {
    static let chapter = "Full disks"
    private let unavailable =
        "The code cannot be checked right now. Please tell your administrator."

    /// What is used up: blocks, or only names.
    static let disks: [SmallDisk] = [.memory, .ext4, .fewNames]

    /// Uses up the free space.
    static func use(_ disk: SmallDisk, for enrolled: Enrolled) async throws {
        try await enrolled.useSmallDisk(disk)
        switch disk {
        case .fewNames: try enrolled.useUpNames()
        default: try await enrolled.fillSmallDisk()
        }
    }

    @Test("an enrolled user cannot log in, or one code logs in twice", arguments: disks)
    func logins(disk: SmallDisk) async throws {
        let enrolled = try Enrolled()
        // The first one was used for the trust.
        let shown = Array(try await enrolled.trust(LoginKey()).codes(5).dropFirst())
        try await Self.use(disk, for: enrolled)
        defer { enrolled.removeSmallDisk() }
        let stack = try enrolled.stack("window=10")
        var logins = 0
        let answers = [shown[0], shown[1], enrolled.backupCodes[9]]
        let keyed = try enrolled.stack("trust=key", service: "sshd")
        for _ in 0..<3 {
            let result = try await keyed.login(enrolled.user, [], with: LoginKey().login)
            #expect(result.name == "PAM_SUCCESS" && result.prompts == 0)
            logins += 1
        }
        for answer in answers + [try enrolled.issue()] {
            for name in ["PAM_SUCCESS", "PAM_AUTH_ERR"] {
                #expect(try await stack.login(enrolled.user, [answer]).name == name)
                logins += 1
            }
        }
        // Wrong codes are counted as usual, until there is a wait.
        try enrolled.change { $0.throttle.unlock() }
        for count in 1...5 {
            let wrong = try await enrolled.wrongCode()
            #expect(try await stack.login(enrolled.user, [wrong]).name == "PAM_AUTH_ERR")
            #expect(try enrolled.read { $0.throttle.failures } == UInt32(count))
            logins += 1
        }
        #expect(try await stack.login(enrolled.user, [shown[3]]).name == "PAM_AUTH_ERR")
        // Names without a record are answered as usual, though no decoy can be made.
        let stranger = try await stack.login("bin", [shown[3]])
        #expect(stranger.name == "PAM_AUTH_ERR" && stranger.prompts == 1)
        let names = try FileManager.default.contentsOfDirectory(atPath: enrolled.store)
        #expect(!names.contains { $0.hasPrefix("decoy") || $0.hasPrefix("new.") }, "\(names)")

        try enrolled.makeRoom()
        try enrolled.change { $0.throttle.unlock() }
        #expect(try await stack.login(enrolled.user, [shown[3]]).name == "PAM_SUCCESS")
        #expect(try enrolled.read { $0.backupCodesLeft } == 9)
        try Proof.tell(
            Self.chapter, "logins (\(disk))",
            "\(logins + 3), each with the result it has on an empty disk")
    }

    @Test(
        "a user who should enroll is not told of the full disk, or cannot enroll with room",
        arguments: disks)
    func enrollment(disk: SmallDisk) async throws {
        // Room for nothing, for a part of the record, and for all but a part.
        for room: off_t in disk == .fewNames ? [0] : [0, 4096, 8192] {
            let enrolled = try Enrolled()
            try enrolled.forget()
            let log = try SystemLog.shared()
            let mark = "rhost-\(UUID().uuidString)"
            try await enrolled.useSmallDisk(disk)
            defer { enrolled.removeSmallDisk() }
            if disk == .fewNames {
                try enrolled.useUpNames()
            } else {
                try await enrolled.fillSmallDisk(but: room)
            }
            let stack = try enrolled.stack("enroll=require after_first_factor", service: "sshd")
            let talk = try InteractiveLogin(
                stack, user: enrolled.user, LoginKey().login + ["rhost \(mark)"])
            let phone = try InteractiveLogin.phone(typing: talk.opening)
            try await phone.settle()
            try talk.answer(try await phone.code())
            let result = try talk.result()
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL" && result.said == [unavailable])
            #expect(try enrolled.bytesOrNone == nil)
            let line = try await log.line(containing: "rhost=\(mark)")
            #expect(line.text.contains("no space left on the device"))
            let names = try FileManager.default.contentsOfDirectory(atPath: enrolled.store)
            #expect(!names.contains { $0.hasPrefix("new.") }, "\(names)")

            try enrolled.makeRoom()
            let again = try InteractiveLogin(stack, user: enrolled.user, LoginKey().login)
            let new = try await again.enroll()
            let code = try await new.code(steps: 1)
            let login = try await enrolled.stack("window=10").login(enrolled.user, [code])
            #expect(login.name == "PAM_SUCCESS")
        }
    }
}
