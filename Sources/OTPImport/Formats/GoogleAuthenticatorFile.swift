import OTPCore

/// The state file of pam_google_authenticator, `~/.google_authenticator`: one user, one token,
/// always SHA-1 and 6 digits.
///
/// The file belongs to the user, who may have written anything into it.
public enum GoogleAuthenticatorFile {
    /// The most steps that `DISALLOW_REUSE` may list; its module keeps a hundred.
    static let listLimit = 1000

    /// Reads the token. It has no owner, because the file does not name one.
    public static func read(_ bytes: Span<UInt8>, now: UInt64) -> ImportResult {
        if let complaint = ImportLimits.complaint(
            about: bytes, limit: ImportLimits.googleAuthenticatorSize)
        {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        do throws(Refusal) {
            for index in bytes.indices where bytes[index] == 0 {
                throw Refusal("it has zero bytes")
            }
            result.add(try token(bytes, now: now))
        } catch {
            result.report(.file, error.sentence)
        }
        return result
    }

    private static func token(_ bytes: Span<UInt8>, now: UInt64) throws(Refusal) -> ImportedToken {
        var lines = Lines()
        guard let first = lines.next(in: bytes), !Text.trimmed(first, in: bytes).isEmpty else {
            throw Refusal("the first line has no key")
        }
        guard first.count <= ImportLimits.lineLength else {
            throw Refusal("the first line is longer than \(ImportLimits.lineLength) bytes")
        }
        let key = try KeyDecoding.base32(bytes.extracting(first), as: .mistyped)
        let settings = FileSettings(bytes, behind: lines)
        var token: ImportedToken
        // As the module decides: a counter above 0 takes precedence over the clock.
        if let counter = try settings.counter(bytes), counter > 0 {
            token = try ImportedToken(at: .file, kind: .hotp, key: key)
            token.nextStep = counter
        } else if settings.isClock {
            let period = try settings.period(bytes)
            token = try ImportedToken(at: .file, kind: .totp, period: period, key: key)
            settings.readDrift(bytes, into: &token)
            try settings.readUsedSteps(bytes, now: now, into: &token)
        } else {
            throw Refusal("it has neither TOTP_AUTH nor HOTP_COUNTER")
        }
        settings.noteTheRest(bytes, in: &token)
        return token
    }
}

/// The lines after the key: options (if one is repeated, the first counts) and scratch codes.
private struct FileSettings {
    private var drift: Range<Int>?
    private var used: Range<Int>?
    private var step: Range<Int>?
    private var factor: Range<Int>?
    private var window: Range<Int>?
    private var rate: Range<Int>?
    /// Whether the codes are time-based.
    private(set) var isClock = false
    private var hosts = 0
    private var scratchCodes = 0
    private var others = 0

    init(_ bytes: Span<UInt8>, behind lines: Lines) {
        var lines = lines
        while let line = lines.next(in: bytes) {
            let line = Text.trimmed(line, in: bytes)
            if line.isEmpty { continue }
            if line.count >= 2, bytes[line.lowerBound] == UInt8(ascii: "\""),
                bytes[line.lowerBound + 1] == UInt8(ascii: " ")
            {
                take(line.lowerBound + 2..<line.upperBound, of: bytes)
            } else if line.count == 8, let code = Text.decimal(bytes.extracting(line)),
                code >= 10_000_000
            {
                scratchCodes += 1
            } else {
                others += 1
            }
        }
    }

