import Testing

@testable import OTPCore

@Suite("otp-enroll's requests: messages")
struct HelperMessageTests {
    /// A request of every kind, byte by byte as docs/PROTOCOL.md has it.
    static let requests: [(bytes: [UInt8], message: [UInt8])] = [
        ([1, 1], HelperRequest.enrolledMessage),
        ([1, 2], HelperRequest.statusMessage),
        ([1, 3, 6] + ascii("123456"), HelperRequest.proveMessage(ascii("123456").span)),
        (
            [1, 5, 1, 2, 8, 0, 60] + [0, 0, 0, 0, 0, 0, 1, 0] + [5] + ascii("phone"),
            HelperRequest.beginMessage(
                HelperRequest.NewDevice(
                    name: Name("phone".utf8), kind: .totp, algorithm: .sha256, digits: 8,
                    period: 60, counter: 256))
        ),
        (
            [1, 5, 2, 1, 6, 0, 30] + [0, 0, 0, 0, 0, 0, 0, 7] + [0],
            HelperRequest.beginMessage(
                HelperRequest.NewDevice(
                    name: nil, kind: .hotp, algorithm: .sha1, digits: 6, period: 30, counter: 7))
        ),
        ([1, 6, 0], HelperRequest.confirmMessage([UInt8]().span)),
        ([1, 7], HelperRequest.codesMessage),
        ([1, 8, 5] + ascii("phone"), HelperRequest.removeMessage(phoneName)),
        ([1, 9], HelperRequest.disableMessage),
        ([1, 10, 0], HelperRequest.untrustMessage(nil)),
        (
            [1, 10, 32] + [UInt8](repeating: 200, count: 32),
            HelperRequest.untrustMessage([UInt8](repeating: 200, count: 32))
        ),
    ]

    /// A reply of every kind, byte by byte.
    static let replies: [(bytes: [UInt8], message: [UInt8])] = [
        ([1, 128, 1], HelperReply.flagMessage(true)),
        ([1, 128, 0], HelperReply.flagMessage(false)),
        ([1, 129] + Record().encoded, HelperReply.recordMessage(Record())),
        (
            [1, 130, 0, 5] + ascii("phone") + [255, 255, 255, 255, 255, 255, 255, 255, 1, 2]
                + ascii("Hi"),
            HelperReply.outcomeMessage(
                .granted(.code(authenticator: phoneName, offset: -1)),
                sentences: ["Hi"])
        ),
        (
            [1, 130, 1, 3, 9, 0],
            HelperReply.outcomeMessage(.granted(.backupCode(index: 3, left: 9)), sentences: [])
        ),
        (
            [1, 130, 2, 0], HelperReply.outcomeMessage(.granted(.temporaryCode), sentences: [])
        ),
        (
            [1, 130, 24, 0, 0, 0, 0, 0, 0, 0, 30, 0],
            HelperReply.outcomeMessage(.refused(.throttled(seconds: 30)), sentences: [])
        ),
        (
            [1, 131, 5] + ascii("phone") + [1, 20] + exampleKey,
            deviceMessage()
        ),
        (
            [1, 132, 1, 0, 0, 0, 0, 0, 0, 0, 4],
            HelperReply.verdictMessage(.offClock(steps: 4))
        ),
        ([1, 132, 2, 5], HelperReply.verdictMessage(.ignored([.algorithm, .period]))),
        ([1, 132, 3], HelperReply.verdictMessage(.wrong)),
        (
            [1, 133, 5] + ascii("phone") + [0, 0, 0, 0, 0, 0, 0, 0, 45, 1, 3] + ascii("abc"),
            HelperReply.keptMessage(
                name: phoneName, replaced: false, skew: 45, codes: ["abc"])
        ),
        ([1, 134, 2, 1, 97, 1, 98], HelperReply.codesMessage(["a", "b"])),
        ([1, 135], HelperReply.doneMessage),
        ([1, 136, 8, 2] + ascii("no"), HelperReply.deniedMessage(.unavailable, ascii("no"))),
    ]

