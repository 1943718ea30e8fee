import Foundation
import TestSupport

/// A user of the fleet, with a phone and backup codes.
struct Member: Sendable {
    let account: Account
    let phone: Phone
    let backupCodes: [String]
    /// The code that enrolled, which is used up.
    let used: String
    /// What the terminal showed meanwhile.
    let shown: String

    var name: String { account.name }
    /// The UID.
    var number: UInt32 { get throws { try Account.numbers(of: name).uid } }

    /// Makes a user who enrolls at a host with otp-enroll, without a camera.
    init(of fleet: Fleet, at host: Int = 0, _ prefix: String = "user") async throws {
        try await self.init(try await Account.make(prefix), at: fleet.hosts[host])
    }

    init(_ account: Account, at host: Host) async throws {
        self.account = account
        let terminal = try Terminal(host.enroll(["add", "--qr", "none"], as: account))
        try await terminal.expect("Code shown by the app:")
        phone = try Member.phone(in: await terminal.transcript)
        // The code before: the current one is still good for a login.
        used = try await phone.lastCode(for: 10)
        try await terminal.type(used)
        guard try await terminal.finish() == 0 else {
            throw Trouble("not enrolled: \(await terminal.transcript)")
        }
        shown = await terminal.transcript
        backupCodes = Member.backupCodes(in: shown)
    }

    /// The phone of somebody who types the key that is shown, by otp-enroll or at a login.
    static func phone(in shown: String) throws -> Phone {
        var key = shown.matches(of: #/  ((?:[A-Z2-7]{4} ){3}[A-Z2-7]{4})\n/#).suffix(2)
            .map { String($0.output.1) }.joined()
        if let line = shown.firstMatch(of: #/Key:((?: [A-Z2-7]{4}){8})/#) {
            key = String(line.output.1)
        }
        key.removeAll { $0 == " " }
        guard key.count == 32 else { throw Trouble("there is no key: \(shown)") }
        return try Phone(scanning: "otpauth://totp/x?secret=\(key)")
    }

    /// A tenth backup code that was never made: each time another one.
    static var wrongBackupCode: String {
        let symbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        let code = Array("9Z" + String((0..<13).compactMap { _ in symbols.randomElement() }))
        return [code[..<5], code[5..<10], code[10...]].map { String($0) }.joined(separator: "-")
    }

    /// The backup codes that are shown.
    static func backupCodes(in shown: String) -> [String] {
        shown.matches(of: #/\b[0-9A-Z]{5}(-[0-9A-Z]{5}){2}\b/#).map { String($0.output.0) }
    }
}
