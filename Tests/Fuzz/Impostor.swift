import CLinux
import CPAM

/// The module's peer, which sends what the input says: a service, something else, or nobody.
final class Impostor: OtherEnd {
    let user: UInt32?
    let sender: UInt32? = nil
    private let reel: Reel
    /// How much the module receives at a time, and how much of its output is accepted.
    private let portion: Int

    /// What the module has received, and sent.
    private(set) var said: [UInt8] = []
    private(set) var heard: [UInt8] = []
    /// Whether everything that the module sent was accepted.
    private(set) var isHeardOut = true
    private(set) var isHungUp = false
    private var outgoing: ArraySlice<UInt8> = []
    private var isGone = false
    private var isMute = false
    private var isDeaf = false
    private var frames = 0

    init(_ user: UInt32?, _ reel: Reel, portion: Int) {
        (self.user, self.reel, self.portion) = (user, reel, portion)
    }

    func take(_ bytes: [UInt8]) -> Int {
        expect(!bytes.isEmpty && pam?.hasForked == false, "two processes on one connection")
        guard !isGone, !isDeaf else {
            isHeardOut = false
            return -Int(isGone ? EPIPE : EAGAIN)
        }
        let part = bytes.prefix(portion)
        heard += part
        return part.count
    }

    func give(_ count: Int) -> Delivery {
        expect(pam?.hasForked == false, "two processes on one connection")
        if outgoing.isEmpty, !isGone, !isMute { speak() }
        if outgoing.isEmpty { return isGone ? .closed : .nothing }
        let part = outgoing.prefix(min(count, portion))
        outgoing = outgoing.dropFirst(part.count)
        said += part
        return .bytes(Array(part))
    }

    func isReady(toWrite: Bool) -> Bool { toWrite ? !isDeaf : !outgoing.isEmpty || !isMute }

    func hangUp() { isHungUp = true }

    /// The next frame, or other bytes in its place.
    private func speak() {
        frames += 1
        guard !reel.tape.isOver else {
            isGone = true
            return
        }
        let byte = reel.tape.byte()
        guard frames == 1, byte & 15 < 12 else {
            outgoing = words(byte)[...]
            return
        }
        outgoing = FrameBytes.frame(64, [byte & 15 == 11 ? byte >> 4 : 2])[...]
    }

    private func words(_ byte: UInt8) -> [UInt8] {
        switch byte & 15 {
        case 0:
            let more: [UInt8] = byte >> 7 == 1 ? [0] : []
            return FrameBytes.frame(73, [byte >> 4 & 7] + more)
        case 1, 2, 3, 4, 6: return FrameBytes.frame(65 + byte & 15, reel.tape.text())
        case 5: return FrameBytes.frame(70, [])
        case 7: return FrameBytes.frame(72, byte >> 4 == 15 ? [] : [byte >> 4] + reel.tape.text())
        case 8: return FrameBytes.frame(73, [0])
        case 9: isDeaf = true
        case 10: return reel.tape.text()
        case 11:
            let kind = reel.tape.byte()
            return FrameBytes.frame(kind, reel.tape.text())
        case 12:
            // Any length, or one near the maximum.
            let number = reel.tape.uint16()
            let length = number & 1 == 0 ? number : 32_760 + number >> 1 & 15
            return long(kind: 66 + (byte >> 4) % 8, length: length)
        case 13:
            isGone = true
            return FrameBytes.frame(66, reel.tape.text()).dropLast(1 + Int(byte >> 4))
        case 14: isGone = true
        default: isMute = true
        }
        return []
    }

    /// A frame of this length, whatever its contents.
    private func long(kind: UInt8, length: UInt16) -> [UInt8] {
        let payload = [UInt8](repeating: UInt8(ascii: "x"), count: max(0, Int(length) - 1))
        return [UInt8(length >> 8), UInt8(length & 0xff), kind] + payload
    }
}

/// The single tape that all of them read from.
final class Reel {
    var tape: Tape

    init(_ tape: Tape) { self.tape = tape }
}

/// What the module must do with the service's frames, by docs/PROTOCOL.md.
struct Script {
    private(set) var shown: [FakePAM.Message] = []
    private(set) var logged: [FakePAM.Message] = []
    private(set) var forwarded: [[UInt8]] = []
    /// What needs a reply: a question, or the request for an earlier module's password.
    enum Ask { case question, earlierAnswer }
    private(set) var asks: [Ask] = []
    private(set) var end: LoginEnd?
    private(set) var isBusy = false
    /// Whether anything happened that must not happen twice.
    private(set) var hasBegun = false

    init(_ bytes: [UInt8]) {
        var rest = bytes
        guard let first = FrameBytes.next(&rest) else { return }
        isBusy = first.kind == 65
        guard first.kind == 64, first.payload == [2] else {
            expect(rest.isEmpty, "more is read behind no welcome")
            return
        }
        while let (kind, payload) = FrameBytes.next(&rest) {
            if kind == 65 && !hasBegun { isBusy = true }
            guard (66...73).contains(kind) else { break }
            hasBegun = true
            if read(kind, payload) { break }
        }
        expect(FrameBytes.next(&rest) == nil, "more is read behind the end")
    }

    /// Reads one frame; returns `true` if it must be the last one.
    private mutating func read(_ kind: UInt8, _ payload: [UInt8]) -> Bool {
        let text = payload.asCString
        switch kind {
        case 66: ask(PAM_PROMPT_ECHO_OFF, text)
        case 67: ask(PAM_PROMPT_ECHO_ON, text)
        case 68: shown.append(FakePAM.Message(kind: PAM_ERROR_MSG, text: text))
        case 69: shown.append(FakePAM.Message(kind: PAM_TEXT_INFO, text: text))
        case 70: asks.append(.earlierAnswer)
        case 71: forwarded.append(text)
        case 72:
            let line = Array(payload.dropFirst()).asCString
            logged.append(FakePAM.Message(kind: CInt((payload.first ?? 0) & 7), text: line))
        default:
            end = payload.count == 1 ? LoginEnd(rawValue: payload[0]) : nil
            return true
        }
        return false
    }

    private mutating func ask(_ style: CInt, _ text: [UInt8]) {
        shown.append(FakePAM.Message(kind: style, text: text))
        asks.append(.question)
    }
}
