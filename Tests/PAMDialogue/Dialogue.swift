import CLinux
import CPAM

/// The state between two lines of the input, and what each line does.
final class Dialogue {
    private var input: LineReader
    private var settings = Settings()
    private var open: Transaction?
    /// Users and answers for the logins of `rounds`.
    private var logins: [(user: [UInt8], answer: [UInt8])] = []
    /// The two hold each other for as long as the process lives.
    private lazy var conversation = Conversation { message in self.ask(message) }

    init(input: LineReader) {
        self.input = input
    }

    /// Reads and obeys until the input ends or says `quit`; false after an invalid line.
    func run() -> Bool {
        while let line = input.line() {
            if line.isEmpty || line[0] == UInt8(ascii: "#") { continue }
            if line == Array("quit".utf8) { break }
            guard obey(line) else {
                complain(line)
                return false
            }
        }
        open?.end()
        return true
    }

    /// Obeys one line; false if it is invalid.
    private func obey(_ line: [UInt8]) -> Bool {
        let (verb, argument) = split(line)
        if let reply = reply(verb, argument) {
            conversation.replies.append(reply)
            return true
        }
        if set(verb, argument) { return true }
        switch verb {
        case "go": return go(words(argument))
        case "rounds": return rounds(argument)
        case "login": return addLogin(argument)
        case "start": start()
        case "end":
            open?.end()
            open = nil
        case "forget": conversation.replies = []
        case "hostcheck": writeAll(hostState())
        default: return false
        }
        return true
    }

    // MARK: Settings and replies

    private func set(_ verb: String, _ argument: [UInt8]) -> Bool {
        guard let text = unescaped(argument[...]) else { return false }
        let value = text.isEmpty ? nil : text
        switch verb {
        case "confdir": settings.confdir = text
        case "service": settings.service = text
        case "user": settings.user = value
        case "rhost": settings.rhost = value
        case "tty": settings.tty = value
        case "ruser": settings.ruser = value
        case "env": settings.environment = value.map { settings.environment + [$0] } ?? []
        case "flags": return setFlags(argument)
        case "conv": return setConversation(argument)
        case "fail-delay": return setFailDelay(argument)
        case "show-to": return setShown(value)
        case "halt":
            guard let word = oneOf(argument, "on", "off") else { return false }
            settings.halts = word == "on"
        default: return false
        }
        return true
    }

    private func setFlags(_ argument: [UInt8]) -> Bool {
        var flags: CInt = 0
        for word in words(argument) {
            switch word {
            // Written out, because the C macro is too wide for its argument.
            case "silent": flags |= CInt(bitPattern: 0x8000)
            case "disallow-null": flags |= CInt(PAM_DISALLOW_NULL_AUTHTOK)
            default:
                guard let number = Int(word), number >= 0, number <= 0xFFFF else { return false }
                flags |= CInt(number)
            }
        }
        settings.flags = flags
        return true
    }

    private func setConversation(_ argument: [UInt8]) -> Bool {
        guard let word = oneOf(argument, "normal", "none") else { return false }
        settings.hasConversation = word == "normal"
        return true
    }

    private func setFailDelay(_ argument: [UInt8]) -> Bool {
        guard let word = oneOf(argument, "wait", "note") else { return false }
        settings.waitsOnFailure = word == "wait"
        return true
    }

    private func setShown(_ path: [UInt8]?) -> Bool {
        if let old = conversation.shown { close(old) }
        conversation.shown = path.flatMap { Quiet.open(String(decoding: $0, as: UTF8.self)) }
        return path == nil || conversation.shown != nil
    }

    /// The reply that a line describes; nil if it describes none.
    private func reply(_ verb: String, _ argument: [UInt8]) -> Reply? {
        switch verb {
        case "answer":
            return unescaped(argument[...]).map { .text($0) }
        case "answer-size":
            guard let size = number(argument), size <= 1 << 26 else { return nil }
            return .text([UInt8](repeating: UInt8(ascii: "1"), count: size))
        case "answer-file":
            return argument.isEmpty ? nil : .file(String(decoding: argument, as: UTF8.self))
        case "no-answer": return .missing
        case "conv-error": return .failure
        case "conv-null-response": return .noResponse
        case "answer-later": return .later
        default: return nil
        }
    }

