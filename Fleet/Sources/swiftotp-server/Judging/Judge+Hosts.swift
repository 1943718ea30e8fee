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

    func ping(host: String, proof: HostProof, receipt: String?) async -> PingAnswer {
        if let receipt { threads.state.hear(receipt, from: host) }
        if let refusal = await refusal(of: host, proof) {
            return PingAnswer(refusal: refusal)
        }
        return PingAnswer(
            problem: threads.trouble.map(Judge.sentence), receipt: threads.state.newest?.text)
    }

    /// Why a host may not ask; `nil` also where that cannot be known now.
    private func refusal(of host: String, _ proof: HostProof) async -> String? {
        // Ten thousand hosts ask each second.
        if case .some(.some(let known)) = threads.state.host(named: host),
            known.refusal(of: proof) == nil
        {
            return known.revoked == nil ? nil : "the host was revoked"
        }
        do throws(StoreError) {
            return try await threads.run(
                for: UserName(realm: "", name: host), until: .now + Judge.beatPatience
            ) { (database) throws(StoreError) in
                switch try Judge.host(host, proof, in: database) {
                case .success: nil
                case .failure(let refusal): refusal.text
                }
            }
        } catch {
            return error.code == .damaged ? Judge.sentence(error) : nil
        }
    }

    // MARK: Joining

    func join(_ request: JoinRequest) async -> JoinAnswer {
        let authority = authority
        return await admit(request.secret, site: nil) { invite in
            guard !invite.isSite else {
                return "the invite is for a certificate of the site's authority: name it by"
                    + " --certificate and --key"
            }
            do throws(FleetProblem) {
                _ = try authority.sign(request: request.request, host: "host", generation: 0)
                return nil
            } catch {
                return error.text
            }
        } answer: { host in
            Judge.signed(request.request, for: host, by: authority)
        }
    }

    func joinSite(host name: String, start: UInt64, secret: [UInt8]) async -> JoinAnswer {
        await admit(secret, site: start) { invite in
            guard invite.isSite else {
                return "the invite is for a certificate of the fleet's: make one with"
                    + " --site-certificate, or join without --certificate"
            }
            guard invite.host == name else {
                return "the invite is for another host than the certificate"
            }
            return nil
        } answer: { host in
            .joined(host: host.name)
        }
    }

    /// Lets a host join by the invite with this secret, unless `refusal` has something against that:
    /// then the invite is not used up. `site` is as in `Database.makeHost`.
    private func admit(
        _ secret: [UInt8], site: UInt64?,
        unless refusal: @escaping @Sendable (FleetStore.Invite) -> String?,
        answer: @escaping @Sendable (HostRow) -> JoinAnswer
    ) async -> JoinAnswer {
        let hash = InviteToken.hash(of: secret)
        // Whoever is in the network may ask for this.
        guard joins.take() else { return .unavailable("too many hosts join at once") }
        defer { joins.giveBack() }
        return await certificate(for: "") { (database) throws(StoreError) in
            let now = try SystemClock().now()
            let act = AdminAct(actor: "invite", origin: "join", time: now)
            let unknown = JoinAnswer.refused(
                "the invite is unknown, was used, or has ended; ask for another")
            guard let found = try database.invite(hash: hash, at: now) else { return unknown }
            if let why = refusal(found) { return .refused(why) }
            guard let invite = try database.useInvite(hash: hash, by: act) else { return unknown }
            let host = try database.makeHost(
                named: invite.host, realm: invite.realm, rights: invite.rights, site: site, by: act)
            return answer(host)
        }
    }

    func renew(host name: String, generation: UInt64, request: String) async -> JoinAnswer {
        let authority = authority
        return await certificate(for: name) { (database) throws(StoreError) in
            switch try Judge.host(
                name, .fleet(generation: generation), asOfNow: true, in: database)
            {
            case .success(let host): Judge.signed(request, for: host, by: authority)
            case .failure(let refusal): .refused(refusal.text)
            }
        }
    }

    /// The row of a host with a verified certificate, or why it may not ask. Whoever has the key of a
    /// host that was broken into is not let in again when the host joins anew.
    static func host(
        _ name: String, _ proof: HostProof, asOfNow: Bool = false, in database: Database
    ) throws(StoreError) -> Result<HostRow, FleetProblem> {
        var host = try database.host(named: name, asOfNow: asOfNow)
        // It may have joined a moment ago.
        if !asOfNow, host.map({ $0.refusal(of: proof) != nil }) ?? true {
            host = try database.host(named: name, asOfNow: true)
        }
        guard let host else {
            return .failure(FleetProblem("the fleet has no host of this name"))
        }
        if host.revoked != nil { return .failure(FleetProblem("the host was revoked")) }
        if let why = host.refusal(of: proof) { return .failure(FleetProblem(why)) }
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

extension HostRow {
    /// Why a certificate for this host's name is not the host's own; `nil` if it is. The site cannot
    /// speak for a host that has joined with a certificate of the fleet's, nor the other way round.
    fileprivate func refusal(of proof: HostProof) -> String? {
        switch (proof, site) {
        case (.fleet(let number), nil) where number == generation: nil
        case (.site(let start), let first?) where start >= first: nil
        case (.fleet, nil), (.site, _?): "the certificate is from before the host joined again"
        case (.fleet, _?): "the host has joined with a certificate of the site's"
        case (.site, nil): "the host has joined with a certificate of the fleet's"
        }
    }
}
