import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll trusted`: the SSH keys that skip the code.
struct Trusted: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trusted", _superCommandName: OTPEnroll.name,
        abstract: "List the SSH keys that log in without a code, or end their trust.",
        usage: """
            otp-enroll trusted [<options>] [<user>]
            otp-enroll trusted [<options>] [<user>] --revoke <id>
            otp-enroll trusted [<options>] [<user>] --revoke-all
            """,
        discussion: """
              otp-enroll trusted                            your own
              otp-enroll trusted alice --json               alice's, for a script
              otp-enroll trusted alice --revoke laptop      by its name
              otp-enroll trusted --revoke SHA256:9aXk2f     by the start of its fingerprint
              otp-enroll trusted --revoke-all               a stolen laptop, say

            With `trust = key` in the configuration, an ssh login with a key and a right code offers to \
            skip the code with that key for some days. A key stays listed after its trust has ended \
            until another one is trusted; a backup code, a temporary code, `disable` and `reset` end \
            all trust. Ordinary users have to give a code before one is revoked.

            `ssh-keygen -lf FILE` prints the fingerprint of a key. With --json, `active` says whether a \
            key skips the code now: not after its end, and not with `trust = off`.
            """)

    @OptionGroup var who: UserArgument

    @Option(
        help: ArgumentHelp(
            "End the trust of this key: its name, or at least 6 characters of its fingerprint.",
            valueName: "id"),
        completion: .trustedKeys)
    var revoke: String?

    @Flag(help: "End the trust of all keys.")
    var revokeAll = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard revoke == nil || !revokeAll else {
            throw ValidationError("Use --revoke or --revoke-all, not both.")
        }
    }

    func run() throws {
        let context = try Context(global, user: who.user, for: .helpDesk)
        // On one connection a helper of a fleet gives one code to look, and one to end trust.
        let isHelper = context.user.uid != Machine.caller && (revoke != nil || revokeAll)
        if isHelper {
            try context.service.series { try run(context) }
        } else {
            try run(context)
        }
    }

    private func run(_ context: Context) throws {
        let keys = try trusted(context)
        if let revoke {
            let key = try TrustedKeyID(revoke).find(in: keys, of: context.userName)
            try end(key.fingerprint, context)
            try report(keys, context)
        } else if revokeAll {
            if !keys.isEmpty { try end(nil, context) }
            try report(keys, context)
        } else {
            try list(keys, context)
        }
    }

    private func trusted(_ context: Context) throws -> [TrustedKeySummary] {
        try TrustedKeySummary.list(context.account().trusted, of: context)
    }

    private func list(_ keys: [TrustedKeySummary], _ context: Context) throws {
        let user = context.userName
        if global.json {
            return try Output.json(["user": .text(user), "trusted": .list(keys.map(\.json))])
        }
        guard !keys.isEmpty else {
            return try Output.line(Phrase("\(user) trusts no SSH key.").text)
        }
        var lines = [Phrase("\(user) trusts these SSH keys to log in without a code:").text]
        for key in keys { lines += [""] + key.lines }
        if let remark = try TrustedKeySummary.remark(about: keys, of: context) {
            lines += ["", remark]
        }
        try Output.line(lines.joined(separator: "\n"))
    }

    // MARK: Ending

    /// Ends the trust in this key, or in all. If somebody else was faster, it has ended as well.
    private func end(_ fingerprint: String?, _ context: Context) throws {
        switch try context.askWithProof(.revokeTrust(fingerprint: fingerprint)) {
        case .done, .denied(.notTrusted): break
        case let other: throw context.failure(other)
        }
    }

    /// Reports which trust has ended: the code that was asked for may have been a backup code,
    /// which ends all.
    private func report(_ before: [TrustedKeySummary], _ context: Context) throws {
        let user = context.userName
        let left = try trusted(context)
        let ended = before.filter { key in
            !left.contains { $0.fingerprint == key.fingerprint }
        }
        if global.json {
            return try Output.json([
                "user": .text(user), "revoked": .list(ended.map { .text($0.name) }),
                "trusted": .list(left.map(\.json)),
            ])
        }
        let rest =
            left.isEmpty
            ? Phrase("\(user) trusts no SSH key.")
            : Phrase("These SSH keys stay trusted: \(Trusted.quoted(left)).")
        guard !ended.isEmpty else { return try Output.line(rest.text) }
        let gone = Phrase("These SSH keys are no longer trusted: \(Trusted.quoted(ended)).")
        try Output.line((gone + rest).text)
    }

    private static func quoted(_ keys: [TrustedKeySummary]) -> String {
        keys.map { "\"\($0.name)\"" }.joined(separator: ", ")
    }
}
