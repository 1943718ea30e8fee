import CLinux

/// What the targets of whole files and whole logins start from: a machine, and alice with one of
/// several records.
enum Scene {
    static let now: UInt64 = 1_800_000_015
    static let alice = User(name: Array("alice".utf8), uid: 1000, gid: 1000)
    static let boot = Array("01234567-89ab-cdef-0123-456789abcdef\n".utf8)
    static let storeParts = [Array("var".utf8), Array("lib".utf8), Array("swiftotp".utf8)]

    /// A key of the SSH client, as sshd reports it.
    static let methods = Array(
        ("publickey ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILSaj9smHj8xB5OhctJAlhpuN79tuThepXDkj+Vv"
            + "3nXQ\n").utf8)

    nonisolated(unsafe) static let sealKey: SealKey = {
        let bytes = [UInt8](repeating: 9, count: SealKey.keyLength)
        guard
            let key = SealKey(
                id: [UInt8](repeating: 1, count: SealKey.idLength),
                key: Secret(copying: bytes.span))
        else { mistake("no seal key") }
        return key
    }()

    private static let sealKeyFile =
        Array("SWOTPKEY".utf8) + [UInt8](repeating: 1, count: SealKey.idLength)
        + [UInt8](repeating: 9, count: SealKey.keyLength)

    private static let marker: [UInt8] = {
        let nonce = [UInt8](repeating: 3, count: SealKey.nonceLength)
        var name = [UInt8](repeating: 5, count: 16)
        let binding = Array("swiftotp marker".utf8)
        guard let tag = sealKey.seal(&name, nonce: nonce.span, binding: binding.span) else {
            mistake("no marker")
        }
        let start = Array("SWOTPMRK".utf8) + sealKey.id + nonce
        return [UInt8](capacity: start.count + SealKey.tagLength + name.count) { bytes in
            bytes.write(copying: start.span)
            bytes.write(copying: tag.span)
            bytes.write(copying: name.span)
        }
    }()

    // MARK: The machine

    /// A machine without any record.
    static func bareKernel() -> Kernel {
        let kernel = Kernel()
        let store = kernel.folder(storeParts)
        (store.mode, store.isWritable) = (0o700, true)
        let keys = kernel.folder([Array("etc".utf8), Array("swiftotp".utf8)])
        (keys.mode, keys.isWritable) = (0o700, true)
        kernel.put("/etc/swiftotp/seal.key", sealKeyFile)
        kernel.put("/var/lib/swiftotp/marker", marker)
        kernel.put("/proc/sys/kernel/random/boot_id", boot)
        kernel.put("/proc/sys/kernel/hostname", Array("host\n".utf8))
        kernel.put("/proc/self/status", Array("Name:\tsu\nUid:\t1000\t1000\t1000\t1000\n".utf8))
        return kernel
    }

    /// A machine where alice has record `number`, or none, and with decoys if it `isUsed`.
    static func machine(_ number: Int, isUsed: Bool) -> Kernel {
        let kernel = bareKernel()
        let store = kernel.folder(storeParts)
        if let contents = files[number % files.count] {
            kernel.put("/var/lib/swiftotp/1000", contents).isWritable = true
        }
        if isUsed { store.spare = decoys }
        return kernel
    }

    /// The bytes of alice's record files.
    nonisolated(unsafe) static let files: [[UInt8]?] = (0..<recordCount).map { number in
        number == 0 ? nil : file(of: record(number))
    }

    /// The file that a store writes for a record.
    static func file(of record: borrowing Record) -> [UInt8] {
        let machine = bareKernel()
        return on(machine) {
            do throws(StoreError) {
                try Store(path: nil).make(record, of: alice)
            } catch {
                mistake("a record cannot be made: \(String(decoding: error.text, as: UTF8.self))")
            }
            guard let file = machine.folder(storeParts).entries[Array("1000".utf8)] else {
                mistake("a record that is not there")
            }
            return file.disk
        }
    }

