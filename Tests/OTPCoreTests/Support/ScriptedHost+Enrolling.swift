import TestSupport

@testable import OTPCore

extension ScriptedHost {
    /// The key that the random numbers of a new host make: the one that is shown first.
    static var shownKey: [UInt8] {
        var numbers = Seeded(2027)
        return numbers.bytes(Authenticator.keyLength)
    }

    /// The code of it, so many steps from noon.
    static func shownCode(_ offset: Int = 0) -> String {
        code(of: shownKey, at: UInt64(Int(noon) + 30 * offset))
    }
}

extension ScriptedHost.Typed {
    /// The code of the key that is shown, so many steps from noon.
    static func shown(_ offset: Int = 0) -> Self { .text(ScriptedHost.shownCode(offset)) }
}