    private static func deviceMessage() -> [UInt8] {
        let key = exampleKey
        return HelperReply.deviceMessage(
            name: phoneName, replaces: true, key: Secret(copying: key.span))
    }

    @Test("Requests are what the page says, and are read as they were written")
    func requests() {
        for (bytes, message) in Self.requests {
            #expect(message == bytes)
            #expect(isRequest(bytes))
        }
    }

    @Test("Replies are what the page says, and are read as they were written")
    func replies() {
        for (bytes, message) in Self.replies {
            #expect(message == bytes)
            #expect(HelperAnswer(bytes) != nil)
        }
    }

    @Test("Every outcome comes back as it was sent")
    func outcomes() throws {
        let refusals: [Outcome.Refusal] = [
            .wrong, .replayed, .usedBackupCode, .usedTemporaryCode, .expired,
            .outsideWindow(offset: -7), .malformed, .empty, .throttled(seconds: .max), .closed,
            .noRecord, .unknownUser, .clock, .clockMovedBack(seconds: 5),
        ]
        var outcomes = refusals.map { Outcome.refused($0) }
        outcomes.append(.granted(.code(authenticator: try name("a b"), offset: 3)))
        outcomes.append(.granted(.backupCode(index: 9, left: 0)))
        outcomes.append(.granted(.temporaryCode))
        for outcome in outcomes {
            let answer = HelperAnswer(HelperReply.outcomeMessage(outcome, sentences: ["x"]))
            #expect(answer?.outcome == outcome)
            #expect(answer?.sentences == ["x"])
        }
    }

    @Test("Cut short, with something behind it, or of another version, it is nothing")
    func exact() {
        for (bytes, _) in Self.requests {
            for length in 0..<bytes.count { #expect(!isRequest(Array(bytes[..<length]))) }
            #expect(!isRequest(bytes + [0]))
            #expect(!isRequest([2] + bytes.dropFirst()))
        }
        for (bytes, _) in Self.replies {
            for length in 0..<bytes.count {
                #expect(HelperAnswer(Array(bytes[..<length])) == nil)
            }
            #expect(HelperAnswer(bytes + [0]) == nil)
            #expect(HelperAnswer([0] + bytes.dropFirst()) == nil)
        }
    }

    @Test("Fields out of their ranges")
    func ranges() {
        let good: [UInt8] = [1, 5, 1, 1, 6, 0, 30, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(isRequest(good))
        for (place, values) in [
            (1, [0, 4, 11, 128, 255]), (2, [0, 3]), (3, [0, 4]), (4, [5, 9]), (6, [14, 121]),
            (5, [1]), (7, [1]), (8, [1]),
        ] as [(Int, [UInt8])] {
            for value in values {
                var bytes = good
                bytes[place] = value
                #expect(!isRequest(bytes), "\(value) at \(place)")
            }
        }
        for label in ["a\"b", " a", "a:b", "\u{1}", "é", String(repeating: "a", count: 33)] {
            let text = ascii(label)
            #expect(!isRequest([1, 8, UInt8(text.count)] + text), "\(label)")
        }
        #expect(!isRequest([1, 8, 0]))
        for length in [1, 31, 33, 64] as [UInt8] {
            #expect(!isRequest([1, 10, length] + [UInt8](repeating: 7, count: Int(length))))
        }
        // A login of its own, which there was in an earlier version.
        #expect(!isRequest([1, 4, 2] + ascii("su") + [3] + ascii("1 2")))
        #expect(!isRequest([1, 3, 255] + [UInt8](repeating: 49, count: 255)))
    }

    private func isRequest(_ bytes: [UInt8]) -> Bool {
        HelperRequest(decoding: bytes.span) != nil
    }
}

/// What every name in these messages is.
private let phoneName: Name = {
    guard let name = Name("phone".utf8) else { preconditionFailure("phone is a name") }
    return name
}()
