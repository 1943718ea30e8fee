/// Somebody who asks the service about their own second factor, as `otp-enroll` does.
struct Client {
    /// Whether a right code was given on this connection, and whether anything was changed after.
    private(set) var isProven = false
    private(set) var hasChanged = false
    private(set) var replies = 0
    /// What was typed.
    private(set) var answers: [[UInt8]] = []
    /// The key of a new device that waits for its code.
    private var key: [UInt8] = []

    /// The next request, as the input has it; nothing where there is none.
    mutating func request(_ stage: Stage) -> [UInt8] {
        guard !stage.tape.isOver else { return [] }
        let byte = stage.tape.byte()
        var message: [UInt8]
        switch byte & 15 {
        case 0: return []
        case 1, 2, 3: message = prove(stage)
        case 4, 5:
            let code = stage.code(of: key)
            answers.append(code)
            message = HelperRequest.confirmMessage(code.span)
        case 6, 7:
            let name = byte >> 4 == 0 ? nil : Name("device\(byte >> 4)".utf8)
            let device = HelperRequest.NewDevice(
                name: name, kind: .totp, algorithm: .sha1, digits: 6, period: 30, counter: 0)
            message = HelperRequest.beginMessage(device)
        case 8: message = HelperRequest.codesMessage
        case 9: message = HelperRequest.disableMessage
        case 10: message = Name("phone".utf8).map { HelperRequest.removeMessage($0) } ?? []
        case 11: message = HelperRequest.untrustMessage(nil)
        case 12: message = HelperRequest.statusMessage
        case 13: message = HelperRequest.enrolledMessage
        default: message = [HelperRequest.version] + stage.tape.text()
        }
        let isProof = message.count > 1 && [3, 6].contains(message[1])
        if isProof, byte & 15 > 13 { answers.append(Array(message.dropFirst(3))) }
        return FrameBytes.frame(Frame.Kind.request.rawValue, message)
    }

    private mutating func prove(_ stage: Stage) -> [UInt8] {
        let typed = stage.answer(to: []).flatMap { $0 } ?? []
        answers.append(typed)
        return HelperRequest.proveMessage(typed.span)
    }

    /// What the service answers.
    mutating func hear(_ payload: [UInt8]) {
        replies += 1
        guard let reply = HelperReply(decoding: payload.span) else {
            mistake("a reply that cannot be read")
        }
        switch consume reply {
        case .outcome(.granted, _): isProven = true
        case .device(_, _, let secret): key = secret.withBytes { $0.array }
        case .kept: hasChanged = true
        case .codes: hasChanged = true
        case .done: hasChanged = true
        default: break
        }
    }
}
