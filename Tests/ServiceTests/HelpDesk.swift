import Foundation
import TestSupport
import Testing

/// A service with a help desk, some people, and some that it must leave alone.
struct HelpDesk {
    let service: Service
    /// The help desk's group.
    let group: String
    /// Members of the help desk.
    let sue: Client
    let ted: Client
    /// Who sue is.
    let helper: Account
    /// A user, and one who is protected.
    let alice: Client
    let chief: Client
    /// An ordinary user.
    let mallory: Client

    init(_ policy: String = "") async throws {
        let number = UUID().uuidString.prefix(8).lowercased()
        let (group, board) = ("desk\(number)", "board\(number)")
        for name in [group, board] { try await Account.group(name) }
        let service = try await Service(
            configuration: """
                helpdesk_group = \(group)
                helpdesk_protected = \(board)
                \(policy)
                """)
        let helper = try await Account.make("sue", groups: [group])
        func person(_ name: String, _ groups: [String] = []) async throws -> Client {
            try Client(service, try await Account.make(name, groups: groups))
        }
        (self.service, self.group, self.helper) = (service, group, helper)
        sue = try Client(service, helper)
        ted = try await person("ted", [group])
        alice = try await person("alice")
        chief = try await person("chief", [board])
        mallory = try await person("mallory")
    }

    /// Enrolls a member, as root does, and returns the backup codes.
    @discardableResult
    func enroll(_ member: Client) async throws -> [String] {
        try await Self.enroll(member.user, at: service)
    }

    static func enroll(_ user: String, at service: Service) async throws -> [String] {
        let replies = try await Client.root(service).run("about \(user)", "begin", "confirm =")
        return try #require(replies.last?.codes, "\(replies)")
    }

    static let issue = #"request {"issue":{}}"#
    static let unlock = #"request {"unlock":{}}"#
    static let reset = #"request {"reset":{}}"#
    static let log = #"request {"helpDesk":{}}"#
}
