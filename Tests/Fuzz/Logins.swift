import CLinux
import CPAM

// Whole logins: the module's own pam_sm_authenticate, with a libpam, a person and a kernel that do
// what the input says.

/// The first bytes choose the record and the trouble it is in; then come up to eight logins, each
/// with its options, its place, its failing calls and its answers, and what happens after it.
func fuzzLogin(_ input: [UInt8]) {
    var play = Play(input)
    for _ in 0..<8 {
        if !play.login() { return }
        play.goOn()
    }
}

/// One input.
private struct Play {
    private let stage: Stage
    private let machine: Kernel
    private let number: Int
    private let folders: [Kernel.File]
    private var judge = Judge()
    /// Whether somebody else could have got at alice's record.
    private var isUnsafe = false

    init(_ input: [UInt8]) {
        stage = Stage(Tape(input))
        let (which, trouble) = (stage.tape.byte(), stage.tape.byte())
        number = Int(which & 15) % Scene.recordCount
        machine = Scene.machine(number, isUsed: which & 0x30 != 0x30)
        folders = [
            machine.folder(Scene.storeParts),
            machine.folder([Array("etc".utf8), Array("swiftotp".utf8)]),
        ]
        makeTrouble(trouble & 15)
        isUnsafe = [2, 3, 4, 5, 6, 9].contains(trouble & 15)
    }

    /// What an admin, another program or a bad disk has done to the files.
    private func makeTrouble(_ kind: UInt8) {
        let record = folders[0].entries[Array("1000".utf8)]
        switch kind {
        case 1: machine.remove("seal.key", from: folders[1])
        case 2: folders[0].mode = 0o755
        case 3: record?.mode = 0o644
        case 4: record?.links = 2
        case 5: record?.owner = 1000
        case 6: folders[1].owner = 1000
        case 7:
            guard let record else { return }
            let place = Int(stage.tape.uint16()) % record.data.count
            record.data[place] ^= stage.tape.byte()
            record.disk = record.data
        case 8: record?.holder = -1
        case 9: record?.links = 0
        default: break
        }
    }

    /// One login; `false` where the input is over.
    mutating func login() -> Bool {
        guard !stage.tape.isOver else { return false }
        let setup = Setup(&stage.tape, machine)
        let before = look(setup.user)
        stage.begin(
            at: UInt64(max(0, machine.realTime)), before.now.summary,
            joined: setup.options?.forwardsPass == true)
        setup.pam.answer = stage.answer
        if setup.hasEarlierAnswer {
            setup.pam.password = stage.answer(to: []).flatMap { $0 }
        }
        let attempt = run(setup)
        expect(
            !isUnsafe || !setup.isRoot || setup.user != Scene.alice
                || attempt.result != PAM_SUCCESS || Scene.files[number] == nil,
            "let in by a record that is not safe")
        let after = look(setup.user)
        judge.check(
            Trial(
                setup: setup, machine: machine, now: machine.realTime, result: attempt.result,
                isStruck: attempt.isStruck, before: before, after: after))
        return true
    }

    private func run(_ setup: Setup) -> (result: CInt?, isStruck: Bool) {
        machine.faults = Faults(&stage.tape)
        machine.user = setup.isRoot ? 0 : 1000
        (kernel, pam) = (machine, setup.pam)
        defer { (kernel, pam) = (nil, nil) }
        let arguments = setup.arguments.map { UnsafePointer<CChar>?(FakePAM.copy($0)) }
        defer { for argument in arguments { free(UnsafeMutablePointer(mutating: argument)) } }
        var list = arguments
        let result = Memory.limited(to: machine.faults.allocations) {
            list.withUnsafeMutableBufferPointer {
                authenticate(
                    OpaquePointer(bitPattern: 16), setup.flags, CInt($0.count), $0.baseAddress)
            }
        }
        machine.user = 0
        expect(machine.descriptors == 0, "a descriptor stays open")
        return (result, machine.faults.hasStruck || result == nil)
    }

    private func look(_ user: User?) -> Views {
        guard let user else { return Views(now: .none, disk: .none) }
        let now = Look(at: user, on: machine, disk: false)
        // Usually a power cut would change nothing.
        if folders[0].isOnDisk { return Views(now: now, disk: now) }
        return Views(now: now, disk: Look(at: user, on: machine, disk: true))
    }

