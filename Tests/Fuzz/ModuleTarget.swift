import CLinux
import CPAM

// The whole module, as shipped: pam_sm_authenticate, with a libpam, an application and a service
// that do what the input says.

/// The first bytes are PAM's items; then come the service's frames and the answers.
func fuzzModule(_ input: [UInt8]) {
    let reel = Reel(Tape(input))
    let scene = ModuleScene(reel)
    let result = scene.run()
    scene.check(result)
}

/// One call of the module.
private final class ModuleScene {
    let reel: Reel
    let machine = Kernel()
    let application = FakePAM()
    var arguments: [[UInt8]] = []
    let flags: CInt
    /// All peers so far; and the last one, or whether its queue was full.
    var lines: [Impostor] = []
    var last: Impostor?
    var isFull = false
    private let portion: Int
    private let showsASCII: Bool
    private let start: Int64

    init(_ reel: Reel) {
        self.reel = reel
        let (odd, users, room) = (reel.tape.byte(), reel.tape.byte(), reel.tape.byte())
        flags = odd & 1 != 0 ? CInt(bitPattern: UInt32(PAM_SILENT)) : 0
        application.isOdd = odd & 2 != 0
        application.forkAt = odd & 12 == 12 ? Int(odd >> 4 & 3) : nil
        application.application =
            odd & 0xc0 == 0x40 ? .none : odd & 0xc0 == 0xc0 ? .withoutFunction : .usual
        (machine.user, machine.realUser) = (users & 1 != 0 ? 1000 : 0, users & 3 != 0 ? 1000 : 0)
        machine.child.patience = Int(users >> 2 & 7) * 3
        portion = room & 0x80 != 0 ? Int(room & 0x3f) + 1 : .max
        showsASCII = room & 0x81 == 1
        setenv("LC_ALL", showsASCII ? "C" : "C.UTF-8", 1)
        start = machine.upTime
        if users & 0x20 != 0 { machine.memory.callsLeft = Int(users >> 6) + 1 }
        machine.memory.lasts = users & 0x40 != 0
        machine.faults = Faults(&reel.tape)
        fillItems()
        if users & 1 == 0, room & 0x40 == 0 { addOwnService() }
        machine.listener = { [unowned self] in listen(at: $0) }
        application.answer = { [unowned self] in answer() }
    }

    private func fillItems() {
        let which = reel.tape.byte()
        application.user =
            which & 1 != 0 ? nil : which & 2 != 0 ? reel.tape.text() : Array("alice".utf8)
        let items = [PAM_SERVICE, PAM_TTY, PAM_RHOST, PAM_RUSER]
        for (index, item) in items.enumerated() where which >> (index + 2) & 1 != 0 {
            application.items[item] = reel.tape.text()
        }
        if which & 0x40 != 0 { application.password = reel.tape.text() }
        if which & 0x80 != 0 { fillMore() }
    }

    private func fillMore() {
        let which = reel.tape.byte()
        let length = Int(reel.tape.uint16())
        let long = [UInt8](repeating: UInt8(ascii: "v"), count: length)
        if which & 1 != 0 { application.variables.append(("SSH_CONNECTION", reel.tape.text())) }
        if which & 2 != 0 { application.variables.append(("SSH_AUTH_INFO_0", long)) }
        if which & 4 != 0 { application.items[PAM_RHOST] = long }
        for _ in 0..<which >> 3 & 7 { arguments.append(reel.tape.text()) }
        if which & 0x40 != 0 { arguments.append(Array("socket=/run/other".utf8)) }
        if which & 0x80 != 0 { arguments += [long, long, long] }
    }

    private func addOwnService() {
        machine.child.service = Impostor(0, reel, portion: portion)
    }

