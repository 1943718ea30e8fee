import FleetNetwork
import FleetStore
import OTPCore
import OTPStore
import OTPSystem

// Which hosts there are: how they join, and how they are known.
extension Judge {
    /// How long a join or a renewal may take.
    private static let patience = Duration.seconds(5)
    /// How long a heartbeat waits for its host's row.
    private static let beatPatience = Duration.seconds(1)

    func ping(host: String, generation: UInt64, receipt: String?) async -> PingAnswer {
        if let receipt { threads.state.hear(receipt, from: host) }
        if let refusal = await refusal(of: host, generation) {
            return PingAnswer(refusal: refusal)
        }
        return PingAnswer(
            problem: threads.trouble.map(Judge.sentence), receipt: threads.state.newest?.text)
    }

    /// Why a host may not ask; `nil` also where that cannot be known now.
    private func refusal(of host: String, _ generation: UInt64) async -> String? {
        // Ten thousand hosts ask each second.
        if let known = threads.state.host(named: host), known?.generation == generation {
            return known?.revoked == nil ? nil : "the host was revoked"
        }
        do throws(StoreError) {
            return try await threads.run(
                for: UserName(realm: "", name: host), until: .now + Judge.beatPatience
            ) { (database) throws(StoreError) in
                switch try Judge.host(host, generation, in: database) {
                case .success: nil
                case .failure(let refusal): refusal.text
                }
            }
        } catch {
            return error.code == .damaged ? Judge.sentence(error) : nil
        }
    }

    func join(_ request: JoinRequest) async -> JoinAnswer {
        let hash = InviteToken.hash(of: request.secret)
        let authority = authority
        // Whoever is in the network may ask for this.
        guard joins.take() else { return .unavailable("too many hosts join at once") }
        defer { joins.giveBack() }
        return await certificate(for: "") { (database) throws(StoreError) in
            let now = try SystemClock().now()
            let act = AdminAct(actor: "invite", origin: "join", time: now)
            let unknown = JoinAnswer.refused(
                "the invite is unknown, was used, or has ended; ask for another")
            guard try database.invite(hash: hash, at: now) != nil else { return unknown }
            // The certificate first: a request that is no good must not use the invite up.
            do throws(FleetProblem) {
                _ = try authority.sign(request: request.request, host: "host", generation: 0)
            } catch {
                return .refused(error.text)
            }
            guard let invite = try database.useInvite(hash: hash, by: act) else { return unknown }
            let host = try database.makeHost(
                named: invite.host, realm: invite.realm, rights: invite.rights, by: act)
            return Judge.signed(request.request, for: host, by: authority)
        }
    }

    func renew(host name: String, generation: UInt64, request: String) async -> JoinAnswer {
        let authority = authority
        return await certificate(for: name) { (database) throws(StoreError) in
            switch try Judge.host(name, generation, asOfNow: true, in: database) {
            case .success(let host): Judge.signed(request, for: host, by: authority)
            case .failure(let refusal): .refused(refusal.text)
            }
        }
    }

    /// The row of a host with a verified certificate, or why it may not ask. Whoever has the key of a
    /// host that was broken into is not let in again when the host joins anew.
    static func host(
        _ name: String, _ generation: UInt64, asOfNow: Bool = false, in database: Database
    ) throws(StoreError) -> Result<HostRow, FleetProblem> {
        var host = try database.host(named: name, asOfNow: asOfNow)
        // It may have joined a moment ago.
        if !asOfNow, host?.generation != generation {
            host = try database.host(named: name, asOfNow: true)
        }
        guard let host else {
            return .failure(FleetProblem("the fleet has no host of this name"))
        }
        if host.revoked != nil { return .failure(FleetProblem("the host was revoked")) }
        guard host.generation == generation else {
            return .failure(
                FleetProblem("the certificate is from before the host joined again"))
        }
        return .success(host)
    }

    private static func signed(
        _ request: String, for host: HostRow, by authority: FleetAuthority
    ) -> JoinAnswer {
        do throws(FleetProblem) {
            return .certificate(
                try authority.sign(
                    request: request, host: host.name, generation: host.generation))
        } catch {
            return .refused(error.text)
        }
    }

    private func certificate(
        for host: String,
        _ body: @escaping @Sendable (Database) throws(StoreError) -> JoinAnswer
    ) async -> JoinAnswer {
        do throws(StoreError) {
            return try await threads.run(
                for: UserName(realm: "", name: host), until: .now + Judge.patience, body)
        } catch {
            troubles.note(error, of: host)
            return .unavailable(Judge.sentence(error))
        }
    }
}