    /// What happens between two logins.
    mutating func goOn() {
        switch stage.tape.byte() & 15 {
        case 0: machine.realTime += 30
        case 1: machine.realTime += 1
        case 2: machine.realTime += 900
        case 3: machine.realTime += 86_400
        case 4: machine.realTime -= 30
        case 5: machine.realTime -= 86_400
        case 6: machine.realTime = 0
        case 7: machine.realTime = Int64(Scene.now)
        case 8: machine.realTime += 40 * 365 * 86_400
        case 9: machine.evict(in: folders)
        case 10, 11:
            let before = look(Scene.alice)
            machine.cutPower(&stage.tape, in: folders)
            // Whatever was half written, there is still the record, and nothing is usable again.
            let after = Look(at: Scene.alice, on: machine, disk: false)
            if case .record = before.disk {
                guard case .record = after else { mistake("a record is lost in a power cut") }
            }
            if before.disk.isEnrolled && before.now.isEnrolled {
                expect(after.isEnrolled, "an enrollment is lost in a power cut")
            }
        default: break
        }
    }
}

/// What the store has of a user, as programs see it, and what a power cut leaves at least.
struct Views {
    let now: Look
    let disk: Look
}

/// The person at the keyboard, who answers what the input says.
private final class Stage {
    var tape: Tape
    private var time: UInt64 = 0
    private var record: Summary?
    private var last: [UInt8] = []
    private var isJoined = false

    init(_ tape: Tape) { self.tape = tape }

    func begin(at time: UInt64, _ record: Summary?, joined: Bool) {
        (self.time, self.record, isJoined) = (time, record, joined)
    }

    /// The answer to a question; `nil` where the conversation fails.
    func answer(to question: [UInt8]) -> [UInt8]?? {
        if tape.isOver { return .none }
        let byte = tape.byte()
        var typed: [UInt8]
        switch byte & 15 {
        case 0: return .none
        case 1: return .some(nil)
        case 2: typed = []
        case 3: typed = tape.text()
        case 4, 5, 6: typed = code(of: Int(byte >> 4))
        case 7: typed = Array(Scene.codes[Int(byte >> 4) % BackupCode.setSize].utf8)
        case 8: typed = Array(Scene.temporaryCode.utf8)
        case 9: typed = last
        case 10: typed = shownCode(in: question)
        case 11: typed = Array(["i", "a", "y", "yes laptop", "n", "Y x"][Int(byte >> 4) % 6].utf8)
        case 12: typed = Array("00000\(byte >> 4)".utf8)
        case 13: typed = [UInt8](repeating: UInt8(ascii: "1"), count: 600)
        case 14:
            typed = code(of: Int(byte >> 4))
            typed.insert(UInt8(ascii: " "), at: typed.count / 2)
        default: typed = Array("hunter2".utf8) + code(of: Int(byte >> 4))
        }
        last = typed
        return isJoined && byte & 15 != 15 ? Array("secret".utf8) + typed : typed
    }

    /// A code of one of the user's devices, some steps from the current one.
    private func code(of index: Int) -> [UInt8] {
        guard let record, !record.authenticators.isEmpty else { return Array("123456".utf8) }
        let index = index % record.authenticators.count
        let device = record.authenticators[index]
        let offset = Int8(bitPattern: tape.byte()) % 16
        let step = device.currentStep(at: time) &+ UInt64(bitPattern: Int64(offset))
        return HOTP.typed(step, of: device, record.keys[index])
    }

    /// The code of a key that a question shows, as an app would have it.
    private func shownCode(in question: [UInt8]) -> [UInt8] {
        guard let key = question.shownKey, let name = Name("app".utf8),
            let device = Authenticator(name: name, added: 0)
        else { return Array("654321".utf8) }
        let step = TOTP.step(at: time, period: 30) &+ UInt64(tape.byte() & 3) &- 1
        return HOTP.typed(step, of: device, key)
    }
}

extension HOTP {
    /// A code as somebody types it.
    static func typed(_ step: UInt64, of device: Authenticator, _ key: [UInt8]) -> [UInt8] {
        let code = HOTP.code(
            key: key.span, factor: step, algorithm: device.algorithm, digits: device.digits)
        return Array(HOTP.text(code, digits: device.digits).utf8)
    }
}

extension [UInt8] {
    /// The key that a question shows to type into an app.
    var shownKey: [UInt8]? {
        for line in split(separator: UInt8(ascii: "\n")) where line.starts(with: "Key: ".utf8) {
            let symbols = Array(line.dropFirst(5))
            return Base32.decode(symbols.span)?.withBytes { $0.array }
        }
        return nil
    }
}
