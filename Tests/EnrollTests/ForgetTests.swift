import Foundation
import TestSupport
import Testing

/// `forget`: the leftovers of a removed user.
@Suite struct ForgetTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    @Test("The record of a user removed by `userdel` cannot be removed")
    func removed() async throws {
        let log = try SystemLog.shared()
        let account = try await Account.make("gone")
        try await desk.enroll(account.name)
        let uid = try Account.numbers(of: account.name).uid
        try await account.remove()
        let doctor = try await desk.run("doctor")
        let command = "otp-enroll --store \(desk.store) forget \(uid)\n"
        #expect(doctor.output.contains(command), "\(doctor.output)")
        let done = try await desk.run("forget", "\(uid)")
        #expect(done.status == 0 && done.output == "Record \(uid) of \(account.name) is gone.\n")
        _ = try await log.line(
            containing: "record forgotten; from=\(account.name) number=\(uid) by=")
        #expect(desk.record(of: uid) == nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: desk.store)
        #expect(!names.contains { $0.hasPrefix("name-") }, "\(names)")
        let again = try await desk.run("forget", "\(uid)")
        #expect(again.status == 1 && again.errors.contains("there is no record of \"\(uid)\""))
    }

    @Test("A record named by user, or one that cannot be read, is not removed")
    func broken() async throws {
        var numbers: [UInt32] = []
        for _ in 0..<2 {
            let account = try await Account.make("gone")
            try await desk.enroll(account.name)
            numbers.append(try Account.numbers(of: account.name).uid)
            try await account.remove()
            if numbers.count == 1 {
                let done = try await desk.json("forget", account.name)
                #expect(done["number"] as? UInt32 == numbers[0])
                #expect(done["user"] as? String == account.name)
            }
        }
        truncate("\(desk.store)/\(numbers[1])", 10)
        #expect(try await desk.run("forget", "\(numbers[1])").status == 0)
        #expect(numbers.allSatisfy { desk.record(of: $0) == nil })
    }

    @Test("forget removes the record of a user who exists")
    func here() async throws {
        let account = try await Account.make("here")
        try await desk.enroll(account.name)
        let uid = try Account.numbers(of: account.name).uid
        for word in ["\(uid)", account.name] {
            let done = try await desk.run("forget", "--yes", word)
            #expect(done.status == 1, "\(done.output)")
            #expect(done.errors.contains("`otp-enroll reset \(account.name)`"), "\(done.errors)")
        }
        truncate("\(desk.store)/\(uid)", 10)
        #expect(try await desk.run("forget", "--yes", "\(uid)").status == 1)
        #expect(desk.record(of: uid) != nil)
    }
}
