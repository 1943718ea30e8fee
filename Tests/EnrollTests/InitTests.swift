import Foundation
import TestSupport
import Testing

/// `init`: the result is a store, or a plain message about what is wrong.
@Suite struct InitTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private func said(_ arguments: String...) async throws -> String {
        let done = try await Command.run(desk.words(arguments))
        try #require(done.status == 0, "\(done.errors)")
        return done.output
    }

    @Test func aStoreIsMadeOnceAndStays() async throws {
        let made = try await said("init")
        #expect(made.hasPrefix("\(desk.store) is ready; nobody is enrolled yet.\n"))
        let key = try Data(contentsOf: URL(fileURLWithPath: desk.store + "/seal.key"))
        let (phone, _) = try await desk.enroll()
        #expect(try await said("init") == "\(desk.store) is there, with 1 record.\n")
        let there = try await desk.json("init")
        #expect(there["made"] as? String == "there" && there["records"] as? Int == 1)
        #expect(there["store"] as? String == desk.store)
        #expect(try Data(contentsOf: URL(fileURLWithPath: desk.store + "/seal.key")) == key)
        #expect(try await desk.verify(phone.code()).0)
    }

    @Test func aLostStoreIsNamedByEveryCommandUntilRootBeginsAnew() async throws {
        try await desk.enroll()
        for name in ["0", "marker"] { #expect(unlink("\(desk.store)/\(name)") == 0) }
        for command in [
            ["status"], ["list"], ["issue", "root"], ["init"], ["add", "root", "--no-confirm"],
            ["codes"],
        ] {
            let refused = try await Command.run(desk.words(command))
            #expect(refused.status == 1, "\(command)")
            #expect(
                refused.errors.hasPrefix(
                    "otp-enroll: \(desk.store): its marker is missing, so this is not the store"
                        + " that \(desk.store)/seal.key was made for; mount or restore that one"),
                "\(command): \(refused.errors)")
        }
        #expect(try await said("init", "--empty").contains("is ready; nobody"))
        try await desk.enroll()
        // With existing records, it does not start over.
        #expect(try await said("init", "--empty").contains("is there, with 1 record"))
    }

    @Test func recordsWithoutTheirMarkerGetOne() async throws {
        let (phone, _) = try await desk.enroll()
        #expect(unlink("\(desk.store)/marker") == 0)
        #expect(try await desk.verify(phone.code()).0)
        #expect(
            try await said("init") == "\(desk.store) has its marker again, and 1 record.\n")
    }
}
