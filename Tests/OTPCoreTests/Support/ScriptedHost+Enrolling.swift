import TestSupport

@testable import OTPCore

extension ScriptedHost {
    /// The key made from the random numbers of a new host: the first one shown.
    static var shownKey: [UInt8] {
        var numbers = Seeded(2027)
        return numbers.bytes(Authenticator.keyLength)
    }

    /// Its code, `offset` steps from noon.
    static func shownCode(_ offset: Int = 0) -> String {
        code(of: shownKey, at: UInt64(Int(noon) + 30 * offset))
    }
}

extension ScriptedHost.Typed {
    /// The code of the shown key, `offset` steps from noon.
    static func shown(_ offset: Int = 0) -> Self { .text(ScriptedHost.shownCode(offset)) }
}
