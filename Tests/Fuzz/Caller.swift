import CLinux

/// The other end of a connection to the service: the module with the person behind it, acting as
/// the input says; or an impostor.
final class Caller: OtherEnd {
    let user: UInt32?
    let sender: UInt32?
    private let setup: Setup
    let stage: Stage
    private let oddity: Oddity

    /// What the service waits for.
    enum Question {
        case login
        case answer(to: [UInt8])
        case earlierAnswer
        case request
    }

    private var question: Question? = .login
    /// What the service has not received yet, what it has received, and received bytes that are no
    /// complete frame yet.
    private var outgoing: [UInt8] = []
    private var received: [UInt8] = []
    private var incoming: [UInt8] = []
    private var frames = 0
    private var isGone = false
    private var isMute = false
    private var isDeaf = false
    private var isGarbled = false
    private(set) var isHungUp = false

    /// What was shown, logged and passed to the next module.
    private(set) var shown: [[UInt8]] = []
    private(set) var log: [(priority: UInt8, line: [UInt8])] = []
    private(set) var forwarded: [[UInt8]] = []
    /// The login's result, if it was received.
    private(set) var ending: LoginEnd?
    /// The results of otp-enroll's requests.
    var client = Client()

    init(_ setup: Setup, _ stage: Stage, _ oddity: Oddity) {
        (self.setup, self.stage, self.oddity) = (setup, stage, oddity)
        (user, sender) = (setup.peer, setup.sender)
        client.isRoots = setup.isRoot
    }

    /// What was typed, as far as it arrived.
    var answers: [[UInt8]] {
        FrameBytes.all(received).filter { $0.kind == Frame.Kind.answer.rawValue }.map { $0.payload }
    }

    // MARK: From the service

    func take(_ bytes: [UInt8]) -> Int {
        expect(kernel?.locks == 0, "a lock is held while something is said")
        if isGone { return oddity.kind == .resets ? -Int(ECONNRESET) : -Int(EPIPE) }
        if isDeaf { return -Int(EAGAIN) }
        let isHalf = oddity.kind == .takesHalf
        let count = isHalf ? (bytes.count + 1) / 2 : bytes.count
        incoming += bytes.prefix(count)
        while !isGarbled, let (number, payload) = FrameBytes.next(&incoming) {
            guard let kind = Frame.Kind(rawValue: number) else { mistake("a frame of no kind") }
            hear(kind, payload)
        }
        return count
    }

    /// The frame boundaries are lost.
    func miss() { isGarbled = isGarbled || !incoming.isEmpty }

    private func hear(_ kind: Frame.Kind, _ payload: [UInt8]) {
        expect(ending == nil, "more after the end")
        switch kind {
        case .welcome: expect(payload == [Frame.version] && frames == 0, "another welcome")
        case .promptHidden, .promptShown:
            check(payload)
            ask(.answer(to: payload))
        case .earlierAnswer:
            expect(payload.isEmpty, "a question for nobody")
            ask(.earlierAnswer)
        case .errorMessage, .infoMessage:
            check(payload)
            expect(!setup.request.isSilent, "something is shown to who wants nothing shown")
            shown.append(payload)
        case .setAuthtok: forwarded.append(payload)
        case .log:
            expect(setup.isRoot, "a line for the log of who could change it")
            log.append((payload.first ?? 8, Array(payload.dropFirst())))
        case .end:
            expect(payload.count == 1, "an end of more than a byte")
            ending = payload.first.flatMap { LoginEnd(rawValue: $0) }
            expect(ending != nil, "an end that nobody knows")
        case .reply:
            client.hear(payload)
            ask(.request)
        default: mistake("a frame of the other end's")
        }
    }

    private func ask(_ next: Question) {
        // An oddity that says too much has already answered.
        let isAnswered = oddity.kind == .saysTwice || oddity.kind == .saysAnything
        expect(question == nil || isAnswered, "two questions at a time")
        question = next
    }

    private func check(_ text: [UInt8]) {
        let isFit = text.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\n") }
        expect(isFit, "control characters on the terminal")
    }

    // MARK: To the service

    func give(_ count: Int) -> Delivery {
        expect(kernel?.locks == 0, "a lock is held while somebody is waited for")
        if outgoing.isEmpty { move() }
        if outgoing.isEmpty {
            guard isGone else { return .nothing }
            return oddity.kind == .resets ? .failed(ECONNRESET) : .closed
        }
        question = nil
        let part = Array(outgoing.prefix(oddity.kind == .isInPieces ? 1 : count))
        outgoing.removeFirst(part.count)
        received += part
        return .bytes(part)
    }

    func isReady(toWrite: Bool) -> Bool {
        if toWrite { return !isDeaf }
        if outgoing.isEmpty { move() }
        return !outgoing.isEmpty || isGone
    }

    func hangUp() {
        expect(!isHungUp, "a connection is closed twice")
        isHungUp = true
    }

    /// Sends what the input says.
    private func move() {
        guard !isGone, !isMute else { return }
        // Without a question, nothing is sent, and nothing more may arrive.
        guard let question else {
            isGone = true
            return
        }
        let isOdd = oddity.isDue(after: frames)
        frames += 1
        if isOdd { say(oddly: question) } else { outgoing = usual(question) }
        if outgoing.isEmpty && !isMute { isGone = true }
    }

    private func say(oddly question: Question) {
        switch oddity.kind {
        case .none, .isInPieces, .takesHalf: outgoing = usual(question)
        case .closes, .resets: isGone = true
        case .isSilent: isMute = true
        case .saysAnything: outgoing = stage.tape.text()
        case .saysAnotherKind:
            outgoing = usual(question)
            if outgoing.count > 2 { outgoing[2] = oddity.detail }
        case .cuts: outgoing = usual(question).dropLast(Int(oddity.detail) + 1)
        case .saysTwice: outgoing = usual(question) + usual(question)
        case .takesNothing:
            outgoing = usual(question)
            isDeaf = true
        case .asksForOneself: outgoing = client.request(stage)
        case .isOfAnotherVersion:
            outgoing = usual(question)
            if outgoing.count > 3 { outgoing[3] = oddity.detail }
        }
    }

    /// The frame that the module would send; empty if the connection ends.
    private func usual(_ question: Question) -> [UInt8] {
        switch question {
        case .login:
            return FrameBytes.frame(Frame.Kind.login.rawValue, FrameBytes.login(setup.request))
        case .answer(let prompt):
            return setup.hasPerson
                ? answer(stage.answer(to: prompt)) : answer(.none)
        case .earlierAnswer: return answer(.some(setup.password))
        case .request: return client.request(stage)
        }
    }

    private func answer(_ typed: [UInt8]??) -> [UInt8] {
        guard let typed else { return FrameBytes.frame(Frame.Kind.conversationFailed.rawValue, []) }
        guard let typed else { return FrameBytes.frame(Frame.Kind.noAnswer.rawValue, []) }
        return FrameBytes.frame(Frame.Kind.answer.rawValue, Array(typed.prefix { $0 != 0 }))
    }
}
