import FleetNetwork
import FleetStore
import OTPCore
import OTPStore
import OTPSystem
import OTPWire

/// What the server does with the requests of hosts.
struct Judge: FleetService {
    let threads: ServerThreads
    let authority: FleetAuthority
    /// The options by which codes are judged.
    let policy: Options
    let troubles: TroubleLog
    /// Strangers who join must not fill the queue of a thread, in which users wait.
    let joins = Slots(8)
    /// How many refused commands of a host the audit gets: as many as a host may have failures.
    let refusals = HostRates(
        1 / Double(HostBudget.failure), most: Double(HostBudget.failures))

    init(
        threads: ServerThreads, authority: FleetAuthority, policy: Options, troubles: TroubleLog
    ) {
        (self.threads, self.authority, self.policy) = (threads, authority, policy)
        self.troubles = troubles
    }

    /// The time that is left for a call once the host's waiting is taken off for the way back.
    private static let way = Duration.milliseconds(200)

    // MARK: Calls

    func answer(_ call: HostCall) async -> HostAnswer {
        if let receipt = call.receipt { threads.state.hear(receipt, from: call.host) }
        guard let document = try? Document.fleetCall(call.body), let id = RowID(call.unit) else {
            return .malformed
        }
        let end = ContinuousClock.now + max(.milliseconds(50), call.within - Judge.way)
        do throws(StoreError) {
            // What is about no user queues with the host's own.
            let name = document.user.isEmpty ? call.host : document.user
            return try await threads.run(
                for: UserName(realm: "", name: name), until: end
            ) { (database) throws(StoreError) in
                try judge(document, of: call, id, in: database)
            }
        } catch {
            troubles.note(error, of: call.host)
            return .unavailable(Judge.sentence(error))
        }
    }

    private func judge(
        _ document: FleetCall, of call: HostCall, _ id: RowID, in database: Database
    ) throws(StoreError) -> HostAnswer {
        let host: HostRow
        switch try Judge.host(call.host, call.proof, in: database) {
        case .success(let found): host = found
        case .failure(let refusal): return .refused(refusal.text)
        }
        let now = try SystemClock().now()
        try database.see(host, at: now)
        let receipt = try call.receipt.flatMap { (text) throws(StoreError) in
            try database.receipt(text)
        }
        if case .offline(let used, let isNew) = document.step {
            return try offline(used, isNew: isNew, of: host, at: now, in: database)
        }
        // A name that is nobody's at the host is nobody's here: no row has one with a zero.
        let name = (document.uid == nil ? [0] : []) + Array(document.user.utf8)
        let user = User(name: name, uid: document.uid ?? .max, gid: .max)
        let act = Act(request: id, host: host, user: user, time: now, receipt: receipt)
        do throws(StoreError) {
            if case .command(let request, let caller) = document.step {
                guard document.uid != nil else { return .malformed }
                return try command(
                    request, of: caller, permit: document.permit, act, in: database)
            }
            if case .bring(let record, let adds, let rehearses) = document.step {
                guard document.uid != nil else { return .malformed }
                return try bring(record, adds: adds, rehearses: rehearses, act, in: database)
            }
            var entry: AuditEntry?
            let messages = messages(at: host)
            let performed: Performed
            do throws(StoreError) {
                performed = try database.perform(act) { (records) throws(StoreError) in
                    messages.clear()
                    let answer = try step(document, act, on: records, messages)
                    entry = answer.audit
                    return answer
                }
            } catch {
                if let entry { Judge.log(unstored: entry, of: document.user, at: host) }
                throw error
            }
            if case .done(let done) = performed, !done.isRepeated, let entry {
                Judge.log(entry, of: document.user, at: host)
                if entry.kind == Judge.denied { count(.hostRight) }
            }
            post(messages, after: performed)
            return Judge.answer(performed)
        } catch {
            guard Judge.isTheRecordsOwn(error) else { throw error }
            let reply = FleetReply(.failed(trouble: TroubleDocument(error)))
            return .answered(try Judge.encoded(reply), receipt: nil)
        }
    }

    /// Where a unit of work puts what it sends to users.
    func messages(at host: HostRow) -> PendingMessages {
        PendingMessages(
            host: host.name, fleet: authority.fleet.text, language: policy.language)
    }

    /// Sends what a unit of work has sent, and tells users what it has changed, once it is stored.
    func post(_ messages: PendingMessages, after performed: Performed) {
        guard case .done(let done) = performed, !done.isRepeated else { return }
        if policy.notifiesByMail {
            for change in done.changes { messages.tell(change, by: policy) }
        }
        Outbox.send(messages.messages)
    }

    /// Writes what the audit has to the log as well, from where it can leave this machine.
    static func log(_ entry: AuditEntry, of user: String, at host: HostRow) {
        var line = LogLine(entry.granted ? "granted" : "refused")
        line.add("what", entry.kind)
        line.add("how", outside: Array(entry.detail.utf8))
        if let index = entry.backupCode { line.add("index", "\(index)") }
        line.add("host", host.name)
        line.add("realm", outside: Array(host.realm.utf8))
        line.add("user", outside: Array(user.utf8))
        line.add("from", outside: Array(entry.origin.utf8))
        if !entry.actor.isEmpty { line.add("by", outside: Array(entry.actor.utf8)) }
        let priority = entry.granted ? LogPriority.info : .notice
        SystemLog.write(line.bytes, CInt(priority.rawValue))
    }

    /// Writes which backup code was right, where nobody knows whether that was stored.
    private static func log(unstored entry: AuditEntry, of user: String, at host: HostRow) {
        guard entry.granted, let index = entry.backupCode else { return }
        var line = LogLine("code accepted")
        line.add("reason", entry.detail)
        line.add("index", "\(index)")
        line.add("host", host.name)
        line.add("user", outside: Array(user.utf8))
        line.add("realm", outside: Array(host.realm.utf8))
        line.addUnstored()
        SystemLog.write(line.bytes, CInt(LogPriority.notice.rawValue))
    }

    /// What the host is answered.
    static func answer(_ performed: Performed) -> HostAnswer {
        switch performed {
        case .done(let done): .answered(done.reply, receipt: done.receipt?.text)
        case .refused(.revoked): .refused("the host was revoked")
        case .refused(.overBudget): .overBudget
        }
    }

    /// Why nothing can be judged, for a log.
    static func sentence(_ error: StoreError) -> String {
        String(decoding: LogLine.visible(error.text), as: UTF8.self)
    }
}