    /// Who is reached at the service's path.
    private func listen(at path: [UInt8]) -> Reached {
        let named = arguments.map { $0.asCString }.last { $0.starts(with: "socket=".utf8) }
        let usual = Array("/run/swiftotp/swiftotpd.sock".utf8)
        expect(path == named.map { Array($0.dropFirst(7)) } ?? usual, "another socket")
        (last, isFull) = (nil, false)
        let byte = reel.tape.byte()
        let errors = [ENOENT, ECONNREFUSED, EAGAIN, EACCES, EINTR, ENOTDIR, ENOMEM, EPERM]
        guard byte & 8 == 0, lines.count < 20 else {
            let error = errors[Int(byte & 7)]
            isFull = error == EAGAIN || error == EINTR
            return .nobody(error)
        }
        let line = Impostor(byte & 7 == 7 ? 1000 : byte & 7 == 6 ? nil : 0, reel, portion: portion)
        lines.append(line)
        last = line
        return .line(line)
    }

    /// The typed answer; `nil` if the conversation fails.
    private func answer() -> [UInt8]?? {
        let byte = reel.tape.byte()
        switch byte & 7 {
        case 0: return .none
        case 1: return .some(nil)
        case 2: return reel.tape.text()
        case 3: return [UInt8](repeating: 120, count: 500 + Int(byte >> 3))
        default: return Array("12345\(byte >> 4)".utf8)
        }
    }

    func run() -> CInt {
        var (before, after) = (sigset_t(), sigset_t())
        pthread_sigmask(SIG_BLOCK, nil, &before)
        (kernel, pam) = (machine, application)
        var list = arguments.map { UnsafePointer<CChar>?(FakePAM.copy($0)) }
        let result = list.withUnsafeMutableBufferPointer {
            pam_sm_authenticate(
                OpaquePointer(bitPattern: 16), flags, CInt($0.count), $0.baseAddress)
        }
        (kernel, pam) = (nil, nil)
        for argument in list { free(UnsafeMutablePointer(mutating: argument)) }
        pthread_sigmask(SIG_BLOCK, nil, &after)
        expect(memcmp(&before, &after, MemoryLayout<sigset_t>.size) == 0, "signals stay blocked")
        return result
    }

    // MARK: Expected results

    func check(_ result: CInt) {
        expect(machine.descriptors == 0, "a descriptor stays open")
        expect(machine.memory.count == 0, "memory that is not given back")
        if let own = machine.child.service as? Impostor, machine.child.starts > 0 {
            lines.append(own)
        }
        let scripts = lines.map { Script($0.said) }
        check(result, scripts)
        checkTold(result, scripts)
        checkOwnService(scripts)
        for line in lines { checkSaid(on: line) }
        // Each frame may take its time, but no more.
        let frames = lines.reduce(3 * lines.count) { $0 + FrameBytes.all($1.said).count }
        let seconds = (machine.upTime - start) / 1_000_000_000
        expect(seconds <= 10 + 45 * Int64(frames), "a login that does not end")
    }

    /// The result is the service's code, or that of a missing service.
    private func check(_ result: CInt, _ scripts: [Script]) {
        for script in scripts.dropLast() { expect(script.end == nil, "on it goes after the end") }
        let end = application.hasForked ? nil : scripts.last?.end
        let codes: [LoginEnd: CInt] = [
            .success: PAM_SUCCESS, .refused: PAM_AUTH_ERR, .ignored: PAM_IGNORE,
            .conversationFailed: PAM_CONV_ERR,
        ]
        expect(
            result == end.flatMap { codes[$0] } ?? PAM_AUTHINFO_UNAVAIL,
            "a code that nobody said: \(result)")
        if result == PAM_SUCCESS { expect(lines.last?.user == 0, "the word of who is not root") }
        for line in lines where line.user != 0 {
            expect(line.said.isEmpty && line.heard.isEmpty, "a word with who is not root")
        }
    }

