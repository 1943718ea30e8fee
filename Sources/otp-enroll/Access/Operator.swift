import CLinux
import Glibc
import OTPCore
import OTPStore

/// The person at the keys, who stays the same through sudo and su.
enum Operator {
    /// Who it is: by the login's number, which the kernel keeps; without one, for root, by sudo's
    /// word; else by the number that the program was called under.
    static var uid: UInt32 {
        if let uid = loginID { return uid }
        guard Machine.isRoot, let text = Machine.environment("SUDO_UID"), let uid = UInt32(text),
            name(of: uid) != nil
        else { return Machine.caller }
        return uid
    }

    /// The name as it may be shown; `#1234` for a number without one.
    static let name = {
        let number = uid
        return name(of: number).map { Output.printable($0) } ?? "#\(number)"
    }()

    private static func name(of uid: UInt32) -> [UInt8]? {
        // A user database that is away makes nobody a stranger: the number is told instead.
        try? SystemUsers().user(withID: uid)?.name
    }

    /// The number that the login set (pam_loginuid(8)); `nil` where none did.
    private static var loginID: UInt32? {
        // SAFETY: a literal.
        let number = unsafe open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let file = OpenFile(number)
        guard let bytes = try? OpenFile.contents(of: file.number, "loginuid", 16),
            let uid = UInt32(String(decoding: bytes, as: UTF8.self)), uid != .max
        else { return nil }
        return uid
    }
}
