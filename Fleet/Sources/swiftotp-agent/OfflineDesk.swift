import FleetNetwork
import FleetOffline
import FoundationEssentials
import Glibc
import OTPCore
import OTPSystem
import OTPWire
import Synchronization

/// Decides about logins while no server is reached, and tells the servers later.
final class OfflineDesk: Sendable {
    /// How often a server is asked for the key although nothing is to be told: it may be another.
    private static let often = Duration.seconds(600)
    /// The pause after a server did not take it.
    private static let pause = Duration.seconds(10)

    private let client: FleetClient
    private let ledger: Ledger
    private let recent: RecentKeys
    private let next = Mutex(ContinuousClock.now)
    private let wasCutOff = Mutex(true)

    init(_ client: FleetClient, in arguments: Program.Arguments) {
        self.client = client
        ledger = Ledger(in: arguments.state, keys: arguments.folder)
        recent = RecentKeys(in: arguments.state)
        if let trouble = ledger.trouble, !ledger.isNew { SystemLog.write(trouble: trouble) }
    }

    /// Why no answer can be tried; `nil` if that works.
    var trouble: String? { ledger.trouble }

    /// How many decisions no server was told of yet.
    var untold: Int { ledger.untoldCount }

    // MARK: What swiftotpd asks

    /// The answer to a call.
    func reply(to body: [UInt8]) -> [UInt8] {
        let result: OfflineReply.Result
        do throws(FleetProblem) {
            guard let call = try? OfflineCall(decoding: body) else {
                throw FleetProblem("swiftotpd is of another version than swiftotp-agent")
            }
            result = try decide(call)
        } catch {
            result = .failed(why: error.text)
        }
        return (try? Document.encode(OfflineReply(result))) ?? []
    }

    private func decide(_ call: OfflineCall) throws(FleetProblem) -> OfflineReply.Result {
        let user = call.user
        switch call.step {
        case .reopen:
            try ledger.reopen(now: try now)
            SystemLog.write(LogLine("offline answers reopened").bytes, LOG_NOTICE)
            return .done
        case .note(let key):
            try recent.note(key, of: user, now: try now)
            return .done
        case .look:
            guard client.isCutOff else { return .online }
            let host = client.credentials.identity.host.text
            // That nothing is reached is said even if nothing can be decided.
            guard !user.isEmpty else {
                return .offline(number: (try? ledger.next(of: user)) ?? 1, host: host)
            }
            return .offline(number: try ledger.next(of: user), host: host)
        case .answer(let number, let text, let origin):
            guard client.isCutOff else { return .online }
            let verdict = try ledger.judge(
                text, number: number, of: user, origin: origin, now: try now)
            switch verdict {
            case .granted: return .granted(left: nil)
            case .wrong: return .wrong
            case .used: return .used
            case .closed: return .closed
            }
        case .recent(let key, let hours, let most, let origin):
            guard client.isCutOff else { return .online }
            let now = try now
            guard recent.has(key, of: user, hours: hours, now: now),
                let left = try ledger.countLogin(of: user, most: most, origin: origin, now: now)
            else { return .notRecent }
            return .granted(left: left)
        }
    }

    private var now: UInt64 {
        get throws(FleetProblem) {
            let seconds = Date().timeIntervalSince1970
            guard seconds > 1_700_000_000, seconds < 1e12 else {
                throw FleetProblem("the clock of this host is wrong")
            }
            return UInt64(seconds)
        }
    }

    // MARK: What the servers hear

    /// Tells a server what is to be told, and gets the key; called once a second.
    func look() async {
        guard client.isReady else {
            wasCutOff.withLock { $0 = client.isCutOff || $0 }
            return
        }
        let isBack = wasCutOff.withLock { wasCutOff in
            defer { wasCutOff = false }
            return wasCutOff
        }
        guard isBack || ContinuousClock.now >= next.withLock({ $0 }) else { return }
        do throws(FleetProblem) {
            while try await tell() {}
            next.withLock { $0 = .now + OfflineDesk.often }
        } catch {
            next.withLock { $0 = .now + OfflineDesk.pause }
            var line = LogLine("offline logins not told")
            line.add("error", sentence: Array(error.text.utf8))
            SystemLog.write(line.bytes, LOG_WARNING)
        }
    }

    /// One call; whether there is more to tell.
    private func tell() async throws(FleetProblem) -> Bool {
        let told = ledger.untold
        let step = FleetStep.offline(used: told, isNew: ledger.isNew)
        guard let body = try? Document.encode(FleetCall(step, user: "", uid: nil)) else {
            throw FleetProblem("it is too long")
        }
        switch await client.call(body) {
        case .answered(let bytes):
            guard let reply = try? Document.fleetReply(bytes),
                case .offline(let idText, let keyText, let highest) = reply.result,
                let id = OfflineDesk.bytes(idText), let key = OfflineDesk.bytes(keyText)
            else { throw FleetProblem("the server is of another version") }
            var copy = key
            guard let sealKey = SealKey(id: id, key: Secret(wiping: &copy)) else {
                throw FleetProblem("the server is of another version")
            }
            try ledger.settle(told: told, key: sealKey, bytes: key, highest: highest)
            return !ledger.untold.isEmpty
        case .unreachable(let why), .refused(let why), .overBudget(let why), .unavailable(let why),
            .malformed(let why):
            throw FleetProblem(why)
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        Hex.decode(Array(text.utf8).span)?.withBytes { $0.array }
    }
}
