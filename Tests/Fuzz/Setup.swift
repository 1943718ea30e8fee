import CLinux
import CPAM

/// How one login is set up: what the admin wrote, where it comes from, and who it is.
final class Setup {
    let pam = FakePAM()
    private(set) var arguments: [[UInt8]] = []
    let flags: CInt
    let isRoot: Bool
    /// What the arguments and the file come to; `nil` where they are no options.
    let options: Options?
    /// The user, if there is one of the name.
    let user: User?
    /// Whether an earlier module has a password.
    let hasEarlierAnswer: Bool
    /// What sshd has proven, where it is sshd.
    let methods: SSHMethods?
    /// Where the throttle counts.
    let place: Place

    init(_ tape: inout Tape, _ machine: Kernel) {
        var words = Setup.firstWords(tape.byte()) + Setup.enrollmentWords(tape.byte())
        let more = tape.byte()
        if more & 1 != 0 { words.append("trust=key") }
        if more & 2 != 0 { words.append("trust_max=1") }
        if more & 4 != 0 { words.append("debug") }
        arguments = words.map { Array($0.utf8) }
        if more & 8 != 0 { arguments.append(tape.text().filter { $0 != 0 }) }
        // A file says a part of it where it may.
        var file: [UInt8] = more & 16 != 0 ? tape.text() : []
        if more & 32 != 0 {
            let forFile = words.filter { $0.contains("=") && !$0.starts(with: "after_first") }
            file += Array(forFile.joined(separator: "\n").utf8)
            arguments.removeAll { forFile.map { Array($0.utf8) }.contains($0) }
        }
        if more & 48 != 0 {
            machine.put("/etc/security/swiftotp.conf", file, mode: 0o644)
        } else {
            machine.remove("swiftotp.conf", from: machine.folder(Setup.security))
        }
        flags = more & 64 != 0 ? CInt(bitPattern: UInt32(PAM_SILENT)) : 0
        isRoot = more & 128 == 0
        options = Setup.options(arguments, more & 48 != 0 ? file : nil)
        machine.helper = isRoot ? nil : tape.text()
        hasEarlierAnswer = Setup.fill(pam, &tape)
        let name = pam.user ?? []
        user = FakePAM.users.first { Array($0.name.utf8) == name }
            .map { User(name: name, uid: $0.uid, gid: $0.uid) }
        let info = pam.variables.first { $0.name == "SSH_AUTH_INFO_0" }?.value
        let known = pam.terminal == Array("ssh".utf8) ? info : nil
        methods = known.map { SSHMethods($0) }
        place = Place(
            service: pam.service, address: pam.remoteHost ?? [], methods: known)
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

    private static func options(_ arguments: [[UInt8]], _ file: [UInt8]?) -> Options? {
        do throws(StoreError) {
            var first = OptionParser()
            for argument in arguments { try first.argument(argument) }
            if let path = first.options.configurationFile {
                // Nothing else is there to be read.
                guard path == ConfigurationFile.defaultPath, file != nil else { return nil }
            }
            guard let file else { return first.options }
            var parser = OptionParser()
            try parser.file(file, path: [])
            parser = OptionParser(parser.options)
            for argument in arguments { try parser.argument(argument) }
            return parser.options
        } catch {
            return nil
        }
    }

    /// Sets the application up; whether an earlier module has a password.
    private static func fill(_ pam: FakePAM, _ tape: inout Tape) -> Bool {
        let (who, how) = (tape.byte(), tape.byte())
        switch who & 7 {
        case 5: pam.user = Array("bob".utf8)
        case 6: pam.user = tape.text()
        case 7: pam.user = nil
        default: break
        }
        let services = ["sshd", "sshd", "login", "sudo", "su", "xscreensaver", "cron"]
        let service = Int(who >> 3 & 7)
        pam.service = service < services.count ? Array(services[service].utf8) : tape.text()
        if who & 64 != 0 { pam.terminal = Array("tty1".utf8) }
        if who & 128 != 0 { pam.remoteHost = nil }
        switch how & 7 {
        case 1, 2: pam.variables = [("SSH_AUTH_INFO_0", Scene.methods)]
        case 3: pam.variables = [("SSH_AUTH_INFO_0", Array("password\n".utf8))]
        case 4: pam.variables = [("SSH_AUTH_INFO_0", tape.text())]
        default: break
        }
        if how & 8 != 0 { pam.groups = [500] }
        pam.isOdd = how & 16 != 0
        pam.hasConversation = how & 0xe0 != 0xe0
        return how & 32 != 0
    }
}
