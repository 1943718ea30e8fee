import CLinux
import CPAM

/// libpam, the application and the person at it, for one call of the module.
final class FakePAM {
    var service = Array("sshd".utf8)
    var user: [UInt8]? = Array("alice".utf8)
    var remoteHost: [UInt8]? = Array("192.0.2.7".utf8)
    var terminal: [UInt8]? = Array("ssh".utf8)
    var variables: [(name: String, value: [UInt8])] = []
    var password: [UInt8]?
    /// The groups of every user, beside their own.
    var groups: [gid_t] = []
    var hasConversation = true

    /// What was typed, and what was shown and logged.
    private(set) var answers: [[UInt8]] = []
    private(set) var shown: [[UInt8]] = []
    fileprivate(set) var log: [[UInt8]] = []
    /// What was handed to the next module.
    fileprivate(set) var forwarded: [[UInt8]] = []
    /// Gives the answer to a question; `nil` where the conversation fails.
    var answer: ([UInt8]) -> [UInt8]?? = { _ in .none }
    /// Whether somebody answers where nothing was asked, and memory comes with an error.
    var isOdd = false

    fileprivate let conversation = UnsafeMutablePointer<pam_conv>.allocate(capacity: 1)
    private var kept: [UnsafeMutablePointer<CChar>] = []

    init() { conversation.initialize(to: pam_conv(conv: converse, appdata_ptr: nil)) }

    deinit {
        conversation.deallocate()
        for text in kept { free(text) }
    }

    /// libpam's own copy of a text, for as long as the call.
    fileprivate func keep(_ text: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let copy = FakePAM.copy(text)
        kept.append(copy)
        return copy
    }

    /// A text in memory that free(3) takes back.
    static func copy(_ text: [UInt8]) -> UnsafeMutablePointer<CChar> {
        let text = text.prefix { $0 != 0 }
        guard let memory = calloc(text.count + 1, 1) else { mistake("no memory") }
        let start = memory.assumingMemoryBound(to: CChar.self)
        for (index, byte) in text.enumerated() { start[index] = CChar(bitPattern: byte) }
        return start
    }

    /// One message of the module.
    fileprivate func hear(
        _ style: CInt, _ text: [UInt8], _ response: inout UnsafeMutablePointer<pam_response>?
    ) -> CInt {
        if Memory.isOver { return PAM_CONV_ERR }
        expect(kernel?.locks == 0, "a lock is held while somebody reads")
        expect(!text.contains(0x1b), "an escape on the terminal")
        shown.append(text)
        let isQuestion = style == PAM_PROMPT_ECHO_ON || style == PAM_PROMPT_ECHO_OFF
        let typed: [UInt8]?? = isQuestion ? answer(text) : isOdd ? [120] : .some(nil)
        if typed == nil && !isOdd { return PAM_CONV_ERR }
        if isQuestion || isOdd {
            guard let memory = calloc(1, MemoryLayout<pam_response>.size) else {
                mistake("no memory")
            }
            response = memory.assumingMemoryBound(to: pam_response.self)
            let text: [UInt8]? = typed ?? [120]
            response?.pointee.resp = text.map(FakePAM.copy)
        }
        guard let typed else { return PAM_CONV_ERR }
        if isQuestion, let typed { answers.append(typed) }
        return PAM_SUCCESS
    }
}

/// The call that runs.
nonisolated(unsafe) var pam: FakePAM?

private func converse(
    _ count: CInt, _ messages: UnsafeMutablePointer<UnsafePointer<pam_message>?>?,
    _ response: UnsafeMutablePointer<UnsafeMutablePointer<pam_response>?>?,
    _ data: UnsafeMutableRawPointer?
) -> CInt {
    guard let pam, count == 1, let message = messages?[0]?.pointee, let text = message.msg,
        let response
    else { mistake("a conversation without a message") }
    return pam.hear(message.msg_style, bytes(text), &response.pointee)
}

private func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

// MARK: libpam's functions

@_cdecl("__wrap_pam_get_item")
public func getItem(
    _ handle: OpaquePointer?, _ item: CInt, _ value: UnsafeMutablePointer<UnsafeRawPointer?>?
) -> CInt {
    guard let pam else { return PAM_SYSTEM_ERR }
    var text: [UInt8]?
    switch item {
    case PAM_CONV:
        guard pam.hasConversation else { return PAM_BAD_ITEM }
        value?.pointee = UnsafeRawPointer(pam.conversation)
        return PAM_SUCCESS
    case PAM_SERVICE: text = pam.service
    case PAM_RHOST: text = pam.remoteHost
    case PAM_TTY: text = pam.terminal
    case PAM_AUTHTOK: text = pam.password
    default: return PAM_BAD_ITEM
    }
    value?.pointee = text.map { UnsafeRawPointer(pam.keep($0)) }
    return PAM_SUCCESS
}

