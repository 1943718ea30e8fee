import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPStore

/// The list of all users, compared with the files in which Debian keeps them. In processes of their
/// own: the C library has a single position in the list per process.
@Suite("All users of this machine")
struct UserListTests {
    private static func rows(_ path: String) throws -> [[String]] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test("A user is missing, is listed twice, or in another order the second time")
    func all() async throws {
        await #expect(processExitsWith: .success) {
            for _ in 0..<100 {
                let before = try UserListTests.rows("/etc/passwd")
                let (first, second) = (
                    try SystemUsers().all().map(\.user), try SystemUsers().all().map(\.user)
                )
                // Other tests make users in the meantime.
                guard try UserListTests.rows("/etc/passwd") == before else { continue }
                let expected = try before.map {
                    User(
                        name: Array($0[0].utf8), uid: try #require(UInt32($0[2])),
                        gid: try #require(UInt32($0[3])))
                }
                #expect(first == expected && second == expected)
                #expect(expected.count > 5)
                return
            }
            Issue.record("the list of users changes all the time")
        }
    }

    @Test("A group or a member is missing, or there is one too many")
    func groups() throws {
        let users = SystemUsers()
        var compared = 0
        for row in try UserListTests.rows("/etc/group") {
            let group = try users.group(named: Array(row[0].utf8))
            // Others may have changed since; no test changes those of Debian.
            guard let gid = UInt32(row[2]), gid < 100 else { continue }
            #expect(group?.gid == gid)
            let members = row[3].split(separator: ",").map { Array($0.utf8) }
            #expect(group?.members == members)
            compared += 1
        }
        #expect(compared > 20)
        for name in ["", "no-such-group-here", "ROOT", "root\n", "root\u{7f}", "0"] {
            #expect(try users.group(named: Array(name.utf8)) == nil, "\(name)")
        }
    }

    @Test("The UIDs of people are not those that useradd assigns")
    func numbers() async throws {
        let numbers = SystemUsers().peoplesNumbers()
        let account = try await Account.make("person")
        let user = try #require(try SystemUsers().user(named: Array(account.name.utf8)))
        #expect(numbers.contains(user.uid))
        #expect(!numbers.contains(0) && !numbers.contains(65_534))
    }

    @Test("The host name is not the kernel's")
    func hostName() {
        var name = [CChar](repeating: 0, count: 65)
        #expect(gethostname(&name, 64) == 0)
        let text = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        #expect(SystemHost.name() == text)
    }
}
