import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

@Suite("The system's users, clock and random bytes")
struct SystemUsersTests {
    private let users = SystemUsers()

    private func user(_ name: String) throws -> User? { try users.user(named: Array(name.utf8)) }

    @Test("A user is not found by name or UID")
    func found() throws {
        let root = try #require(try user("root"))
        #expect(root == User(name: Array("root".utf8), uid: 0, gid: 0))
        #expect(try users.user(withID: 0) == root)
        let nobody = try #require(try user("nobody"))
        #expect(nobody.uid == 65_534)
        #expect(try users.user(withID: 65_534) == nobody)
        #expect(try users.user(withID: 3_999_999_999) == nil)
    }

    @Test(
        "Another name is somebody's",
        arguments: [
            "", "no-such-user-here", "Root", "ROOT", "root ", " root", "root\n", "root\u{0}",
            "\u{0}", "root\u{0}x", "root:x:0:0", "0", "-1", "../x", "../../etc/passwd", "/", ".",
            "..", "-", "*", "%s%n", "root\u{7f}", "\u{1b}[2J", "r\u{f6}\u{f6}t", "\u{202e}toor",
            "DOM\\root", "root@localhost", "+", "+root",
            String(repeating: "a", count: 256), String(repeating: "a", count: 257),
            String(repeating: "a", count: 300), String(repeating: "root", count: 25_000),
        ])
    func unknown(_ name: String) throws {
        #expect(try user(name) == nil)
    }

    @Test("Bytes that are not text are somebody's name")
    func bytes() throws {
        for name in [[0xff, 0xfe], [0x80], [0xc3], Array(repeating: 0xe9, count: 256)] as [[UInt8]]
        {
            #expect(try users.user(named: name) == nil)
        }
    }

    /// Only users of the base system: others come and go with other tests.
    @Test("A user of this machine is in other groups than the databases say")
    func groups() throws {
        var groups: [(name: String, gid: gid_t, members: Set<String>)] = []
        setgrent()
        while let entry = getgrent() {
            var members: Set<String> = []
            var member = entry.pointee.gr_mem
            while let name = member?.pointee {
                members.insert(String(cString: name))
                member = member?.advanced(by: 1)
            }
            guard entry.pointee.gr_gid < 1000 else { continue }
            groups.append((String(cString: entry.pointee.gr_name), entry.pointee.gr_gid, members))
        }
        endgrent()
        var names: [(name: String, gid: gid_t)] = []
        setpwent()
        while let entry = getpwent() {
            guard entry.pointee.pw_uid < 1000 else { continue }
            names.append((String(cString: entry.pointee.pw_name), entry.pointee.pw_gid))
        }
        endpwent()
        try #require(groups.count > 5 && names.count > 5)
        for (name, gid) in names {
            let user = try #require(try user(name))
            for group in groups {
                let expected =
                    group.gid == gid
                    || groups.contains { $0.gid == group.gid && $0.members.contains(name) }
                let isMember = try users.isMember(user, of: Array(group.name.utf8))
                #expect(isMember == expected, "\(name) in \(group.name)")
            }
        }
    }

    @Test("A group that does not exist counts as \"no member\"")
    func noGroup() throws {
        let root = try #require(try user("root"))
        for group in [
            "no-such-group-here", "", "root ", "ROOT", String(repeating: "g", count: 5000),
        ] {
            let code = trouble { () throws(StoreError) in
                _ = try SystemUsers().isMember(root, of: Array(group.utf8))
            }
            #expect(code == .configuration)
        }
        #expect(try users.isMember(root, of: Array("root".utf8)))
    }

    @Test("The clock is not the system's")
    func clock() throws {
        let before = UInt64(Date().timeIntervalSince1970)
        let now = try SystemClock().now()
        #expect(now >= before && now <= before + 2)
        #expect(now > MachineTime.earliest)
    }

    @Test("Random bytes are too few, or the same twice")
    func random() throws {
        for count in [0, 1, 12, 32, 256, 257, 5000] {
            #expect(try SystemRandom().bytes(count).count == count)
        }
        let draws = try (0..<200).map { _ in try SystemRandom().bytes(16) }
        #expect(Set(draws).count == 200)
        let all = draws.flatMap { $0 }
        // 25,600 bits: half of them are set, within eight standard deviations.
        let ones = all.reduce(0) { $0 + $1.nonzeroBitCount }
        #expect(abs(ones - 12_800) < 640)
        let secret = try SystemRandom().secret(32)
        #expect(secret.count == 32)
    }
}