    private mutating func take(_ option: Range<Int>, of bytes: Span<UInt8>) {
        var end = option.lowerBound
        while end < option.upperBound, !Text.isBlank(bytes[end]) { end += 1 }
        let name = bytes.extracting(option.lowerBound..<end)
        let value = Text.trimmed(end..<option.upperBound, in: bytes)
        if Text.equal(name, "TOTP_AUTH") {
            isClock = true
        } else if Text.equal(name, "HOTP_COUNTER") {
            factor = factor ?? value
        } else if Text.equal(name, "STEP_SIZE") {
            step = step ?? value
        } else if Text.equal(name, "TIME_SKEW") {
            drift = drift ?? value
        } else if Text.equal(name, "DISALLOW_REUSE") {
            used = used ?? value
        } else if Text.equal(name, "WINDOW_SIZE") {
            window = window ?? value
        } else if Text.equal(name, "RATE_LIMIT") {
            rate = rate ?? value
        } else if name.count == 5, Text.begins(name, "last"), Text.digit(name[4]) != nil {
            hosts += 1
        } else if !Text.equal(name, "RESETTING_TIME_SKEW") {
            others += 1
        }
    }

    /// The next counter: the module tries it first, and then keeps the one after the used code's.
    func counter(_ bytes: Span<UInt8>) throws(Refusal) -> UInt64? {
        guard let factor else { return nil }
        guard let value = Text.decimal(bytes.extracting(factor)), value <= ImportLimits.counter
        else { throw Refusal("HOTP_COUNTER is not a counter: \(shown(factor, bytes))") }
        return value
    }

    func period(_ bytes: Span<UInt8>) throws(Refusal) -> UInt64 {
        guard let step else { return 30 }
        guard let value = Text.decimal(bytes.extracting(step)) else {
            throw Refusal("STEP_SIZE is not a number: \(shown(step, bytes))")
        }
        return value
    }

    func readDrift(_ bytes: Span<UInt8>, into token: inout ImportedToken) {
        guard let drift else { return }
        if let value = Text.signed(bytes.extracting(drift)),
            let steps = Int16(exactly: value), steps.magnitude <= ImportLimits.drift.magnitude
        {
            token.drift = steps
        } else {
            token.notes.append("TIME_SKEW is out of range and dropped: \(shown(drift, bytes))")
        }
    }

    /// `DISALLOW_REUSE` lists steps, already corrected by the drift.
    func readUsedSteps(
        _ bytes: Span<UInt8>, now: UInt64, into token: inout ImportedToken
    ) throws(Refusal) {
        guard let used else { return }
        let limit =
            UsedSteps.limit(now: now, period: token.period) + UInt64(token.drift.magnitude)
        var ahead = 0
        let listed = Text.fields(used, in: bytes, limit: GoogleAuthenticatorFile.listLimit + 1)
        guard listed.count <= GoogleAuthenticatorFile.listLimit else {
            throw Refusal("DISALLOW_REUSE lists too many steps")
        }
        for field in listed {
            guard let step = Text.decimal(bytes.extracting(field)) else {
                throw Refusal("DISALLOW_REUSE lists what is not a step: \(shown(field, bytes))")
            }
            if step <= limit {
                token.nextStep = max(token.nextStep, step + 1)
            } else {
                ahead += 1
            }
        }
        if ahead > 0 {
            token.notes.append(
                Text.counted(ahead, "used step") + " more than a day ahead and dropped")
        }
    }

    func noteTheRest(_ bytes: Span<UInt8>, in token: inout ImportedToken) {
        if scratchCodes > 0 {
            token.notes.append(
                Text.counted(scratchCodes, "scratch code") + " left behind, which are short and "
                    + "kept in plain text: new backup codes take their place")
        }
        if let window, !Text.equal(bytes.extracting(window), "3") {
            token.notes.append(
                "WINDOW_SIZE \(shown(window, bytes)) is not imported: the window is one for all here"
            )
        }
        if rate != nil {
            token.notes.append("RATE_LIMIT is not imported: throttling is the same for all here")
        }
        if hosts > 0 {
            token.notes.append(
                Text.counted(hosts, "host") + " of the grace period left behind: trust is given "
                    + "anew here")
        }
        if others > 0 {
            token.notes.append(Text.counted(others, "line") + " not understood, and dropped")
        }
    }

    private func shown(_ range: Range<Int>, _ bytes: Span<UInt8>) -> String {
        ForeignText.printable(bytes.extracting(range))
    }
}
