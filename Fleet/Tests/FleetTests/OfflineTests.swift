import Foundation
import TestSupport
import Testing

extension Storm {
    /// What the option `offline` lets in while a host is cut off, by the real ssh and sshd.
    @Suite("Offline at the door") struct OfflineDoors {
        /// Runs `body` at a host with these options, which it has no longer afterwards.
        private func with(
            _ options: String, at host: Host, _ body: () async throws -> Void
        ) async throws {
            let path = "\(host.machine.folder)/etc/security/swiftotp.conf"
            let before = try String(contentsOfFile: path, encoding: .utf8)
            try Networks.write(before + options + "\n", to: path)
            let result: Result<Void, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            try Networks.write(before, to: path)
            try result.get()
        }

        private func awaitReady(_ host: Host, _ isReady: Bool) async throws {
            for _ in 0..<300 {
                if try await host.isReady() == isReady { return }
                try await Task.sleep(for: .milliseconds(100))
            }
            Issue.record("\(try await host.status().output)")
        }

        @Test(
            "Offline a recent key is refused or gets in more often than allowed, or another one does"
        )
        func recentKey() async throws {
            let fleet = try await Fleet.stormy()
            let host = fleet.hosts[0]
            let (member, other) = (try await Member(of: fleet), try await Member(of: fleet))
            try await with("offline = recent\noffline_logins = 1", at: host) {
                let door = try await Door(at: host, methods: "publickey,keyboard-interactive:pam")
                let key = door.userKey
                // A backup code would not do: it says nothing of the device.
                let online = try await door.login(
                    member.name, try await member.phone.code(), key: key)
                #expect(online.isAsked && online.isIn, "\(online.shown)")
                // The other one logs in without a key.
                let bare = try await Door(at: host)
                #expect(try await bare.login(other.name, other.backupCodes[0]).isIn)

                try await host.machine.harm(.cut)
                try await awaitReady(host, false)
                let offline = try await door.login(member.name, "", key: key)
                #expect(offline.isIn && !offline.isAsked, "\(offline.shown)")
                #expect(offline.shown.contains("let you in without a code"), "\(offline.shown)")
                for (name, codes) in [
                    (member.name, member.backupCodes), (other.name, other.backupCodes),
                ] {
                    let refused = try await door.login(name, codes[1], key: key)
                    #expect(!refused.isIn, "\(refused.shown)")
                    #expect(refused.shown.contains(Door.unchecked), "\(refused.shown)")
                }
                try await host.machine.mend(.cut)
                try await awaitReady(host, true)
                let back = try await door.login(member.name, member.backupCodes[2], key: key)
                #expect(back.isAsked && back.isIn, "\(back.shown)")
            }
            try await expectAudit(of: member, at: fleet, "recent-key")
        }

        @Test("Offline the help desk's answer does not let in, or lets in twice or somebody else")
        func answer() async throws {
            let fleet = try await Fleet.stormy()
            let host = fleet.hosts[0]
            let (member, other) = (try await Member(of: fleet), try await Member(of: fleet))
            try await with("offline = answer", at: host) {
                let door = try await Door(at: host)
                #expect(try await door.login(member.name, member.backupCodes[0]).isIn)
                try await host.machine.harm(.cut)
                try await awaitReady(host, false)
                let terminal = try door.start(member.name)
                try await terminal.expect("Offline. Answer ")
                try await terminal.expect(" of web1: ")
                let shown = await terminal.transcript
                let found = shown.firstMatch(of: #/Answer (\d+) of web1: /#)
                let number = String(try #require(found).output.1)
                let text = try await fleet.servers[0].command("answer", "web1", member.name, number)
                let answer = text.trimmingCharacters(in: .whitespacesAndNewlines)
                try await terminal.type(answer)
                try await terminal.expect("inside:\(member.name)@web1.")
                for name in [member.name, other.name] {
                    let again = try await door.login(
                        name, answer, question: "Offline. Answer ")
                    #expect(again.isAsked && !again.isIn, "\(again.shown)")
                }
                try await host.machine.mend(.cut)
                try await awaitReady(host, true)
                let back = try await door.login(member.name, member.backupCodes[1])
                #expect(back.isIn, "\(back.shown)")
            }
            try await expectAudit(of: member, at: fleet, "answer ")
        }

        @Test("A local user is judged by the servers, or shut out while none is reached")
        func localUser() async throws {
            let fleet = try await Fleet.stormy()
            // Nobody of the fleet could enroll there.
            let host = fleet.hosts[2]
            let (member, account) = (try await Member(of: fleet), try await Account.make("local"))
            try await with("local_users = \(account.name)", at: host) {
                let local = try await Member(account, at: host)
                let door = try await Door(at: host)
                let code = try await local.phone.code()
                for isFirst in [true, false] {
                    let login = try await door.login(local.name, code)
                    #expect(login.isAsked && login.isIn == isFirst, "\(login.shown)")
                }
                try await host.machine.harm(.cut)
                try await awaitReady(host, false)
                let offline = try await door.login(local.name, local.backupCodes[0])
                #expect(offline.isIn, "\(offline.shown)")
                let refused = try await door.login(member.name, member.backupCodes[0])
                #expect(!refused.isIn, "\(refused.shown)")
                #expect(refused.shown.contains(Door.unchecked), "\(refused.shown)")
                let own = try await Command.run(
                    host.enroll(["verify"], as: account), input: local.backupCodes[1] + "\n")
                #expect(own.status == 0, "\(own)")
                let other = try await Command.run(host.enroll(["status"], as: member.account))
                #expect(other.status == 1 && other.errors.contains("the fleet: "), "\(other)")
                try await host.machine.mend(.cut)
                try await awaitReady(host, true)
                #expect(try await door.login(member.name, member.backupCodes[0]).isIn)
            }
            #expect(try await fleet.audit(of: account.name).isEmpty)
        }

        /// Expects that the audit tells of one login offline.
        private func expectAudit(
            of member: Member, at fleet: Fleet, _ detail: String
        ) async throws {
            var details: [String] = []
            for _ in 0..<100 {
                details = try await fleet.audit(of: member.name)
                    .filter { $0.isGranted && $0.kind == "offline" }.map(\.detail).filter {
                        $0.hasPrefix(detail)
                    }
                if !details.isEmpty { break }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(details.count == 1, "\(details)")
        }
    }
}
