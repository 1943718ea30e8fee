import OTPCore
import OTPPAM
import OTPStore

/// A user for whom a stack is tried: what modules test about the user.
struct PAMPerson {
    let user: User
    /// Whether the user is in /etc/passwd, and not only in a directory.
    let isLocal: Bool

    /// Success or failure; `nil` if it does not depend on the user alone.
    typealias Answer = Bool?

    /// Whether a module that tests the user succeeds for this one, in a login by `service`.
    func answer(to line: PAMLine, service: String) -> Answer {
        switch line.name {
        case "pam_succeed_if": return conditions(line.arguments, service: service)
        case "pam_localuser":
            return line.arguments.contains { $0.hasPrefix("file=") } ? nil : isLocal
        case "pam_usertype": return isOfType(line.arguments)
        case "pam_shells": return PAMPerson.shells.contains(shell)
        case "pam_securetty": return user.uid == 0 ? nil : true
        case "pam_wheel": return isInWheel(line.arguments)
        case "pam_listfile": return isListed(line.arguments)
        default: return nil
        }
    }

    private var name: String { String(decoding: user.name, as: UTF8.self) }
    private var shell: String {
        (try? SystemUsers().account(withID: user.uid))
            .map { String(decoding: $0.shell, as: UTF8.self) } ?? ""
    }

    private static var shells: Set<String> {
        Set(SystemFiles.lines("/etc/shells").filter { $0.hasPrefix("/") })
    }

    /// Whether the user is in one of some groups; a group that does not exist is empty.
    private func isMember(ofAny groups: some Sequence<some StringProtocol>) -> Answer {
        let directory = SystemUsers()
        for group in groups {
            do throws(StoreError) {
                if try directory.isMember(user, of: Array(group.utf8)) { return true }
            } catch {
                guard error.code == .configuration else { return nil }
            }
        }
        return false
    }

    // MARK: pam_succeed_if

    private static let flags: Set = [
        "debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit",
    ]

    /// Conditions of three words each, all of which must hold.
    private func conditions(_ arguments: [String], service: String) -> Answer {
        let words = arguments.filter { !PAMPerson.flags.contains($0) }
        guard !words.isEmpty, words.count.isMultiple(of: 3) else { return nil }
        var all: Answer = true
        for start in stride(from: 0, to: words.count, by: 3) {
            let left = words[start].lowercased()
            let one = holds(left, words[start + 1].lowercased(), words[start + 2], service)
            if one == false { return false }
            if one == nil { all = nil }
        }
        return all
    }

    private func holds(
        _ left: String, _ comparison: String, _ right: String, _ service: String
    ) -> Answer {
        let parts = right.split(separator: ":")
        switch comparison {
        case "ingroup": return isMember(ofAny: parts)
        case "notingroup": return isMember(ofAny: parts).map { !$0 }
        default: break
        }
        let text: String
        switch left {
        case "user", "login", "name": text = name
        case "uid": text = String(user.uid)
        case "gid": text = String(user.gid)
        case "shell": text = shell
        case "service": text = service
        default: return nil
        }
        switch comparison {
        case "=": return text == right
        case "!=": return text != right
        case "in": return parts.contains { $0 == text }
        case "notin": return !parts.contains { $0 == text }
        default: break
        }
        guard let value = Int64(text), let bound = Int64(right) else { return nil }
        switch comparison {
        case "eq": return value == bound
        case "ne": return value != bound
        case "<", "lt": return value < bound
        case "<=", "le": return value <= bound
        case ">", "gt": return value > bound
        case ">=", "ge": return value >= bound
        default: return nil
        }
    }

    // MARK: Others

    /// pam_usertype: UIDs below UID_MIN, and nobody's, are the system's.
    private func isOfType(_ arguments: [String]) -> Answer {
        let least = SystemUsers().peoplesNumbers().lowerBound
        let isSystem = user.uid < least || user.uid == 65534
        if arguments.contains("issystem") { return isSystem }
        return arguments.contains("isregular") ? !isSystem : nil
    }

    /// pam_wheel tests the caller, who is one of these users as well.
    private func isInWheel(_ arguments: [String]) -> Answer {
        // Then it is only about users who become root.
        if arguments.contains("root_only") { return nil }
        let named = arguments.last { $0.hasPrefix("group=") }?.dropFirst("group=".count)
        let isMember: Answer
        if let named {
            isMember = self.isMember(ofAny: [named])
        } else {
            isMember = self.isMember(ofAny: [PAMPerson.hasWheel ? "wheel" : "root"])
        }
        return arguments.contains("deny") ? isMember.map { !$0 } : isMember
    }

    private static var hasWheel: Bool {
        do throws(StoreError) {
            return try SystemUsers().group(named: Array("wheel".utf8)) != nil
        } catch {
            return true
        }
    }

    /// pam_listfile with users, groups or shells.
    private func isListed(_ arguments: [String]) -> Answer {
        func value(_ key: String) -> String? {
            arguments.last { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
        }
        guard let file = value("file"), case .text(let text) = SystemFiles.read(file) else {
            return value("onerr") == "succeed"
        }
        let lines = text.split(separator: "\n")
        let isThere: Answer
        switch value("item") {
        case "user": isThere = lines.contains { $0 == name }
        case "group": isThere = isMember(ofAny: lines)
        case "shell": isThere = lines.contains { $0 == shell }
        default: return nil
        }
        return value("sense") == "deny" ? isThere.map { !$0 } : isThere
    }
}
