import CLinux

/// The setup of one login: the admin's settings, its origin, and its user.
final class Setup {
    /// What the module tells the service.
    private(set) var request = LoginRequest()
    /// The owner of the asking program, and who started it, if the kernel tells.
    let peer: UInt32
    let sender: UInt32?
    /// The options from arguments and file; `nil` if they are invalid.
    let options: Options?
    /// The options from the file alone, which apply to users' own requests.
    let fileOptions: Options?
    /// The user, if the name exists.
    let user: User?
    /// The password stored by an earlier module.
    var password: [UInt8]?
    /// Whether an earlier module has a password.
    private(set) var hasEarlierAnswer = false
    /// Whether anybody answers.
    private(set) var hasPerson = true

    /// Whether the program is root's, and so is believed and can be stopped only by root.
    var isRoot: Bool { peer == 0 }
    var isRootsAlone: Bool { isRoot && sender == 0 }
    /// The user concerned by a user's own requests.
    var caller: User? { User.known(peer) }
    /// Whether a connection is served at all.
    var isAnybody: Bool { isRoot || caller != nil }
    /// Whether such a program may ask about this user at all.
    var mayAsk: Bool { isRoot || user?.uid == peer }

    init(_ tape: inout Tape, _ machine: Kernel) {
        var words = Setup.firstWords(tape.byte()) + Setup.enrollmentWords(tape.byte())
        let more = tape.byte()
        if more & 1 != 0 { words.append("trust=key") }
        if more & 2 != 0 { words.append("trust_max=1") }
        if more & 4 != 0 { words.append("debug") }
        request.arguments = words.map { Array($0.utf8) }
        if more & 8 != 0 { request.arguments.append(Setup.anotherWord(&tape)) }
        // Codes by message have tests of their own: there is no messenger here.
        let messages = Array("deliver".utf8)
        request.arguments.removeAll { $0.starts(with: messages) }
        // The file may contain some of the same options.
        var file: [UInt8] = more & 16 != 0 ? tape.text() : []
        if file.contains(messages) { file = [] }
        if more & 32 != 0 {
            let forFile = words.filter { $0.contains("=") && !$0.starts(with: "after_first") }
            file += Array(forFile.joined(separator: "\n").utf8)
            request.arguments.removeAll { forFile.map { Array($0.utf8) }.contains($0) }
        }
        if more & 48 != 0 {
            machine.put("/etc/security/swiftotp.conf", file, mode: 0o644)
        } else {
            machine.remove("swiftotp.conf", from: machine.folder(Setup.security))
        }
        request.isSilent = more & 64 != 0
        (peer, sender) = Setup.people(more & 128 == 0, &tape)
        let text = more & 48 != 0 ? file : nil
        options = Words(request.arguments, text, isBelieved: peer == 0).options
        fileOptions = Words([], text, isBelieved: true).options
        let (who, how) = (tape.byte(), tape.byte())
        request.fill(who, how, &tape)
        user = User.known(request.user)
        machine.groups = how & 8 != 0 ? [500] : []
        hasPerson = how & 0xe0 != 0xe0
        hasEarlierAnswer = how & 32 != 0
    }

    private static let security = [Array("etc".utf8), Array("security".utf8)]

    private static func firstWords(_ bits: UInt8) -> [String] {
        let words = [
            "nullok", "retry=3", "window=10", "exempt_group=staff", "forward_pass",
            "try_first_pass", "use_first_pass", "echo=no",
        ]
        return (0..<8).filter { bits >> $0 & 1 == 1 }.map { words[$0] }
    }

    private static func enrollmentWords(_ bits: UInt8) -> [String] {
        var words: [String] = []
        if bits & 3 != 0 { words.append(bits & 3 == 1 ? "enroll=offer" : "enroll=require") }
        if bits & 4 != 0 { words.append("enroll_until=2027-02-01") }
        if bits & 8 != 0 { words.append("enroll_grace=2") }
        if bits & 16 != 0 { words.append("after_first_factor") }
        if bits & 32 != 0 {
            words.append("first_enrollment=" + (bits & 64 != 0 ? "root" : "at_login"))
        }
        if bits & 128 != 0 { words.append("after_temporary=enroll") }
        return words
    }

    /// Any text or, with a text of one byte, an option that strangers should not be able to set.
    private static func anotherWord(_ tape: inout Tape) -> [UInt8] {
        let text = tape.text()
        let words = [
            "store=/var/lib/swiftotp", "conf=/etc/security/swiftotp.conf", "window=9", "trust=key",
            "first_enrollment=open", "trust_days=90", "user_may_disable=yes", "debug=yes",
        ]
        guard text.count == 1 else { return text.filter { $0 != 0 } }
        return Array(words[Int(text[0]) % words.count].utf8)
    }

    /// The program's owner, and who started it: mostly alice, if it is not root alone.
    private static func people(_ isRoot: Bool, _ tape: inout Tape) -> (UInt32, UInt32?) {
        if isRoot { return (0, 0) }
        let byte = tape.byte()
        let people: [UInt32] = [1000, 1000, 1000, 1000, 1001, 65_534, 4000, 0]
        let person = people[Int(byte & 7)]
        // A program of root's that everybody may start, such as su.
        if byte & 0x30 == 0x30 { return (0, person == 65_534 ? nil : person) }
        return (person, byte & 0xc0 == 0xc0 ? nil : person)
    }
}

/// PAM's items for a login.
extension LoginRequest {
    fileprivate mutating func fill(_ who: UInt8, _ how: UInt8, _ tape: inout Tape) {
        user = Array("alice".utf8)
        switch who & 7 {
        case 5: user = Array("bob".utf8)
        case 6: user = tape.text()
        case 7: user = []
        default: break
        }
        let services = ["sshd", "sshd", "login", "sudo", "su", "xscreensaver", "cron"]
        let number = Int(who >> 3 & 7)
        service = number < services.count ? Array(services[number].utf8) : tape.text()
        terminal = Array((who & 64 != 0 ? "tty1" : "ssh").utf8)
        remoteHost = who & 128 != 0 ? [] : Array("192.0.2.7".utf8)
        switch how & 7 {
        case 1, 2: methods = Scene.methods
        case 3: methods = Array("password\n".utf8)
        case 4: methods = tape.text()
        default: break
        }
        if how & 16 != 0 { connection = Array("192.0.2.7 50000 192.0.2.1 22".utf8) }
    }
}

extension Setup {
    /// What sshd has verified, as far as it is believed.
    var methods: SSHMethods? {
        isRoot ? request.sshMethods.map { SSHMethods($0) } : nil
    }

    /// The place for the throttle: the claims of an unprivileged program are no place.
    var place: LoginOrigin {
        isRoot
            ? LoginOrigin(
                service: request.service, address: request.address, methods: request.sshMethods,
                remoteUser: request.remoteUser)
            : LoginOrigin(ofAnyProgram: request.service)
    }
}
