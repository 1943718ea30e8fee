import CLinux
import Glibc
import OTPCore
import OTPStore
import OTPSystem

/// The person at the keyboard, who stays the same through sudo and su.
enum Operator {
    /// Who it is: by the login UID, which the kernel keeps; without one, for root, by what sudo
    /// says; otherwise by the UID that the program was called with.
    static var uid: UInt32 {
        if let uid = loginID { return uid }
        guard Machine.isRoot, let text = Machine.environment("SUDO_UID"), let uid = UInt32(text),
            name(of: uid) != nil
        else { return Machine.caller }
        return uid
    }

    /// The name, safe to show; `#1234` for a UID without one.
    static let name = {
        let number = uid
        return name(of: number).map { Output.printable($0) } ?? "#\(number)"
    }()

    private static func name(of uid: UInt32) -> [UInt8]? {
        // If the user database is unavailable, the UID is shown instead.
        try? SystemUsers().user(withID: uid)?.name
    }

    /// The UID set at login (pam_loginuid(8)); `nil` if there is none.
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
