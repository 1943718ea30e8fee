import Foundation
import OTPCore
import OTPWire
import TestSupport
import Testing

// Every kind of request by every kind of host: HostMatrix says what each gets.
extension BrokenHostTests {
    /// Whom requests are about, and in whose names they come: a user, somebody without a role, and
    /// an admin of the fleet.
    struct Cast: Sendable {
        let alice: Member
        let bob: Member
        let sue: Member
        /// A code that is not alice's.
        let wrong: String

        init(of fleet: Fleet) async throws {
            alice = try await Member(of: fleet)
            bob = try await Member(of: fleet)
            sue = try await Member(of: fleet)
            try await fleet.servers[0].command("role", sue.name, "admin")
            wrong = try await alice.phone.wrongCode()
        }

        var secrets: [String] {
            [alice, bob, sue].flatMap { $0.backupCodes + [$0.phone.secret] }
        }
    }

    /// A host of the matrix.
    private struct Asker: Sendable {
        let standing: HostMatrix.Standing
        /// Its name; no row of the audit has another one.
        let name: String
        let intruder: BrokenHost
    }

    /// All of them, and the secret of an invite that was used.
    private func askers(
        in fleet: Fleet, _ makes: Certificates
    ) async throws -> (all: [Asker], secret: String) {
        let place = fleet.hosts[2]
        var (all, used) = ([Asker](), "")
        for standing in HostMatrix.Standing.allCases {
            let name = "matrix-\(all.count)"
            let file: String?
            switch standing {
            case .nobody: file = nil
            case .foreign: file = try await makes.foreign()
            case .ended: file = try await makes.ended()
            case .revoked, .bare, .enroller, .helper, .importer:
                let rights = standing.rights ?? "enroll,admin,import"
                let joined = try await makes.join(name, rights: rights, from: place)
                file = joined.file
                used = joined.secret
            }
            let intruder = BrokenHost(place, certificate: file)
            if standing == .revoked {
                // Servers have it in their memory.
                for server in ["otp1", "otp2"] {
                    #expect(try await intruder.ping(server: server).status == 200)
                }
                try await fleet.servers[0].command("hosts", "--revoke", name)
            }
            all.append(Asker(standing: standing, name: name, intruder: intruder))
        }
        try await Task.sleep(for: .seconds(5.5))
        return (all, used)
    }

    @Test("A host gets more than its rights, another's secret, or too much or little in the audit")
    func matrix() async throws {
        let fleet = try await BrokenHostTests.fleet.value
        let (cast, makes) = (try await Cast(of: fleet), try Certificates(fleet))
        let (askers, secret) = try await askers(in: fleet, makes)
        let (bobs, sues) = (
            try await fleet.audit(of: cast.bob.name), try await fleet.audit(of: cast.sue.name)
        )
        var (table, offlineKeys) = (MatrixTable(), Set<String>())
        for asker in askers {
            var refused = 0
            let before = try await fleet.audit(of: cast.alice.name).count
            try await tryRoutes(asker, makes.request(), used: secret, &table)
            try await trySteps(asker, cast, &table, &offlineKeys)
            try await tryCommands(asker, cast, &table, &refused)
            let rows = try await fleet.audit(of: cast.alice.name).dropFirst(before)
            expect(rows, of: asker, cast, refused)
        }
        // Each host has one of its own.
        #expect(offlineKeys.count == askers.count { $0.standing.rights != nil })
        #expect(try await fleet.audit(of: cast.bob.name) == bobs)
        #expect(try await fleet.audit(of: cast.sue.name) == sues)
        try await expectWhole(cast, in: fleet)
        try table.tell()
    }

    // MARK: Trying

    private func tryRoutes(
        _ asker: Asker, _ request: String, used secret: String, _ table: inout MatrixTable
    ) async throws {
        for route in HostMatrix.Route.allCases {
            let answer =
                switch route {
                case .ping: try await asker.intruder.ping()
                case .renew: try await asker.intruder.post("renew", request)
                case .join:
                    try await asker.intruder.post(
                        "join", "\(request.dropLast()),\"secret\":\"\(secret)\"}")
                }
            let due = HostMatrix.due(route, at: asker.standing)
            #expect(due.contains(answer.summary), "\(asker.standing), \(route): \(answer)")
            table.note("routes", route.rawValue, asker.standing, answer.summary)
        }
    }

