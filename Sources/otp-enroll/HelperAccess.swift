import OTPCore
import OTPStore
import OTPWire

/// The way to a second factor for its user: swiftotpd, which shows no secret but the key of
/// a new authenticator, and changes nothing of an enrolled user without a code.
///
/// Each question has a connection of its own, so that none waits while somebody types, but where
/// the helper has to remember what came before: a code, or a new authenticator.
final class HelperAccess: Access {
    let workplace: Workplace
    /// The connection on which a new authenticator waits for its code.
    private var connection: ServiceClient?
    /// The new authenticator that the helper has kept.
    private var kept: Enrollment.Result?

    init(_ workplace: Workplace) { self.workplace = workplace }

    func look<Result>(_ body: (borrowing Record) -> Result) throws -> Result? {
        var message = HelperRequest.statusMessage
        switch try ask(&message, on: connect()) {
        case .record(let record): return body(record)
        case let other: throw failure(other)
        }
    }

    func isEnrolled() throws -> Bool {
        var message = HelperRequest.enrolledMessage
        switch try ask(&message, on: connect()) {
        case .flag(let isEnrolled): return isEnrolled
        case let other: throw failure(other)
        }
    }

    func attempt(_ typed: inout [UInt8]) throws -> Explanation {
        try attempt(&typed, on: connect())
    }

    private func attempt(
        _ typed: inout [UInt8], on client: ServiceClient
    ) throws -> Explanation {
        defer { Secret.wipe(&typed) }
        var message = HelperRequest.proveMessage(typed.span)
        switch try ask(&message, on: client) {
        case .outcome(let outcome, _):
            // Only the words depend on them: what was tried stays tried.
            let authenticators = try? look { $0.authenticators }
            return Explanation(outcome, authenticators: authenticators ?? [])
        case let other: throw failure(other)
        }
    }

    // MARK: Changes

    func renewBackupCodes() throws -> [String] {
        switch try change(HelperRequest.codesMessage) {
        case .codes(let codes):
            tell(.codesRenewed)
            return codes
        case let other: throw failure(other)
        }
    }

    func remove(_ name: Name) throws -> [Name] {
        switch try change(HelperRequest.removeMessage(name)) {
        case .done:
            tell(.removed, detail: name.bytes)
            return try look { $0.authenticators.map(\.name) } ?? []
        case .denied(.noSuchAuthenticator, _): throw unknown(name.text)
        case .denied(.lastAuthenticator, _): throw last(name)
        case let other: throw failure(other)
        }
    }

    func revokeTrust(in fingerprint: [UInt8]?) throws {
        let name = try look { record in
            record.trusted.first { $0.fingerprint == fingerprint }?.name
        }
        switch try change(HelperRequest.untrustMessage(fingerprint)) {
        case .done: tell(.trustRevoked, detail: name.flatMap { $0 }?.bytes ?? [])
        // A backup code was the proof, and has ended all.
        case .denied(.notTrusted, _): tell(.trustRevoked)
        case let other: throw failure(other)
        }
    }

    func disable() throws {
        switch try change(HelperRequest.disableMessage) {
        case .done: tell(.disabled)
        case .denied(.policy, _): throw disablingIsRoots
        case let other: throw failure(other)
        }
    }

    /// Asks for a change, and first of all for a code where the helper wants one.
    private func change(_ message: [UInt8]) throws -> HelperReply {
        // Without one first: what cannot be uses up no code.
        switch try askAnew(message) {
        case .denied(.proofNeeded, _): connection = nil
        case let reply: return reply
        }
        var typed = Terminal.readAnswer(UserText.question)
        return try askAnew(message) { client in
            try attempt(&typed, on: client).require(of: userName)
        }
    }

    /// Asks on a new connection, which is kept, after `proof` has been given there.
    private func askAnew(
        _ message: [UInt8], after proof: (ServiceClient) throws -> Void = { _ in }
    ) throws -> HelperReply {
        let client = try connect()
        try proof(client)
        connection = client
        var message = message
        return try ask(&message, on: client, isChange: true)
    }

    /// Tells the user by mail where the policy says so: the helper starts no programs.
    private func tell(_ kind: Event.Kind, detail: [UInt8] = []) {
        // It is done already, whatever becomes of the mail.
        guard let now = try? SystemClock().now() else { return }
        workplace.mail(workplace.event(kind, detail: detail, at: now))
    }

    // MARK: A new authenticator

    func begin(_ wish: Enrollment.Wish) throws -> NewAuthenticator {
        guard wish.isConfirmed else { throw isRoots("--no-confirm") }
        guard wish.keyFile == nil else { throw isRoots("--secret-file") }
        switch try change(HelperRequest.beginMessage(wish.device)) {
        case .device(let name, let replaces, let key):
            guard
                let authenticator = Authenticator(
                    wish.device, name: name, added: try SystemClock().now())
            else { throw otherLanguage }
            return try NewAuthenticator(authenticator, wish, replaces: replaces, key: key)
        case .denied(.policy, _): throw firstEnrollmentIsRoots
        case let other: throw failure(other)
        }
    }

    func judge(
        _ typed: Span<UInt8>, _ value: UInt32, _ digits: UInt8, of new: borrowing NewAuthenticator
    ) throws -> Confirmation.Verdict {
        guard let connection else { throw otherLanguage }
        var message = HelperRequest.confirmMessage(typed)
        switch try ask(&message, on: connection, isChange: true) {
        case .kept(let name, let replaced, let skew, let codes):
            kept = Enrollment.Result(name: name, backupCodes: codes, replaced: replaced)
            return .right(nextStep: new.authenticator.nextStep, skew: skew)
        case .verdict(let verdict):
            // A right one is kept, and told so.
            if case .right = verdict { throw otherLanguage }
            return verdict
        case .denied(.proofNeeded, _):
            throw Failure(
                "\(userName) was enrolled by somebody else meanwhile, nothing was kept",
                hint: "`otp-enroll status` tells what there is")
        case .denied(.nameTaken, _): throw taken(new.authenticator.name)
        case .denied(.nothingBegun, _):
            throw Failure(
                "too many codes were wrong, nothing was kept",
                hint: "delete the entry in the app, and enroll again")
        case let other: throw failure(other)
        }
    }

    func keep(
        _ new: borrowing NewAuthenticator, _ wish: Enrollment.Wish
    ) throws -> Enrollment.Result {
        connection = nil
        guard let kept else { throw otherLanguage }
        tell(.added, detail: kept.name.bytes)
        return kept
    }
}
