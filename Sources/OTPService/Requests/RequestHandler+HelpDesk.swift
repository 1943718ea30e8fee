import OTPCore
import OTPWire

// What members of the help desk do for others.
extension RequestHandler {
    /// Does what a member asks for: after a code of the member's own, and not too often.
    func help(_ request: Request) throws(StoreError) -> Reply.Result {
        if let reply = try refusalOfHelper(request.proof) { return reply }
        guard let kind = RequestHandler.act(request.command) else { return try perform(request) }
        let store = try storeForMore()
        let act = HelpDeskLog.Act(kind, at: try saneTime(), by: asking, to: user)
        let daily = Int(options.helpdeskDaily)
        guard try store.changeHelpDeskLog({ $0.take(act, daily: daily) }) else {
            var line = LogLine("help refused")
            line.add("reason", "daily-limit")
            log(line)
            return .denied(reason: .helpDeskLimit(most: daily))
        }
        do throws(StoreError) {
            let reply = try perform(request)
            if case .denied = reply { try takeBack(act, in: store) }
            return reply
        } catch {
            if RequestHandler.isBeforeAnyChange(error) { try takeBack(act, in: store) }
            throw error
        }
    }

    /// Nothing was done, so nothing counts.
    private func takeBack(_ act: HelpDeskLog.Act, in store: Here.Records) throws(StoreError) {
        _ = try store.changeHelpDeskLog {
            $0.takeBack(act)
            return true
        }
    }

    /// Whether the record could not even be opened.
    private static func isBeforeAnyChange(_ error: StoreError) -> Bool {
        switch error.code {
        case .otherUser, .otherKey, .damaged, .busy, .unsafe, .unproven, .sealed: true
        default: false
        }
    }

    /// What a command does to a user; `nil` if it only looks.
    private static func act(_ command: Command) -> Event.Kind? {
        switch command {
        case .reset: .reset
        case .unlock: .unlocked
        case .issue: .temporaryCodeIssued
        case .revokeIssued: .temporaryCodeRevoked
        case .revokeTrust: .trustRevoked
        case .contact: .contactChanged
        default: nil
        }
    }

    /// Tries the member's own code; returns the reply if it is missing or refused.
    private func refusalOfHelper(_ proof: String?) throws(StoreError) -> Reply.Result? {
        var line: LogLine?
        // Once the record is unlocked: a log may be slow.
        defer { if let line { here.log(.notice, line) } }
        guard let session = try here.store()?.open(asking) else {
            return .denied(reason: .helperNotEnrolled)
        }
        defer { session.close() }
        let (isEnrolled, epoch) = session.withRecord { ($0.isEnrolled, $0.epoch) }
        guard isEnrolled else { return .denied(reason: .helperNotEnrolled) }
        if here.hasPass(asking, epoch: epoch) { return nil }
        guard let proof else { return .denied(reason: .ownProofNeeded) }
        let answer = RequestHandler.answer(proof)
        let outcome =
            switch answer {
            // Somebody else has issued that one.
            case .temporaryCode: Outcome.refused(.malformed)
            default:
                try attempt(as: .verified).run(
                    answer, on: session, at: try clock.now(), boot: clock.boot())
            }
        var told = LogLine(trying: outcome)
        told.add("user", outside: asking.name)
        told.add("for", outside: user.name)
        line = told
        guard case .granted = outcome else {
            return .outcome(
                outcome: OutcomeDocument(
                    outcome, authenticators: session.withRecord { $0.authenticators }))
        }
        here.givePass(to: asking, epoch: session.withRecord { $0.epoch })
        return nil
    }

    // MARK: Looking

    /// Who the help desk is, and what it did: a member learns what the member did.
    func helpDesk() throws(StoreError) -> Reply.Result {
        let log = try here.store()?.helpDeskLog() ?? HelpDeskLog()
        let seen = log.acts.filter { caller != .helper || $0.helper.uid == asking.uid }
        return .helpDesk(
            helpDesk: HelpDeskDocument(
                options, acts: seen.suffix(HelpDeskDocument.mostActs).reversed(),
                count: log.count(by: asking.uid, at: try clock.now())))
    }

    /// Whether the help desk must leave the user of a UID alone, whatever names the caller gives.
    func isHidden(_ number: NumberDocument, in store: Here.Records) throws(StoreError) -> Bool {
        guard caller == .helper else { return false }
        guard let desk = here.helpDesk else { return true }
        // Nobody can say whose record it is if its head cannot be read.
        guard let owner = try? store.owner(of: number.uid) else { return true }
        let names = number.users.map { Array($0.utf8) } + [owner.name]
        for name in names {
            let user = User(name: name, uid: number.uid, gid: 0)
            if try desk.protects(user) { return true }
            if let known = try here.users.user(named: name), try desk.protects(known) {
                return true
            }
        }
        return false
    }
}