    private func trySteps(
        _ asker: Asker, _ cast: Cast, _ table: inout MatrixTable, _ offlineKeys: inout Set<String>
    ) async throws {
        for kind in HostMatrix.StepKind.allCases {
            let step = try step(kind, of: cast)
            #expect(HostMatrix.StepKind(step) == kind, "another step is tried: \(step)")
            let answer = try await asker.intruder.call(
                step, about: cast.alice.name, cast.alice.number)
            let due = HostMatrix.due(kind, at: asker.standing)
            expect(answer, due, cast, "\(asker.standing), \(kind)")
            table.note("steps", kind.rawValue, asker.standing, answer.summary)
            if case .offline(_, let key, _)? = answer.result { offlineKeys.insert(key) }
        }
    }

    private func tryCommands(
        _ asker: Asker, _ cast: Cast, _ table: inout MatrixTable, _ refused: inout Int
    ) async throws {
        let isAnswered = asker.standing.rights != nil
        for speaker in HostMatrix.Speaker.allCases where isAnswered || speaker == .oneself {
            for kind in HostMatrix.CommandKind.allCases {
                let command = try command(kind, of: cast)
                #expect(HostMatrix.CommandKind(command) == kind, "another one: \(command)")
                let answer = try await asker.intruder.call(
                    spoken(command, by: speaker, of: cast), about: cast.alice.name,
                    cast.alice.number)
                let due = HostMatrix.due(kind, by: speaker, at: asker.standing)
                expect(answer, due, cast, "\(asker.standing), \(kind) by \(speaker)")
                if HostMatrix.refusals.contains(answer.summary) { refused += 1 }
                table.note(
                    "commands by \(speaker)", kind.rawValue, asker.standing, answer.summary)
            }
        }
    }

    private func spoken(
        _ command: OTPWire.Command, by speaker: HostMatrix.Speaker, of cast: Cast
    ) throws -> FleetStep {
        switch speaker {
        case .oneself: try self.command(command, by: cast.alice.account)
        case .root:
            .command(
                request: Request(command), caller: FleetCaller(user: "root", uid: 0, isRoot: true))
        case .stranger:
            try self.command(command, by: cast.bob.account, proof: cast.bob.backupCodes[0])
        case .admin: try self.command(command, by: cast.sue.account)
        }
    }

    // MARK: Judging

    private func expect(
        _ answer: BrokenHost.Answer, _ due: Set<String>, _ cast: Cast, _ what: String
    ) {
        #expect(due.contains(answer.summary), "\(what): \(answer)")
        for secret in cast.secrets where answer.body.contains(secret) {
            Issue.record("a secret in the answer to \(what): \(answer)")
        }
    }

    /// What the audit has about the user since a host began: of commands that were refused, one row
    /// each.
    private func expect(
        _ rows: ArraySlice<Fleet.Row>, of asker: Asker, _ cast: Cast, _ refused: Int
    ) {
        guard asker.standing.rights != nil else {
            #expect(rows.isEmpty, "\(asker.standing): \(rows)")
            return
        }
        #expect(!rows.isEmpty && rows.allSatisfy { $0.host == asker.name }, "\(rows)")
        // Who asks, as the host says.
        let actors: Set<String> = [
            "", cast.alice.name, cast.bob.name, cast.sue.name, "root", "root@\(asker.name)",
        ]
        #expect(rows.allSatisfy { actors.contains($0.actor) }, "\(rows)")
        let brought = rows.filter { $0.kind == "brought" }
        #expect(brought.count == (asker.standing == .importer ? 0 : 1), "\(brought)")
        let denied = rows.filter { HostMatrix.refusals.contains($0.detail) && !$0.isGranted }
        #expect(denied.count == refused + brought.count, "\(asker.standing): \(rows)")
        // What a host may say of itself, and the language.
        let granted = rows.filter { $0.isGranted && $0.detail != "security-key" }
        #expect(granted.allSatisfy { ["offline", "changed"].contains($0.kind) }, "\(granted)")
    }

    /// The user has what she had, and no more; the code that was a proof is good.
    private func expectWhole(_ cast: Cast, in fleet: Fleet) async throws {
        let (alice, bob) = (cast.alice, cast.bob)
        let answer = try await BrokenHost(fleet.hosts[0]).call(
            command(.status, by: alice.account), about: alice.name, alice.number)
        guard case .account(let account)? = answer.reply else { throw Trouble("\(answer)") }
        #expect(account.authenticators.map(\.name) == ["phone"], "\(account)")
        #expect(account.backupCodesLeft == alice.backupCodes.count, "\(account)")
        #expect(account.temporaryCode == nil && account.contacts == nil, "\(account)")
        #expect(account.trusted.isEmpty, "\(account)")
        let door = try await Door(at: fleet.hosts[0])
        #expect(try await door.login(alice.name, alice.phone.code()).isIn)
        #expect(try await door.login(bob.name, bob.backupCodes[0]).isIn)
    }
}
