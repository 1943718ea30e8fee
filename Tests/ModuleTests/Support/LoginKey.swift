import Foundation
import OTPCore
import TestSupport

/// The SSH key of a login, as sshd names it to PAM.
struct LoginKey: Sendable {
    /// Type and key, as in a `.pub` file.
    let text: String

    /// An Ed25519 key, different for each number.
    init(_ number: UInt8 = 7) {
        let fields = [Array("ssh-ed25519".utf8), [UInt8](repeating: number, count: 32)]
        let blob: [UInt8] = fields.reduce([]) { $0 + [0, 0, 0, UInt8($1.count)] + $1 }
        text = "ssh-ed25519 \(Data(blob).base64EncodedString())"
    }

    /// The key of a security key, as OpenSSH writes it (PROTOCOL.u2f).
    static let ofSecurityKey: LoginKey = {
        let type = "sk-ssh-ed25519@openssh.com"
        let fields = [Array(type.utf8), [UInt8](repeating: 9, count: 32), Array("ssh:".utf8)]
        let blob: [UInt8] = fields.reduce([]) { $0 + [0, 0, 0, UInt8($1.count)] + $1 }
        return LoginKey(text: "\(type) \(Data(blob).base64EncodedString())")
    }()

    private init(text: String) { self.text = text }

    /// The line of SSH_AUTH_INFO_0, without its end.
    var line: String { "publickey \(text)" }

    /// pam-dialogue's words for a login by sshd with this key.
    var login: [String] { LoginKey.login(line) }

    /// pam-dialogue's words for a login in which sshd has checked what these lines say.
    static func login(_ lines: String..., terminal: String = "ssh") -> [String] {
        let info = lines.map { $0 + "\\x0a" }.joined()
        return ["tty \(terminal)", "env SSH_AUTH_INFO_0=\(info)"]
    }
}

extension Enrolled {
    /// Removes the user's record, as if there had never been an enrollment.
    func forget() throws {
        guard unlink(try recordFile) == 0 else { throw Trouble("no record to take away") }
    }

    /// The record's bytes, or `nil` if there is none.
    var bytesOrNone: Data? {
        get throws { access(try recordFile, F_OK) == 0 ? try bytes : nil }
    }

    /// The module with this store, for a line of a service file.
    func module(behind: [String] = []) throws -> String {
        let door = try ServiceAccess.current.arguments(scratch, behind: behind)
        return "\(try Build.module()) \(door) store=\(store)"
    }

    /// A stack of this service with this store and further arguments; `behind` are words before a
    /// swiftotpd that is started for the login.
    func stack(
        _ arguments: String = "", service: String = "login", behind: [String] = []
    ) throws -> Stack {
        try Stack(scratch, "store=\(store) \(arguments)", service: service, behind: behind)
    }
}
