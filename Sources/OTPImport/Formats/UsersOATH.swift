import OTPCore

/// Date and time in local time; the caller, who knows the time zone, converts it to Unix seconds.
public struct LocalTime: Equatable, Sendable {
    public let year, month, day, hour, minute, second: Int

    /// Reads `2009-12-07T17:25:42L`, the only form that liboath writes.
    init?(_ text: Span<UInt8>) {
        guard text.count == 20, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            text[16] == UInt8(ascii: ":"), text[19] == UInt8(ascii: "L")
        else { return nil }
        var numbers: [Int] = []
        for range in [0..<4, 5..<7, 8..<10, 11..<13, 14..<16, 17..<19] {
            guard let number = Text.decimal(text.extracting(range)) else { return nil }
            numbers.append(Int(number))
        }
        (year, month, day) = (numbers[0], numbers[1], numbers[2])
        (hour, minute, second) = (numbers[3], numbers[4], numbers[5])
        guard year >= 1970, (1...12).contains(month), (1...31).contains(day), hour < 24,
            minute < 60, second <= 60
        else { return nil }
    }
}

/// The users file of pam_oath: one line per token, SHA-1 only.
///
/// `TYPE USER PASSWORD KEY [COUNTER [LASTOTP [LASTTIME]]]`, separated by blanks.
public enum UsersOATH {
    /// Reads the tokens. `unixTime` converts local time, as in the file, to Unix seconds.
    public static func read(
        _ bytes: Span<UInt8>, now: UInt64, unixTime: (LocalTime) -> UInt64?
    ) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        result.readLines(of: bytes) { place, line throws(Refusal) in
            try token(at: place, line, of: bytes, now: now, unixTime: unixTime)
        }
        return result
    }

    private static func token(
        at place: ImportPlace, _ line: Range<Int>, of bytes: Span<UInt8>, now: UInt64,
        unixTime: (LocalTime) -> UInt64?
    ) throws(Refusal) -> ImportedToken {
        let fields = Text.fields(line, in: bytes, limit: 7)
        guard fields.count >= 4 else {
            throw Refusal("too few fields: type, user, password and key are needed")
        }
        let type = try type(bytes.extracting(fields[0]))
        let owner = try ForeignText.field(bytes.extracting(fields[1]), "user name")
        let key = try KeyDecoding.hex(bytes.extracting(fields[3]))
        var token = try ImportedToken(
            at: place, kind: type.period == nil ? .hotp : .totp, digits: type.digits,
            period: type.period ?? 30, key: key)
        token.owner = owner
        let password = bytes.extracting(fields[2])
        if !Text.equal(password, "-"), !Text.equal(password, "+") {
            token.notes.append(
                "the password stored with the key is not imported: passwords are not checked here")
        }
        let last = fields.count > 5 ? lastCode(bytes.extracting(fields[5])) : nil
        if token.kind == .hotp {
            try readCounter(fields.count > 4 ? fields[4] : nil, bytes, last != nil, into: &token)
        } else if let last {
            var moment: LocalTime?
            if fields.count > 6 {
                moment = LocalTime(bytes.extracting(fields[6]))
                guard moment != nil else {
                    throw Refusal(
                        "the time of the last code is not of the form 2009-12-07T17:25:42L: "
                            + ForeignText.printable(bytes.extracting(fields[6])))
                }
            }
            burn(last, at: moment.flatMap(unixTime), now: now, in: &token)
        }
        return token
    }

    /// What the first field says: digits, and the period of TOTP.
    private static func type(
        _ text: Span<UInt8>
    ) throws(Refusal) -> (digits: UInt64, period: UInt64?) {
        let parts = Text.parts(0..<text.count, of: text, at: UInt8(ascii: "/"), limit: 4)
        let refusal = Refusal("the type is not supported: \(ForeignText.printable(text))")
        guard let first = parts.first, parts.count <= 3, Text.equal(text.extracting(first), "HOTP")
        else { throw refusal }
        guard parts.count > 1 else { return (6, nil) }
        let period: UInt64?
        let moving = text.extracting(parts[1])
        if Text.equal(moving, "E") {
            period = nil
        } else if Text.equal(moving, "T30") {
            period = 30
        } else if Text.equal(moving, "T60") {
            period = 60
        } else {
            throw refusal
        }
        guard parts.count > 2 else { return (6, period) }
        guard parts[2].count == 1, let digits = Text.decimal(text.extracting(parts[2])),
            (6...8).contains(digits)
        else { throw refusal }
        return (digits, period)
    }

    private static func lastCode(_ text: Span<UInt8>) -> UInt64? {
        (6...8).contains(text.count) ? Text.decimal(text) : nil
    }

    /// After a login, liboath stores the counter of the used code, not the next one.
    private static func readCounter(
        _ field: Range<Int>?, _ bytes: Span<UInt8>, _ wasUsed: Bool,
        into token: inout ImportedToken
    ) throws(Refusal) {
        guard let field else { return }
        guard let counter = Text.decimal(bytes.extracting(field)), counter < ImportLimits.counter
        else {
            throw Refusal("no counter: \(ForeignText.printable(bytes.extracting(field)))")
        }
        token.nextStep = wasUsed ? counter + 1 : counter
    }

    /// Burns the steps up to that of the last code; the file has the code, but not its step.
    private static func burn(
        _ code: UInt64, at moment: UInt64?, now: UInt64, in token: inout ImportedToken
    ) {
        let found = UsedSteps.find(code, of: token, around: moment ?? now)
        guard let step = found ?? moment.map({ TOTP.step(at: $0, period: token.period) }) else {
            token.notes.append("when its last code was used is unknown; it is not blocked")
            return
        }
        if step <= UsedSteps.limit(now: now, period: token.period) {
            token.nextStep = step + 1
        } else {
            token.notes.append("its last use is more than a day ahead and dropped")
        }
    }
}
