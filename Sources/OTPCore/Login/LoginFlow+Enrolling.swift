// Enrolling at a login: the first device of a user whom an earlier factor has authenticated, and a
// new one after a temporary code.

extension LoginFlow {
    /// Whether a login may enroll a user who has nothing yet. Never before something in this
    /// session has authenticated the user: a stranger would enroll a device of their own.
    func mayEnroll(at place: LoginOrigin) -> Bool {
        guard options.enroll != .off, options.firstEnrollment != .root else { return false }
        // A program that is not root's is believed only as far as its user needs no proof.
        guard place.isBelieved else {
            return options.followsFirstFactor && options.firstEnrollment == .open
        }
        return isProven(at: place)
    }

    /// How often a user may still put it off.
    private enum Delay: Equatable {
        case unlimited
        case times(UInt8)
    }

    /// Asks a user who has nothing yet to enroll, or says what to run if that is not possible here.
    func enrollFirst(
        _ user: User, from place: LoginOrigin, in epoch: UInt64
    ) throws(StoreError) -> LoginResult {
        let delay = try delay(of: user)
        guard options.showsQRCode(at: place.service) else {
            if delay == .times(0) {
                if options.nullok { return .ignored(.notEnrolled) }
                conversation.say(UserText.mustEnrollElsewhere)
                return .refused(.notEnrolled)
            }
            conversation.inform(UserText.enrollElsewhere)
            return try putOff(user, delay, isTold: false)
        }
        guard let name = Name("phone".utf8) else { return .refused(.notEnrolled) }
        let canBePutOff = delay != .times(0)
        let ending = try enrollment(at: place)
            .run(user, name, for: .first(canBePutOff: canBePutOff), in: epoch)
        switch ending {
        case .enrolled(let name): return .enrolled(nil, name)
        case .gone: return .conversationFailed
        case .taken:
            conversation.say(UserText.enrolledMeanwhile)
            return .refused(.enrolledMeanwhile)
        case .putOff, .failed:
            if canBePutOff { return try putOff(user, delay, isTold: true) }
            conversation.say(UserText.mustEnroll)
            return .refused(.notEnrolled)
        }
    }

    private func enrollment(
        at place: LoginOrigin
    ) -> EnrollmentDialog<Talk, Time, Random, Records, Codes> {
        EnrollmentDialog(
            conversation: conversation, clock: clock, random: random, openStore: openStore,
            codes: codes, options: options, origin: place.origin,
            issuer: Issuer.of(options, on: hostName()),
            showsPicture: options.showsQRCode(at: place.service),
            echo: options.showsTyping(atSSHD: place.isSSHD))
    }

    // MARK: Putting it off

    private func delay(of user: User) throws(StoreError) -> Delay {
        if options.enroll == .offer { return .unlimited }
        if let day = options.enrollUntil, try clock.now() < day { return .unlimited }
        guard options.enrollGrace > 0 else { return .times(0) }
        guard let session = try openStore().open(user) else { return .times(options.enrollGrace) }
        defer { session.close() }
        let used = session.withRecord { $0.timesPutOff }
        return .times(options.enrollGrace - min(options.enrollGrace, used))
    }

    /// Lets a user pass who will enroll later, if that is still allowed: while the question was
    /// open, another session may have enrolled the user, or used up the grace.
    private func putOff(
        _ user: User, _ delay: Delay, isTold: Bool
    ) throws(StoreError) -> LoginResult {
        let store = try openStore()
        if isTold, try store.isEnrolled(user) {
            conversation.say(UserText.enrolledMeanwhile)
            return .refused(.enrolledMeanwhile)
        }
        var left: UInt8?
        if case .times = delay {
            left = try countPutOff(user, in: store)
            guard left != nil else {
                conversation.say(UserText.mustEnroll)
                return .refused(.notEnrolled)
            }
        }
        if isTold { conversation.inform(UserText.putOff(left: left)) }
        return .ignored(.putOff(left: left))
    }

    /// Counts that it was put off; returns how often that is still possible, and `nil` if it was
    /// not this time.
    private func countPutOff(_ user: User, in store: Records) throws(StoreError) -> UInt8? {
        let grace = options.enrollGrace
        let left = try store.edit(user, makesRecord: grace > 0) { (record) -> Edited<UInt8?> in
            guard record.timesPutOff < grace else { return .left(nil) }
            record.timesPutOff += 1
            return .kept(grace - record.timesPutOff)
        }
        return left.flatMap { $0 }
    }

    // MARK: After a temporary code

    /// Whether a user let in by `factor` is asked to enroll a device at once.
    func enrollsNext(_ record: borrowing Record, after factor: Outcome.Factor) -> Bool {
        guard case .temporaryCode = factor, conversation.isHeard else { return false }
        return options.enrollsAfterTemporary
            || (options.enroll != .off && record.authenticators.isEmpty)
    }

    /// Asks a user who is let in to enroll a new device; returns its name, if that was done.
    func enrollNext(_ user: User, from place: LoginOrigin, in epoch: UInt64) -> Name? {
        do throws(StoreError) {
            if let (name, purpose) = try newPlace(for: user),
                case .enrolled(let name) = try enrollment(at: place)
                    .run(user, name, for: purpose, in: epoch)
            {
                return name
            }
        } catch {
            // The login succeeds: its code is used up, and nothing else was stored.
        }
        conversation.inform(UserText.notEnrolled)
        return nil
    }

    /// The place of the only authenticator, which is the lost one, or an additional one; `nil` if
    /// there is no room.
    private func newPlace(
        for user: User
    ) throws(StoreError) -> (Name, EnrollmentPurpose)? {
        guard let session = try openStore().open(user) else { return nil }
        defer { session.close() }
        let names = session.withRecord { record in record.authenticators.map { $0.name } }
        if names.count == 1, let only = session.withRecord({ $0.authenticators.first }) {
            return (only.name, .replacement(added: only.added))
        }
        guard names.count < Record.maximumAuthenticators else { return nil }
        return Name.free(beside: names).map { ($0, .beside(others: !names.isEmpty)) }
    }
}
