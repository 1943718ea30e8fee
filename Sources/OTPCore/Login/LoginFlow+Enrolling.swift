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
        guard options.showsQRCode(at: place.service) else {
            return try enrollElsewhere(user, isCounted: true)
        }
        let delay = try delay(of: user)
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

    /// Says what to run. Where putting it off cannot be counted, it is not allowed unless it always
    /// is.
    func enrollElsewhere(_ user: User, isCounted: Bool) throws(StoreError) -> LoginResult {
        var delay = Delay.times(0)
        if isCounted {
            delay = try self.delay(of: user)
        } else if try isAlwaysPutOff {
            delay = .unlimited
        }
        if delay == .times(0) {
            if options.nullok { return .ignored(.notEnrolled) }
            conversation.say(UserText.mustEnrollElsewhere)
            return .refused(.notEnrolled)
        }
        conversation.inform(UserText.enrollElsewhere)
        return try putOff(user, delay, isTold: false)
    }

    private func enrollment(
        at place: LoginOrigin
    ) -> EnrollmentDialog<Talk, Time, Random, Book, Codes> {
        EnrollmentDialog(
            conversation: conversation, clock: clock, random: random, keeper: accounts,
            codes: codes, options: options, origin: place.origin,
            issuer: Issuer.of(options, on: hostName()),
            showsPicture: options.showsQRCode(at: place.service),
            echo: options.showsTyping(atSSHD: place.isSSHD))
    }

    // MARK: Putting it off

    /// Whether a user may put it off as often as they like.
    private var isAlwaysPutOff: Bool {
        get throws(StoreError) {
            if options.enroll == .offer { return true }
            guard let day = options.enrollUntil else { return false }
            return try clock.now() < day
        }
    }

    private func delay(of user: User) throws(StoreError) -> Delay {
        if try isAlwaysPutOff { return .unlimited }
        guard options.enrollGrace > 0 else { return .times(0) }
        let used = try accounts.timesPutOff(by: user)
        return .times(options.enrollGrace - min(options.enrollGrace, used))
    }

    /// Lets a user pass who will enroll later, if that is still allowed: while the question was
    /// open, another session may have enrolled the user, or used up the grace.
    private func putOff(
        _ user: User, _ delay: Delay, isTold: Bool
    ) throws(StoreError) -> LoginResult {
        if isTold, try accounts.isEnrolled(user) {
            conversation.say(UserText.enrolledMeanwhile)
            return .refused(.enrolledMeanwhile)
        }
        var left: UInt8?
        if case .times = delay {
            left = try accounts.putOff(user, most: options.enrollGrace)
            guard left != nil else {
                conversation.say(UserText.mustEnroll)
                return .refused(.notEnrolled)
            }
        }
        if isTold { conversation.inform(UserText.putOff(left: left)) }
        return .ignored(.putOff(left: left))
    }

    // MARK: After a temporary code

    /// Which users are asked to enroll after a temporary code.
    var enrolling: Trial.Enrolling {
        if options.enrollsAfterTemporary { return .everybody }
        return options.enroll == .off ? .nobody : .bare
    }

    /// Asks a user who is let in to enroll a new device; returns its name, if that was done.
    func enrollNext(_ user: User, from place: LoginOrigin, in epoch: UInt64) -> Name? {
        do throws(StoreError) {
            if let new = try accounts.newPlace(for: user),
                case .enrolled(let name) = try enrollment(at: place)
                    .run(user, new.name, for: new.purpose, in: epoch)
            {
                return name
            }
        } catch {
            // The login succeeds: its code is used up, and nothing else was stored.
        }
        conversation.inform(UserText.notEnrolled)
        return nil
    }
}
