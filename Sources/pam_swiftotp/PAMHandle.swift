import CLinux
import CPAM

/// libpam's handle, for one call.
@safe
struct PAMHandle {
    private let pointer: OpaquePointer
    /// The application asked for no messages (PAM_SILENT).
    let isSilent: Bool

    @unsafe
    init(_ pointer: OpaquePointer, _ flags: CInt) {
        unsafe self.pointer = pointer
        isSilent = UInt32(bitPattern: flags) & UInt32(PAM_SILENT) != 0
    }

    /// Appends the text of an item (pam_get_item(3)) after its length; an item that is not set is
    /// an empty text. One byte more than `limit` shows that it is too long.
    func append(item: CInt, to frame: inout Bytes, limit: Int) {
        var value: UnsafeRawPointer?
        // SAFETY: these items are C strings that libpam owns; they are copied at once.
        _ = unsafe pam_get_item(pointer, item, &value)
        unsafe PAMHandle.append(
            value?.assumingMemoryBound(to: CChar.self), to: &frame, limit: limit)
    }

    /// Appends the user who logs in (pam_get_user(3)); the application may ask for the name.
    func appendUser(to frame: inout Bytes, limit: Int) {
        var name: UnsafePointer<CChar>?
        // SAFETY: as above.
        if unsafe pam_get_user(pointer, &name, nil) != PAM_SUCCESS { unsafe name = nil }
        unsafe PAMHandle.append(name, to: &frame, limit: limit)
    }

    /// Has the application ask for the name, if it has not set it.
    func askForUser() {
        var name: UnsafePointer<CChar>?
        // SAFETY: libpam owns the name.
        _ = unsafe pam_get_user(pointer, &name, nil)
    }

    /// Appends an item for the log: at most 64 bytes of it, with the backslash and everything that
    /// is not visible ASCII as `\xHH`.
    func append(visible item: CInt, to line: inout Bytes) {
        var value: UnsafeRawPointer?
        // SAFETY: as above, read up to its NUL.
        guard unsafe pam_get_item(pointer, item, &value) == PAM_SUCCESS,
            let text = unsafe value?.assumingMemoryBound(to: UInt8.self)
        else { return }
        var index = 0
        while index < 64, case let byte = unsafe text[index], byte != 0 {
            if (0x21...0x7e).contains(byte), byte != UInt8(ascii: "\\") {
                line.append(byte)
            } else {
                line.append("\\x")
                line.append(hexDigit: byte >> 4)
                line.append(hexDigit: byte & 15)
            }
            index += 1
        }
    }

    /// Appends a variable of PAM's own environment (pam_getenv(3)), never of the process's.
    func append(variable name: StaticString, to frame: inout Bytes, limit: Int) {
        guard name.hasPointerRepresentation else { return }
        // SAFETY: a literal ends with NUL; the value is a C string that is copied at once.
        let name = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        unsafe PAMHandle.append(pam_getenv(pointer, name), to: &frame, limit: limit)
    }

    @unsafe
    static func append(
        _ text: UnsafePointer<CChar>?, to frame: inout Bytes, limit: Int
    ) {
        guard let text = unsafe text else { return frame.append(uint16: 0) }
        // SAFETY: the caller's string ends with NUL.
        let count = unsafe min(strlen(text), limit + 1)
        frame.append(uint16: count)
        unsafe frame.append(
            copying: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count)
    }

    // MARK: What swiftotpd asks for

    /// The password that an earlier module or the application has set; `nil` for none.
    @unsafe
    var authenticationToken: UnsafePointer<CChar>? {
        var value: UnsafeRawPointer?
        // SAFETY: the item is a C string owned by libpam.
        guard unsafe pam_get_item(pointer, PAM_AUTHTOK, &value) == PAM_SUCCESS else { return nil }
        return unsafe value?.assumingMemoryBound(to: CChar.self)
    }

    /// Sets the password for the next module. If that fails, the next module asks for one.
    @unsafe
    func setAuthenticationToken(_ password: UnsafePointer<UInt8>) {
        // SAFETY: a C string, of which libpam makes its own copy.
        _ = unsafe pam_set_item(pointer, PAM_AUTHTOK, password)
    }

    /// Writes a line to the system log, AUTHPRIV (pam_syslog(3)).
    @unsafe
    func log(_ priority: UInt8, _ line: UnsafePointer<UInt8>) {
        // SAFETY: a C string; the wrapper's format is fixed.
        let text = unsafe UnsafeRawPointer(line).assumingMemoryBound(to: CChar.self)
        unsafe swiftotp_pam_syslog(pointer, CInt(priority & 7), text)
    }

    /// The application's conversation (pam_conv(3)); `nil` if it has none.
    @unsafe
    var conversation: UnsafePointer<pam_conv>? {
        var item: UnsafeRawPointer?
        // SAFETY: the item is libpam's own pam_conv, which outlives the call.
        guard unsafe pam_get_item(pointer, PAM_CONV, &item) == PAM_SUCCESS else { return nil }
        return unsafe item?.assumingMemoryBound(to: pam_conv.self)
    }
}

/// The module's arguments.
@safe
struct PAMArguments {
    let count: Int
    private let texts: UnsafeMutablePointer<UnsafePointer<CChar>?>?

    @unsafe
    init(_ count: CInt, _ texts: UnsafeMutablePointer<UnsafePointer<CChar>?>?) {
        self.count = max(0, Int(count))
        unsafe self.texts = texts
    }

    /// The argument at `index`.
    @unsafe
    subscript(index: Int) -> UnsafePointer<CChar>? {
        // SAFETY: libpam passes `count` pointers to C strings.
        (0..<count).contains(index) ? unsafe texts?[index] : nil
    }

    /// The text after `name` in the argument at `index`, if it begins with that.
    @unsafe
    func value(at index: Int, of name: StaticString) -> UnsafePointer<CChar>? {
        guard name.hasPointerRepresentation, let text = unsafe self[index] else { return nil }
        let length = name.utf8CodeUnitCount
        // SAFETY: both are C strings, compared up to the shorter one's NUL.
        let prefix = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
        return unsafe strncmp(text, prefix, length) == 0 ? text + length : nil
    }
}
