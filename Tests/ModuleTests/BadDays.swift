import Foundation
import TestSupport
import Testing

/// Disks that are full or cannot be written to, over more than one login.
@Suite("Bad days")
struct BadDays {
    @Test("a full disk: a right code logs in, once, and so does a backup code")
    func fullDisk() async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        try await enrolled.fillDisk()
        for answer in [try await enrolled.phone.code(), enrolled.backupCodes[0]] {
            #expect(try await stack.login(enrolled.user, [answer]).name == "PAM_SUCCESS")
            #expect(try await stack.login(enrolled.user, [answer]).name == "PAM_AUTH_ERR")
        }
    }

    @Test("a read-only store: right and wrong end alike, and nothing is kept")
    func readOnly() async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack()
        let before = try enrolled.bytes
        try await enrolled.makeReadOnly()
        let right = try await enrolled.phone.code()
        let wrong = try await enrolled.wrongCode()
        for answer in [right, wrong, enrolled.backupCodes[0]] {
            let result = try await stack.login(enrolled.user, [answer])
            #expect(result.name == "PAM_AUTHINFO_UNAVAIL")
            #expect(result.prompts == 1)
            #expect(
                result.said == [
                    "The code cannot be checked right now. Please tell your administrator."
                ])
        }
        #expect(try enrolled.bytes == before)
    }
}

extension Enrolled {
    /// Puts the store on a file system that has no room left.
    func fillDisk() async throws {
        try await useSmallDisk()
        try await fillSmallDisk()
    }

    /// Puts the store on a small file system of its own.
    func useSmallDisk() async throws {
        let small = try scratch.folder("small")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "small", small])
        try await Command.output(["cp", "-a", store + "/.", small])
        try await Command.output(["mount", "--bind", small, store])
    }

    /// Leaves no room on it.
    func fillSmallDisk() async throws {
        let filler = try await Command.run(["dd", "if=/dev/zero", "of=\(store)/filler", "bs=1k"])
        guard filler.errors.contains("No space left") else { throw Trouble("it is not full") }
    }

    /// Lets nobody write to it any more, whoever has it open.
    func lockSmallDisk() async throws {
        try await Command.output(["mount", "-o", "remount,ro", scratch.file("small")])
    }

    /// Makes the store's file system read-only.
    func makeReadOnly() async throws {
        try await Command.output(["mount", "--bind", store, store])
        try await Command.output(["mount", "-o", "remount,bind,ro", store])
    }
}
