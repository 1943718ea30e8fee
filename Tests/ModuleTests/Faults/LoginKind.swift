import Foundation
import TestSupport

/// The kinds of logins that are killed, and whose calls fail, one after the other.
enum LoginKind: String, CaseIterable, Sendable {
    case rightCode, wrongCode, backupCode, temporaryCode, trustedKey
    /// A user without a record enrolls in the login.
    case firstDevice
    /// A temporary code, and a new device in the same login.
    case newDevice

    /// What it is called in docs/RESULTS.md.
    var title: String {
        switch self {
        case .rightCode: "a right code"
        case .wrongCode: "a wrong code"
        case .backupCode: "a backup code"
        case .temporaryCode: "a temporary code"
        case .trustedKey: "a trusted key"
        case .firstDevice: "a first enrollment"
        case .newDevice: "a temporary code and a new device"
        }
    }

    /// The module's arguments, beside the store.
    var arguments: String {
        switch self {
        case .rightCode, .wrongCode, .backupCode, .temporaryCode: ""
        case .trustedKey: "trust=key"
        case .firstDevice: "enroll=require"
        case .newDevice: "after_temporary=enroll"
        }
    }

    /// Whether a key is shown, and its code typed.
    var enrolls: Bool { self == .firstDevice || self == .newDevice }

    /// Whether it is by an SSH key that sshd has checked.
    var hasKey: Bool { self == .trustedKey || self == .firstDevice }

    /// Whether the same answer lets nobody in a second time.
    var isOnce: Bool { self != .trustedKey && self != .firstDevice }
}