    /// What was shown, logged and passed on, each once and in order; followed by the message about
    /// a missing service, if there is none.
    private func checkTold(_ result: CInt, _ scripts: [Script]) {
        var shown = scripts.flatMap { $0.shown }
        let isOver = !application.hasForked && scripts.last?.end != nil
        if application.application != .usual { shown = [] }
        let rest = application.heard.dropFirst(shown.count)
        expect(application.heard.starts(with: shown), "something else is shown")
        let isHeard = application.application == .usual && flags == 0
        if isOver || !isHeard || application.hasForked {
            expect(rest.count <= (isOver || !isHeard ? 0 : 1), "more is shown")
        } else {
            expect(rest.count == 1 && rest.first?.kind == PAM_ERROR_MSG, "nobody is told")
        }
        let logged = scripts.flatMap { $0.logged }
        expect(application.log.starts(with: logged), "something else is logged")
        let lines = application.log.dropFirst(logged.count)
        let isSure = !isOver && !machine.memory.hasFailed
        expect(lines.count <= (isOver ? 0 : 1) && (!isSure || lines.count == 1), "not one line")
        for line in lines { expect(isPlain(line.text), "a log that cannot be read") }
        expect(application.forwarded == scripts.flatMap { $0.forwarded }, "another password")
    }

    /// A service of its own only for root, and not after another one has begun.
    private func checkOwnService(_ scripts: [Script]) {
        guard machine.child.starts > 0 else { return }
        expect(machine.user == 0, "a service of somebody else's")
        let isTwice = scripts.dropLast().contains { $0.hasBegun }
        expect(!isTwice, "a login that is tried twice")
        let isBusy = isFull || last.map { Script($0.said).isBusy } == true
        let isSure = machine.realUser != 0 && !machine.faults.hasStruck
        expect(!isSure || !isBusy, "a limit that a setuid program gets round")
        expect(!machine.child.isRunning || application.hasForked, "a child is left behind")
        expect(lines.last?.isHungUp == true, "a connection stays open")
    }

    /// First the login with all of PAM's items; then an answer to each question.
    private func checkSaid(on line: Impostor) {
        guard !line.heard.isEmpty, line.isHeardOut, !machine.faults.hasStruck else { return }
        let (frames, asks) = (FrameBytes.all(line.heard), Script(line.said).asks)
        guard let first = frames.first else { mistake("a frame that is not whole") }
        expect(first.kind == 1 && first.payload == FrameBytes.login(expected()), "another login")
        let isCut = application.hasForkedAtQuestion && line === lines.last
        expect(frames.count == 1 + asks.count - (isCut ? 1 : 0), "not one answer to each question")
        var typed = application.answers
        for (frame, ask) in zip(frames.dropFirst(), asks) {
            var answer: [UInt8]??
            switch ask {
            case .earlierAnswer: answer = .some(application.password)
            case .question where application.application == .usual: answer = typed.removeFirst()
            case .question: answer = .none
            }
            checkAnswer(frame, answer)
        }
    }

    private func checkAnswer(_ frame: (kind: UInt8, payload: [UInt8]), _ answer: [UInt8]??) {
        switch answer {
        case .none: expect(frame.kind == 4 && frame.payload.isEmpty, "a conversation that failed")
        case .some(nil): expect(frame.kind == 3 && frame.payload.isEmpty, "no answer")
        case .some(let text?):
            expect(frame.kind == 2 && frame.payload == cut(text, 512), "another answer")
        }
    }

    /// What is sent of a C string: one byte more than `limit` shows that it is too long.
    private func cut(_ text: [UInt8]?, _ limit: Int) -> [UInt8] {
        Array((text ?? []).asCString.prefix(limit + 1))
    }

    private func expected() -> LoginRequest {
        var request = LoginRequest()
        func variable(_ name: String) -> [UInt8]? {
            application.variables.first { $0.name == name }?.value
        }
        (request.isSilent, request.showsASCII) = (flags != 0, showsASCII)
        request.user = cut(application.user, 1024)
        request.service = cut(application.items[PAM_SERVICE], 1024)
        request.terminal = cut(application.items[PAM_TTY], 1024)
        request.remoteHost = cut(application.items[PAM_RHOST], 1024)
        request.remoteUser = cut(application.items[PAM_RUSER], 1024)
        request.connection = cut(variable("SSH_CONNECTION"), 1024)
        request.methods = cut(variable("SSH_AUTH_INFO_0"), 16_384)
        request.arguments = arguments.map { cut($0, 1024) }
        return request
    }
}