    /// Shows a prompt to the parent during a transaction, and takes its reply.
    private func ask(_ message: Message) -> Reply {
        var event = JSONLine()
        event.add("event", "prompt")
        event.add("message", list: [message.json])
        writeAll(event.line)
        guard let line = input.line() else { return .failure }
        let (verb, argument) = split(line)
        if let reply = reply(verb, argument) {
            if case .later = reply { return .failure }
            return reply
        }
        complain(line)
        return .failure
    }

    // MARK: Transactions

    private func start() {
        open?.end()
        open = Transaction(settings, conversation)
    }

    /// `go`: the operations in a transaction of their own, or in the one opened by `start`.
    private func go(_ names: [String]) -> Bool {
        let operations = names.compactMap { Operation($0) }
        guard operations.count == names.count, !operations.isEmpty else { return false }
        let transaction = open ?? Transaction(settings, conversation)
        for operation in operations {
            conversation.reset()
            let begin = monotonicNanoseconds()
            let code = transaction.perform(operation)
            if settings.halts { halt() }
            report(operation, code, monotonicNanoseconds() - begin)
        }
        if open == nil { transaction.end() }
        return true
    }

    private func report(_ operation: Operation, _ code: CInt, _ nanoseconds: Int) {
        var result = JSONLine()
        result.add("op", operation.rawValue)
        result.add("code", Int(code))
        result.add("name", resultName(code))
        result.add("prompts", conversation.prompts)
        result.add("unanswered", conversation.unanswered)
        result.add("left", conversation.replies.count)
        result.add("ns", nanoseconds)
        result.add("messages", list: conversation.messages.map { $0.json })
        result.add("delays_us", list: conversation.delays.map { Array(String($0).utf8) })
        writeAll(result.line)
    }

    // MARK: Rounds

    /// `login USER ANSWER`
    private func addLogin(_ argument: [UInt8]) -> Bool {
        guard let space = argument.firstIndex(of: UInt8(ascii: " ")),
            let user = unescaped(argument[..<space]),
            let answer = unescaped(argument[(space + 1)...])
        else { return false }
        logins.append((user, answer))
        return true
    }

    /// `rounds [N]`: one login after another, each in its own transaction from pam_start to
    /// pam_end, so that the modules are loaded and unloaded each time.
    private func rounds(_ argument: [UInt8]) -> Bool {
        let count = argument.isEmpty ? logins.count : number(argument)
        guard let count, count > 0, logins.isEmpty || count <= logins.count else { return false }
        let replies = conversation.replies
        var tally = Tally()
        for round in 0..<count {
            conversation.reset()
            conversation.replies = replies
            if !logins.isEmpty {
                settings.user = logins[round].user
                conversation.replies = [.text(logins[round].answer)]
            }
            let begin = monotonicNanoseconds()
            let transaction = Transaction(settings, conversation)
            let code = transaction.perform(.authenticate)
            transaction.end()
            tally.add(code, monotonicNanoseconds() - begin)
        }
        conversation.replies = []
        logins = []
        writeAll(tally.line)
        return true
    }

    // MARK: Words

    private func complain(_ line: [UInt8]) {
        var problem = JSONLine()
        problem.add("error", "no such command, or not with these words: see pam-dialogue --help")
        problem.add("line", bytes: line)
        writeAll(problem.line)
    }
}

/// Stops this process until somebody resumes it, as SIGSTOP does.
private func halt() {
    typealias Function = @convention(c) (CInt) -> CInt
    // Looked up by name: the header that declares it is not part of the module.
    guard let symbol = unsafe dlsym(nil, "raise") else { return }
    // SAFETY: the function of raise(3); SIGSTOP is 19.
    _ = unsafe unsafeBitCast(symbol, to: Function.self)(19)
}
