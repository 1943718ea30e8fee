@testable import OTPCore

extension ScriptedHost {
    /// Plays one login of alice with `trust = key`, at noon or another time.
    func trustingLogin(
        at now: UInt64? = nil, _ answers: String..., change: (inout Options) -> Void = { _ in }
    ) -> LoginResult {
        if let now { time = now }
        self.answers = answers.map { .text($0) }
        return login {
            $0.trust = .key
            change(&$0)
        }
    }
}

extension LoginResult {
    /// Whether the login trusted a key.
    var isTrusting: Bool {
        if case .trusting = self { true } else { false }
    }

    /// Whether a trusted key has logged in.
    var isTrusted: Bool {
        if case .trusted = self { true } else { false }
    }
}
