/// A client that asks the service about its user's second factor, like `otp-enroll`.
struct Client {
    /// Whether the program is root's: root's requests need no proof.
    var isRoots = false
    /// Whether a right code was given, and whether anything was changed afterwards.
    private(set) var isProven = false
    private(set) var hasChanged = false
    private(set) var replies = 0
    /// What was typed.
    private(set) var answers: [[UInt8]] = []
    /// The key of a new device that waits for its code, and the ticket.
    private var key: [UInt8] = []
    private var ticket = ""
    /// Whether the last request needs a code.
    private var isChange = false

    /// The next request by the input; empty if there is none.
    mutating func request(_ stage: Stage) -> [UInt8] {
        guard !stage.tape.isOver else { return [] }
        let byte = stage.tape.byte()
        let command: Command
        isChange = [4, 6, 7, 8, 9, 10, 11].contains(byte & 15)
        switch byte & 15 {
        case 0: return []
        case 1, 2: command = .verify(code: text(typed(stage)))
        case 3: command = .rows(of: [NumberDocument(uid: 1000, users: ["alice"])])
        case 4: command = .keep(ticket: ticket)
        case 5:
            let code = stage.code(of: key)
            answers.append(code)
            command = .confirm(ticket: ticket, code: text(code))
        case 6, 7:
            command = .begin(
                device: DeviceDocument(
                    name: byte >> 4 == 0 ? nil : "device\(byte >> 4)", kind: "totp",
                    algorithm: "SHA1", digits: 6, period: 30, counter: 0))
        case 8: command = .renewBackupCodes
        case 9: command = .disable
        case 10: command = .remove(name: "phone")
        case 11: command = .revokeTrust(fingerprint: nil)
        case 12: command = .status
        case 13: command = .policy
        default: return FrameBytes.frame(Frame.Kind.request.rawValue, stage.tape.text())
        }
        var request = Request(command)
        if isChange, byte & 0x10 == 0 { request.proof = text(typed(stage)) }
        do throws(Document.Problem) {
            return FrameBytes.frame(
                Frame.Kind.request.rawValue, try Document.encode(request))
        } catch {
            mistake("a request that cannot be written")
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private mutating func typed(_ stage: Stage) -> [UInt8] {
        let typed = stage.answer(to: []).flatMap { $0 } ?? []
        answers.append(typed)
        return typed
    }

    /// A reply of the service.
    mutating func hear(_ payload: [UInt8]) {
        replies += 1
        let result: Reply.Result
        do throws(Document.Problem) {
            result = try Document.reply(payload).result
        } catch {
            mistake("a reply that cannot be read")
        }
        switch result {
        case .outcome(let outcome): isProven = isProven || outcome.isAccepted
        case .begun(let begun):
            let text = Array(begun.key.utf8)
            key = Base32.decode(text.span)?.withBytes { $0.array } ?? []
            ticket = begun.ticket
            // Or there was nothing to prove.
            if !isRoots { isProven = true }
        case .done where !isRoots:
            // The service has accepted the proof.
            if isChange { isProven = true }
            hasChanged = true
        case .rows, .keys, .recorded: expect(isRoots, "all users shown to one of them")
        default: break
        }
    }
}
