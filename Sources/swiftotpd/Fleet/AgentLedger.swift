import OTPCore
import OTPWire

/// What the agent on this host decides while no server of the fleet is reached.
struct AgentLedger: OfflineAccounts {
    let agent: FleetAgent

    /// Whether no server is reached. In doubt there is one, and the login then says what is wrong.
    var isCutOff: Bool { ((try? question(for: nil)) ?? nil) != nil }

    func question(for user: User?) throws(StoreError) -> OfflineQuestion? {
        switch try send(.look, user) {
        case .online: return nil
        case .offline(let number, let host): return OfflineQuestion(number: number, host: host)
        default: throw RemoteAccounts.unclear
        }
    }

    func judge(
        _ typed: Span<UInt8>, to question: OfflineQuestion, of user: User?, from place: LoginOrigin
    ) throws(StoreError) -> OfflineVerdict {
        // A longer one is wrong as well.
        let text = String(
            decoding: typed.extracting(first: min(typed.count, Answer.maximumLength + 1)).array,
            as: UTF8.self)
        let step = OfflineCall.Step.answer(
            number: question.number, text: text, origin: AgentLedger.text(of: place))
        switch try send(step, user) {
        case .granted: return user == nil ? .wrong : .granted
        case .wrong: return .wrong
        case .used: return .used
        case .closed: return .closed
        case .online: throw agent.trouble("a server was reached again; log in anew")
        default: throw RemoteAccounts.unclear
        }
    }

    func admit(
        _ user: User, withKey fingerprint: [UInt8], hours: UInt8, most: UInt8,
        from place: LoginOrigin
    ) throws(StoreError) -> UInt8? {
        let step = OfflineCall.Step.recent(
            key: OfflineCall.text(ofFingerprint: fingerprint), hours: hours, most: most,
            origin: AgentLedger.text(of: place))
        switch try send(step, user) {
        case .granted(let left): return left ?? 0
        case .notRecent, .closed: return nil
        case .online: throw agent.trouble("a server was reached again; log in anew")
        default: throw RemoteAccounts.unclear
        }
    }

    /// Notes that the SSH key of a login has passed a code of a device. If that fails, the key has
    /// to pass another one before it gets in offline.
    func note(_ result: LoginResult, of name: [UInt8], from place: LoginOrigin) {
        guard let key = place.soleKey else { return }
        switch result {
        case .granted(.code), .trusting(.code, _): break
        default: return
        }
        let step = OfflineCall.Step.note(key: OfflineCall.text(ofFingerprint: key))
        _ = try? send(step, User(name: name, uid: .max, gid: .max))
    }

    private func send(
        _ step: OfflineCall.Step, _ user: User?
    ) throws(StoreError) -> OfflineReply.Result {
        guard let name = String(validating: user?.name ?? [], as: UTF8.self) else {
            throw agent.trouble("the user's name is not UTF-8")
        }
        let result = try agent.send(OfflineCall(step, user: name))
        if case .failed(let why) = result { throw agent.trouble(why) }
        return result
    }

    private static func text(of place: LoginOrigin) -> String {
        String(decoding: LogLine.visible(Array(place.origin.prefix(200))), as: UTF8.self)
    }
}
