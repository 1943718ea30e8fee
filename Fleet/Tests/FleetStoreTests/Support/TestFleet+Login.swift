import OTPCore

@testable import FleetStore

extension TestFleet {
    /// What a server answers to a code, as the real one does.
    static func judge(
        _ code: String, window: UInt8 = 1, source: String = "192.0.2.1"
    ) -> (FleetRecords) throws(StoreError) -> ActAnswer {
        { (records) throws(StoreError) in
            let typed = Array(code.utf8)
            let attempt = Attempt(
                verifier: Verifier(window: window), origin: Array("sshd \(source)".utf8),
                source: SourceID(Array(source.utf8).span))
            let (act, user) = (records.act, records.act.user)
            var session = try records.open(user)
            let isKnown = session?.withRecord { $0.isEnrolled } ?? false
            if !isKnown { session = try records.openDecoy(for: user.name) }
            guard let session else { throw StoreError(.system, [], "no decoy") }
            let outcome = try attempt.run(Answer(typed.span), on: session, at: act.time)
            let granted: Bool
            if case .granted = outcome { granted = true } else { granted = false }
            return ActAnswer(
                reply: Array((granted ? "yes " : "no ").utf8) + Array(outcome.reason.utf8),
                audit: AuditEntry(
                    kind: "login", granted: granted, detail: outcome.reason,
                    origin: "sshd \(source)", isFailure: !granted))
        }
    }

    /// Tries a code; what the host hears.
    func login(
        _ name: String, _ code: String, on database: Database, at time: UInt64 = now,
        from host: HostRow? = nil, request: RowID = .random(), source: String = "192.0.2.1"
    ) throws(StoreError) -> String {
        let act = act(name, at: time, from: host, request: request)
        switch try database.perform(act, TestFleet.judge(code, source: source)) {
        case .done(let done): return String(decoding: done.reply, as: UTF8.self)
        case .refused(let why): return "refused \(why)"
        }
    }

    /// What the host hears, or that it cannot be checked.
    func outcome(
        _ name: String, _ code: String, on database: Database, at time: UInt64 = now,
        from host: HostRow? = nil, request: RowID = .random(), source: String = "192.0.2.1"
    ) -> String {
        do throws(StoreError) {
            return try login(
                name, code, on: database, at: time, from: host, request: request, source: source)
        } catch {
            return "unknown: \(String(decoding: error.text, as: UTF8.self))"
        }
    }
}
