import Foundation
import Synchronization

/// A user of the machine, made inside the ground.
public struct Account: Sendable {
    public let name: String
    public let password: String

    private static let made = Mutex(0)
    private static let turns = Turns()

    /// Makes a user with an unused name, a home directory and a password.
    public static func make(_ prefix: String = "user", groups: [String] = []) async throws
        -> Account
    {
        try Build.requireGround()
        let number = made.withLock { made in
            made += 1
            return made
        }
        let account = Account(name: "\(prefix)\(number)", password: "first factor \(number)")
        // useradd locks the user database and gives up at once if it is already locked.
        try await turns.take {
            try await Command.output(
                // A new UID: that of a removed user is not reused.
                ["useradd", "--uid", "\(30_000 + number)", "--create-home", "--shell", "/bin/sh"]
                    + (groups.isEmpty ? [] : ["--groups", groups.joined(separator: ",")])
                    + [account.name])
            // A hash that is quick to make and to check.
            try await Command.output(
                ["chpasswd", "-c", "SHA512", "-s", "1000"],
                input: "\(account.name):\(account.password)\n")
        }
        return account
    }

    /// Makes the user a member of a group.
    public func join(_ group: String) async throws {
        try await Self.turns.take {
            _ = try await Command.output(["gpasswd", "--add", name, group])
        }
    }

    /// The user with another name or UID, changed by usermod(8).
    public func modified(_ options: [String], name: String? = nil) async throws -> Account {
        try await Self.turns.take {
            _ = try await Command.output(["usermod"] + options + [self.name])
        }
        return Account(name: name ?? self.name, password: password)
    }

    /// Removes the user (userdel(8)).
    public func remove() async throws {
        try await Self.turns.take { _ = try await Command.output(["userdel", name]) }
    }

    /// Makes a group, if it does not exist.
    public static func group(_ name: String) async throws {
        try Build.requireGround()
        try await turns.take { _ = try await Command.output(["groupadd", "--force", name]) }
    }

    /// The UID and GID of a user. Not with getpwnam(3), whose result all threads share.
    public static func numbers(of name: String) throws -> (uid: uid_t, gid: gid_t) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: 4096)
        guard getpwnam_r(name, &entry, &room, room.count, &found) == 0, found != nil else {
            throw Trouble("there is no user \(name)")
        }
        return (entry.pw_uid, entry.pw_gid)
    }

    /// The words that run a program as this user, with none of root's rights.
    public func running(_ words: [String]) -> [String] {
        ["setpriv", "--reuid", name, "--regid", name, "--init-groups", "--reset-env"] + words
    }
}

/// Lets callers do something one after the other.
actor Turns {
    private var last: Task<Void, Never>?

    func take(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let before = last
        let task = Task {
            await before?.value
            try await work()
        }
        last = Task { _ = try? await task.value }
        try await task.value
    }
}
