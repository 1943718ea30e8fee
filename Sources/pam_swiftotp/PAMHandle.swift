import CLinux
import CPAM
import OTPCore

/// libpam's handle, for the length of one call. With `PAMConversation` and `PAMLog`, the only
/// files of the module with unsafe code.
@safe
struct PAMHandle {
    let pointer: OpaquePointer
    /// The application asked for no messages (PAM_SILENT).
    let silent: Bool

    /// Arguments that are looked at; more are refused, not ignored.
    private static let maximumArguments = 64
    private static let maximumArgumentLength = 1024
    /// The longest item or variable that is read, in bytes: SSH_AUTH_INFO_0 with a certificate.
    private static let maximumTextLength = SSHMethods.maximumLength

    init(_ pointer: OpaquePointer, silent: Bool) {
        unsafe self.pointer = pointer
        self.silent = silent
    }

    /// Items that are read (pam_get_item(3)).
    enum Item {
        case service, remoteHost, terminal

        var number: CInt {
            switch self {
            case .service: PAM_SERVICE
            case .remoteHost: PAM_RHOST
            case .terminal: PAM_TTY
            }
        }
    }

    /// The text of an item; `nil` where it is not set.
    func item(_ item: Item) -> [UInt8]? {
        var value: UnsafeRawPointer?
        // SAFETY: these items are C strings that libpam owns; they are copied at once.
        guard unsafe pam_get_item(pointer, item.number, &value) == PAM_SUCCESS,
            let text = unsafe value
        else { return nil }
        return unsafe PAMHandle.bytes(text.assumingMemoryBound(to: CChar.self))
    }

    /// The user who logs in (pam_get_user(3)), which may ask for the name.
    func user() -> [UInt8]? {
        var name: UnsafePointer<CChar>?
        // SAFETY: the name is a C string that libpam owns; it is copied at once.
        guard unsafe pam_get_user(pointer, &name, nil) == PAM_SUCCESS, let name = unsafe name else {
            return nil
        }
        return unsafe PAMHandle.bytes(name)
    }

    /// A variable of PAM's own environment (pam_getenv(3)), never of the process.
    private func variable(_ name: StaticString) -> [UInt8]? {
        guard name.hasPointerRepresentation else { return nil }
        // SAFETY: a literal ends with NUL; the value is a C string that is copied at once.
        let text = unsafe name.utf8Start.withMemoryRebound(
            to: CChar.self, capacity: name.utf8CodeUnitCount + 1
        ) { unsafe pam_getenv(pointer, $0) }
        guard let text = unsafe text else { return nil }
        return unsafe PAMHandle.bytes(text)
    }

    /// The client's numeric address where sshd tells it, otherwise PAM_RHOST; empty for neither.
    var clientAddress: [UInt8] {
        if let connection = variable("SSH_CONNECTION"),
            let address = connection.split(separator: UInt8(ascii: " ")).first
        {
            return Array(address)
        }
        return item(.remoteHost) ?? []
    }

    /// What sshd has checked in this session so far. Of sshd alone, whose terminal is `ssh`: what
    /// else calls itself so in PAM's environment has no say.
    var sshMethods: [UInt8]? {
        guard let methods = variable("SSH_AUTH_INFO_0"), let terminal = item(.terminal),
            terminal.elementsEqual("ssh".utf8)
        else { return nil }
        return methods
    }

    /// What an earlier module or the application has put down as the password; `nil` for nothing.
    var authenticationToken: Secret? {
        var value: UnsafeRawPointer?
        // SAFETY: the item is a C string that libpam owns; it is copied at once.
        guard unsafe pam_get_item(pointer, PAM_AUTHTOK, &value) == PAM_SUCCESS,
            let text = unsafe value
        else { return nil }
        let bytes = unsafe UnsafeRawBufferPointer(
            start: text, count: strlen(text.assumingMemoryBound(to: CChar.self)))
        let typed = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        return unsafe Secret(copying: Span(_unsafeElements: typed))
    }

    /// Puts a password down for the next module. Where that fails, it asks for one.
    func setAuthenticationToken(_ password: Span<UInt8>) {
        var ended: [UInt8] = []
        ended.reserveCapacity(password.count + 1)
        ended.append(copying: password)
        ended.append(0)
        defer { Secret.wipe(&ended) }
        typealias SetItem = @convention(c) (OpaquePointer?, CInt, UnsafeRawPointer?) -> CInt
        guard let function = unsafe libraryFunction("pam_set_item") else { return }
        // SAFETY: libpam's own function, of the type in <security/_pam_types.h>; it makes its own
        // copy of the C string.
        unsafe ended.withUnsafeBytes { bytes in
            _ = unsafe unsafeBitCast(function, to: SetItem.self)(
                pointer, PAM_AUTHTOK, bytes.baseAddress)
        }
    }

    /// The module's arguments; `nil` where they are too many or too long.
    static func arguments(
        _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?
    ) -> [[UInt8]]? {
        guard (0...maximumArguments).contains(Int(count)) else { return nil }
        var texts: [[UInt8]] = []
        for index in 0..<Int(count) {
            // SAFETY: libpam passes `count` pointers to C strings.
            guard let argument = unsafe arguments?[index],
                let text = unsafe bytes(argument, limit: maximumArgumentLength)
            else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// A copy of a C string; `nil` where it is longer than `limit`.
    private static func bytes(
        _ text: UnsafePointer<CChar>, limit: Int = maximumTextLength
    ) -> [UInt8]? {
        // SAFETY: the caller's string ends with NUL; `count` bytes lie before it.
        let count = unsafe strlen(text)
        guard count <= limit else { return nil }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: count))
    }
}
