import OTPCore

/// The output of `otp-enroll export --format json`: everything about an authenticator.
public enum SwiftOTPExport {
    /// Reads the authenticators, with their names, drift, and used codes.
    public static func read(_ bytes: Span<UInt8>, now: UInt64) -> ImportResult {
        ImportResult.ofJSON(bytes) { root, result throws(Refusal) in
            guard let version = try root.number("swiftotp_export") else {
                throw Refusal("it is not an export of otp-enroll in JSON")
            }
            guard version == 1 else { throw Refusal("its version is not supported: \(version)") }
            var number = 0
            for user in try root.list("users") {
                let name = try user.text("user") ?? []
                let owner = try ForeignText.field(name.span, "user name")
                for entry in try user.list("authenticators") {
                    number += 1
                    let place = ImportPlace.entry(number)
                    do throws(Refusal) {
                        var token = try token(at: place, entry, now: now)
                        token.owner = owner
                        guard result.add(token) else { return }
                    } catch {
                        result.report(place, error.sentence)
                    }
                }
            }
        }
    }

    private static func token(
        at place: ImportPlace, _ entry: JSONValue, now: UInt64
    ) throws(Refusal) -> ImportedToken {
        guard let kind = try entry.text("kind") else { throw Refusal("it has no kind") }
        var token = try TokenSettings(entry, kind: kind, algorithm: "algorithm")
            .token(at: place, key: try entry.base32("secret"))
        token.name = try entry.text("name").flatMap { Name($0) }
        guard token.kind == .totp else { return token }
        if let drift = try entry.member("drift") {
            guard let steps = drift.integer.flatMap(Int16.init(exactly:)),
                steps.magnitude <= ImportLimits.drift.magnitude
            else { throw Refusal("the drift is out of range") }
            token.drift = steps
        }
        if let next = try entry.number("next_step") {
            let limit = UsedSteps.limit(now: now, period: token.period)
            if next <= limit + UInt64(token.drift.magnitude) + 1 {
                token.nextStep = next
            } else {
                token.notes.append("its last use is more than a day ahead and dropped")
            }
        }
        return token
    }
}