@_cdecl("__wrap_pam_get_user")
public func getUser(
    _ handle: OpaquePointer?, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ prompt: UnsafePointer<CChar>?
) -> CInt {
    guard let pam, let user = pam.user else { return PAM_CONV_ERR }
    name?.pointee = UnsafePointer(pam.keep(user))
    return PAM_SUCCESS
}

@_cdecl("__wrap_pam_getenv")
public func getVariable(
    _ handle: OpaquePointer?, _ name: UnsafePointer<CChar>?
) -> UnsafePointer<CChar>? {
    guard let pam, let name else { return nil }
    let wanted = String(cString: name)
    return pam.variables.first { $0.name == wanted }.map { UnsafePointer(pam.keep($0.value)) }
}

/// Stands in for syslog(3). The format is the shim's, and takes one text.
@_cdecl("__wrap_syslog")
public func log(
    _ priority: CInt, _ format: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
) {
    if let pam, let message, !Memory.isOver { pam.log.append(bytes(message)) }
}

/// Found by the module with dlsym(3).
@_cdecl("pam_set_item")
public func setItem(_ handle: OpaquePointer?, _ item: CInt, _ value: UnsafeRawPointer?) -> CInt {
    guard let pam, item == PAM_AUTHTOK, let value, !Memory.isOver else { return PAM_BAD_ITEM }
    pam.forwarded.append(bytes(value.assumingMemoryBound(to: CChar.self)))
    return PAM_SUCCESS
}

// MARK: Users

extension FakePAM {
    /// Who there is.
    static let users: [(name: String, uid: uid_t)] = [("alice", 1000), ("bob", 1001)]
}

/// Puts a name into the caller's buffer; ERANGE where it does not fit.
private func fill(
    _ name: String, _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int
) -> UnsafeMutablePointer<CChar>? {
    guard let buffer, name.utf8.count < length else { return nil }
    for (index, byte) in name.utf8.enumerated() { buffer[index] = CChar(bitPattern: byte) }
    buffer[name.utf8.count] = 0
    return buffer
}

@_cdecl("__wrap_getpwnam_r")
public func userEntry(
    _ name: UnsafePointer<CChar>?, _ entry: UnsafeMutablePointer<passwd>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>?
) -> CInt {
    result?.pointee = nil
    if case .number(let number) = kernel?.faults.next() {
        // getpwnam(3) has these for somebody who is not there; they are no failure.
        return [ENOENT, ESRCH, EBADF, EPERM].contains(number) ? EIO : number
    }
    guard let name, let user = FakePAM.users.first(where: { $0.name == String(cString: name) })
    else {
        return 0
    }
    guard let text = fill(user.name, buffer, length) else { return ERANGE }
    entry?.pointee.pw_name = text
    entry?.pointee.pw_uid = user.uid
    entry?.pointee.pw_gid = user.uid
    result?.pointee = entry
    return 0
}

@_cdecl("__wrap_getgrnam_r")
public func groupEntry(
    _ name: UnsafePointer<CChar>?, _ entry: UnsafeMutablePointer<group>?,
    _ buffer: UnsafeMutablePointer<CChar>?, _ length: Int,
    _ result: UnsafeMutablePointer<UnsafeMutablePointer<group>?>?
) -> CInt {
    result?.pointee = nil
    if case .number(let number) = kernel?.faults.next() { return number }
    guard let name, String(cString: name) == "staff" else { return 0 }
    entry?.pointee.gr_gid = 500
    result?.pointee = entry
    return 0
}

@_cdecl("__wrap_getgrouplist")
public func groupList(
    _ name: UnsafePointer<CChar>?, _ group: gid_t, _ groups: UnsafeMutablePointer<gid_t>?,
    _ count: UnsafeMutablePointer<CInt>?
) -> CInt {
    let all = [group] + (pam?.groups ?? [])
    guard let groups, let count, Int(count.pointee) >= all.count else { return -1 }
    for (index, group) in all.enumerated() { groups[index] = group }
    count.pointee = CInt(all.count)
    return count.pointee
}

/// Stands in for the module's own (Sources/pam_swiftotp/StandIns.swift), which is not linked here.
func libraryFunction(_ name: StaticString) -> UnsafeMutableRawPointer? {
    dlsym(nil, String(describing: name))
}