    nonisolated(unsafe) private static let decoys: [[UInt8]: [UInt8]] = {
        let machine = bareKernel()
        return on(machine) {
            do throws(StoreError) {
                _ = try Store(path: nil).openDecoy(for: Array("nobody".utf8))
            } catch {
                mistake("decoys that cannot be made")
            }
            return machine.folder(storeParts).entries.mapValues { $0.data }
                .filter { $0.key.starts(with: "decoy-".utf8) }
        }
    }()

    /// Runs `body` with the module's system calls going to `machine`; none of them fails.
    static func on<Result>(_ machine: Kernel, _ body: () -> Result) -> Result {
        let before = (kernel, machine.faults, machine.user)
        kernel = machine
        (machine.faults, machine.user) = (Faults(), 0)
        defer { (kernel, machine.faults, machine.user) = before }
        return body()
    }

    // MARK: alice's records

    static let recordCount = 12

    /// The plain codes handed out: backup codes by number, and the temporary code.
    nonisolated(unsafe) private(set) static var codes: [String] = []
    nonisolated(unsafe) private(set) static var temporaryCode = ""

    private static func key(_ first: UInt8, _ count: Int) -> [UInt8] {
        (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0) }
    }

    private static func add(
        _ text: String, _ key: [UInt8], to record: inout Record,
        _ change: (inout Authenticator) -> Void = { _ in }
    ) {
        guard let name = Name(text.utf8), var device = Authenticator(name: name, added: now - 1000)
        else { mistake("no authenticator") }
        change(&device)
        do throws(Record.ChangeError) {
            try record.add(device, key: key.span)
        } catch {
            mistake("no room")
        }
    }

    private static func addCodes(to record: inout Record, keeping kept: Int = 10) {
        var seed: UInt8 = 0
        codes = []
        record.renewBackupCodes(
            at: now - 500,
            random: { count in
                seed &+= 1
                return key(seed &* 31, count)
            }, { codes.append($0) })
        for index in kept..<BackupCode.setSize { record.backupCodes[index] = nil }
    }

    private static func addTemporaryCode(to record: inout Record, boot: BootTime?) {
        var random = key(77, TemporaryCode.randomLength)
        record.issueTemporaryCode(
            at: now - 100, validFor: 86_400, boot: boot, random: &random,
            salt: key(3, HashedCode.saltLength)
        ) { temporaryCode = $0 }
        record.note(Event(.temporaryCodeIssued, at: now - 100, detail: [], origin: [115]))
    }

    private static func record(_ number: Int) -> Record {
        var record = Record()
        if [1, 2, 3, 6, 7, 9, 11].contains(number) { add("phone", key(1, 20), to: &record) }
        switch number {
        case 2:
            add("tablet", key(50, 32), to: &record) {
                ($0.algorithm, $0.digits, $0.period, $0.drift) = (.sha256, 8, 60, -2)
            }
            add("token", key(99, 20), to: &record) { ($0.kind, $0.nextStep) = (.hotp, 5) }
        case 3:
            addCodes(to: &record)
            addTemporaryCode(to: &record, boot: BootTime(id: key(1, 16), seconds: 100))
            guard let name = Name("laptop".utf8), let ssh = SSHMethods(methods).key,
                record.trust(
                    ssh.fingerprint, named: name, at: now - 90, days: 30, most: 8, from: [])
            else { mistake("no trusted key") }
        case 4: addCodes(to: &record, keeping: 1)
        case 5: addTemporaryCode(to: &record, boot: nil)
        case 6: record.throttle.shared = Throttle.Counter(failures: 4, last: now - 5)
        case 7: record.throttle.shared = Throttle.Counter(failures: 99, last: now - 1000)
        case 8: record.timesPutOff = 1
        case 9: record.update(0) { ($0.nextStep, $0.lastUsed) = (60_000_010, now + 300) }
        case 10:
            for index in 0..<5 { add("device\(index)", key(UInt8(index), 20), to: &record) }
        case 11: addTemporaryCode(to: &record, boot: BootTime(id: key(1, 16), seconds: 100))
        default: break
        }
        return record
    }
}
