import CLinux

// Whole logins: the service's own Connection, with a peer, a person and a kernel that do what the
// input says.

/// The first bytes choose the record and its trouble; then come up to eight logins, each with its
/// options, origin, failing calls and answers, and with what happens afterwards.
func fuzzLogin(_ input: [UInt8]) {
    // Each input begins its own minute.
    Noise.state.withLock { $0 = Noise.State() }
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
    /// Whether another user could have changed alice's record.
    private var isUnsafe = false
    /// Whether the store does not match the key.
    private var isLost = false

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
        isLost = [10, 11].contains(trouble & 15)
    }

    /// Changes to the files by an admin, another program or a bad disk.
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
        case 10: machine.remove("marker", from: folders[0])
        case 11:
            guard let marker = folders[0].entries[Array("marker".utf8)] else { return }
            marker.data[50] ^= 1
            marker.disk = marker.data
        default: break
        }
    }

    /// One login; `false` at the end of the input.
    mutating func login() -> Bool {
        guard !stage.tape.isOver else { return false }
        let setup = Setup(&stage.tape, machine)
        machine.faults = Faults(&stage.tape)
        let user = machine.faults.oddity.kind == .asksForOneself ? setup.caller : setup.user
        let before = look(user)
        stage.begin(
            at: UInt64(max(0, machine.realTime)), before.now.summary,
            joined: setup.options?.forwardsPass == true)
        if setup.hasEarlierAnswer { setup.password = stage.answer(to: []).flatMap { $0 } }
        let caller = run(setup)
        expect(
            !isUnsafe || setup.user != Scene.alice || caller.ending != .success
                || Scene.files[number] == nil,
            "let in by a record that is not safe")
        if isLost, Scene.files[number] == nil, setup.options?.exemptGroup == nil {
            expect(
                caller.ending != .success && caller.ending != .ignored,
                "a lost store is taken for one in which nobody is enrolled")
        }
        judge.check(
            TriedLogin(
                setup: setup, machine: machine, caller: caller, faults: machine.faults,
                now: machine.realTime, before: before, after: look(user)))
        return true
    }

    /// Runs the service on a connection.
    private func run(_ setup: Setup) -> Caller {
        let caller = Caller(setup, stage, machine.faults.oddity)
        machine.journal = []
        kernel = machine
        defer { kernel = nil }
        let (quotas, start) = (Quotas(), machine.upTime)
        serve(Socket(CInt(machine.socket(to: caller))), quotas)
        expect(machine.descriptors == 0 && caller.isHungUp, "a descriptor stays open")
        expect(quotas.emptySince != nil, "a place that is not free again")
        expect((machine.upTime - start) / 60_000_000_000 <= 32, "a login that does not end")
        return caller
    }

    private func serve(_ socket: consuming Socket, _ quotas: Quotas) {
        do throws(WireError) {
            let user = try socket.peer()
            let holder = Peer.isOwner(user) ? Quotas.Holder.unidentified : .user(user)
            guard let seat = try? quotas.enter(holder) else { mistake("no place") }
            var connection = Connection(
                Settings(), user, seat, FrameChannel(socket), HelpDeskPasses())
            connection.greet()
            connection.serve()
        } catch {
            expect(machine.faults.hasStruck, "nobody at the other end")
        }
    }

    private func look(_ user: User?) -> Views {
        guard let user else { return Views(now: .none, disk: .none) }
        let now = Look(at: user, on: machine, disk: false)
        // Usually a power failure would change nothing.
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
            // Whatever was half written, the record still exists, and nothing burned is usable
            // again.
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

/// The store's state for a user, as programs see it, and as a power failure would leave it at
/// least.
struct Views {
    let now: Look
    let disk: Look
}
