import OTPCore

/// The way to one user's second factor, with all that a command asks of it. There are two:
/// `StoreAccess` opens the store, `HelperAccess` asks swiftotpd. The words and looks are the
/// commands', so that they are the same by both.
protocol Access {
    /// Whom it is about, and which options hold.
    var workplace: Workplace { get }

    /// Calls `body` with the user's record, to look at it; `nil` where there is none. Keys and
    /// hashes may be zeros.
    func look<Result>(_ body: (borrowing Record) -> Result) throws -> Result?

    /// Whether the user has anything to log in with.
    func isEnrolled() throws -> Bool

    /// Tries what was typed, which is wiped, as a login would, and explains what came of it.
    func attempt(_ typed: inout [UInt8]) throws -> Explanation

    // MARK: Changes, after asking for a code where one is needed

    /// Makes new backup codes; the old ones end.
    func renewBackupCodes() throws -> [String]

    /// Removes an authenticator, and gives the names that are left.
    func remove(_ name: Name) throws -> [Name]

    /// Ends the trust in the SSH key of this fingerprint; in all of them for `nil`.
    func revokeTrust(in fingerprint: [UInt8]?) throws

    /// Removes all that logs in.
    func disable() throws

    /// Makes the authenticator that is wished for, with its key. It is not kept yet.
    func begin(_ wish: Enrollment.Wish) throws -> NewAuthenticator

    /// Judges a code of `new`, as typed and as read.
    func judge(
        _ typed: Span<UInt8>, _ value: UInt32, _ digits: UInt8, of new: borrowing NewAuthenticator
    ) throws -> Confirmation.Verdict

    /// Keeps `new`. Where a set of backup codes is left, it stays; otherwise there is a new one.
    func keep(
        _ new: borrowing NewAuthenticator, _ wish: Enrollment.Wish
    ) throws -> Enrollment.Result
}

extension Access {
    /// The user's name as it may be shown.
    var userName: String { workplace.userName }

    /// Calls `body` with the record of a user who has something to log in with; anybody else is a
    /// failure.
    func lookAtEnrolled<Result>(_ body: (borrowing Record) -> Result) throws -> Result {
        let found = try look { $0.isEnrolled ? body($0) : nil }
        guard let found, let result = found else { throw workplace.notEnrolled }
        return result
    }

    // MARK: What both ways refuse

    /// There are as many authenticators as there may be.
    var full: Failure {
        Failure(
            "\(userName) has \(Record.maximumAuthenticators) authenticators already",
            hint: "`otp-enroll remove \(userName) NAME` makes room;"
                + " `otp-enroll status \(userName)` lists them")
    }

    /// Another one of this name came up while this one was being enrolled.
    func taken(_ name: Name) -> Failure {
        Failure("an authenticator \"\(name.text)\" was added by somebody else meanwhile")
    }

    /// There is no authenticator of this name.
    func unknown(_ name: String) -> Failure {
        Failure(
            "\(userName) has no authenticator \"\(Output.printable(name))\"",
            hint: "`otp-enroll status \(userName)` lists them")
    }

    /// It is the last authenticator.
    func last(_ name: Name) -> Failure {
        Failure(
            "\"\(name.text)\" is the last authenticator of \(userName)",
            hint: "`otp-enroll disable \(userName)` ends the second factor")
    }

    /// No SSH key is trusted, or not this one.
    var notTrusted: Failure {
        Failure("somebody else has ended that trust meanwhile")
    }

    /// The policy lets only root disable.
    var disablingIsRoots: Failure {
        Failure(
            "the policy here leaves this to root (user_may_disable = no)",
            hint: "ask your administrator")
    }
}
