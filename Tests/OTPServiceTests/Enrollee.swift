import OTPCore
import OTPService
import OTPWire
import TestSupport
import Testing

/// A user who enrolls at servers that commit what they have done only after the reply.
struct Enrollee {
    let user: User
    let phone: Phone
    private(set) var backupCodes: [String] = []

    private static let device = DeviceDocument(
        name: nil, kind: "totp", algorithm: "SHA1", digits: 6, period: 30, counter: 0)

    /// Begins in one unit of work, confirms in the next, and commits both. The help desk is enrolled
    /// by root.
    init(_ user: User, on ledger: Ledger, as caller: Rights.Caller = .user) async throws {
        let (phone, ticket) = try Enrollee.begin(user, on: ledger, as: caller)
        let code = try await phone.code(at: Int(Server.start))
        let work = Work(on: ledger)
        let reply = try Server(work).answer(
            Request(.confirm(ticket: ticket, code: code)), of: user, as: caller)
        guard case .done(let change) = reply else { throw Trouble("\(reply)") }
        work.commit()
        self.user = user
        self.phone = phone
        backupCodes = try #require(change.backupCodes)
    }

    /// A phone with the new key, and the ticket for it.
    static func begin(
        _ user: User, on ledger: Ledger, as caller: Rights.Caller = .user
    ) throws -> (phone: Phone, ticket: String) {
        let work = Work(on: ledger)
        let reply = try Server(work).answer(
            Request(.begin(device: device)), of: user, as: caller)
        guard case .begun(let begun) = reply else { throw Trouble("\(reply)") }
        work.commit()
        let phone = try Phone(scanning: "otpauth://totp/otp1:x?secret=\(begun.key)")
        return (phone, begun.ticket)
    }
}

extension Ledger {
    /// What the service would say about a user.
    func account(of user: User) throws -> AccountDocument {
        let reply = try Server(Work(on: self)).answer(Request(.status), of: user)
        guard case .account(let account) = reply else { throw Trouble("\(reply)") }
        return account
    }
}
