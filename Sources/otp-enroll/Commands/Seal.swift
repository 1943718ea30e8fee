import ArgumentParser
import OTPCore
import OTPStore
import OTPSystem

/// `otp-enroll seal`: seals the seal key to this machine, or says how it is kept.
struct Seal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal", _superCommandName: OTPEnroll.name,
        abstract: "Seal the seal key to this machine, or open it by its recovery key (as root).",
        usage: """
            otp-enroll seal [<options>]
            otp-enroll seal --to tpm2|credential|file [<options>]
            otp-enroll seal --recover [<options>]
            """,
        discussion: """
              otp-enroll seal                    how the key is kept
              otp-enroll seal --to tpm2          only this machine's TPM opens it
              otp-enroll seal --to credential    systemd's host key, and the TPM if any
              otp-enroll seal --to file          a file again, as at first
              otp-enroll seal --recover          by the recovery key, and seal it anew

            A sealed key is opened into memory when the machine starts, and nothing on the disk opens \
            the records. With a TPM, a copy of the disk or a backup is of no use elsewhere. The recovery \
            key is shown once: it opens the key when the firmware was changed, the TPM cleared or the \
            board replaced. It is asked for on the terminal, or read from stdin.

            Afterwards, `otp-enroll rekey` makes a key that was never on the disk.
            """)

    /// How the key can be kept.
    enum Target: String, CaseIterable, ExpressibleByArgument {
        case tpm2, credential, file
    }

    @Option(help: "How to keep the key from now on.")
    var to: Target?

    @Flag(help: "Open the key by its recovery key, and seal it anew.")
    var recover = false

    @Option(
        help: ArgumentHelp(
            "Read the recovery key from this file (-: stdin).", valueName: "file"),
        completion: .file())
    var recoveryFile: String?

    @Option(
        name: .customLong("tpm2-pcrs"),
        help: ArgumentHelp(
            "Registers of the TPM that have to stay as they are (default: 7).",
            valueName: "numbers"))
    var registers: String?

    @Option(
        name: .customLong("tpm2-device"),
        help: ArgumentHelp(
            "Another TPM than the machine's own, as in systemd-creds(1).", valueName: "device"))
    var device: String?

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard recoveryFile == nil || recover else {
            throw ValidationError("--recovery-file needs --recover.")
        }
        guard registers == nil || KeyKept.areRegisters(registers ?? "") else {
            throw ValidationError("--tpm2-pcrs takes numbers from 0 to 23, such as 7 or 7+11.")
        }
        guard device.map({ !$0.isEmpty && KeyKept.isDevice($0) }) ?? true else {
            throw ValidationError(
                "--tpm2-device takes a path, or a driver such as device:/dev/tpmrm0.")
        }
        guard to != nil || recover || (registers ?? device) == nil else {
            throw ValidationError("--tpm2-pcrs and --tpm2-device need --to or --recover.")
        }
    }

    private var sealing: Sealing { Sealing(isJSON: global.json) }

    func run() throws {
        guard Machine.isRoot else { throw Failure("only root may do this", hint: "use sudo") }
        guard try KeyKeeper.isMeant(by: global) else {
            throw Failure(
                "a store of its own keeps its key inside, in a file",
                hint: "only the key of /var/lib/swiftotp can be sealed")
        }
        guard to != nil || recover else { return try tell(sealing.keeper.standing()) }
        try sealing.keeper.alone { try change(sealing.keeper.standing()) }
        let standing = try sealing.keeper.standing()
        log(standing.kept)
        if !global.json { try tell(standing) }
    }

    private func change(_ standing: KeyKeeper.Standing) throws {
        guard let to, !recover else { return try recover(standing) }
        guard !standing.isRekeying else {
            throw Failure("a rekey was not finished", hint: "run `otp-enroll rekey` first")
        }
        try sealing.keeper.finishSealing()
        to == .file ? try unseal(standing) : try seal(sealing.keeper.keys(), to, standing.kept)
    }

    // MARK: Acts

    private func seal(_ keys: SealKeyBytes, _ target: Target, _ before: KeyKept?) throws {
        try sealing.seal(keys, try kept(target, before))
    }

    private func unseal(_ standing: KeyKeeper.Standing) throws {
        guard standing.kept != nil else { return try sealing.keeper.removeSealed() }
        try sealing.keeper.unseal(sealing.keeper.keys())
    }

    private func recover(_ standing: KeyKeeper.Standing) throws {
        let keeper = sealing.keeper
        guard standing.kept != nil || (standing.hasRecovery && !standing.isOpen) else {
            throw Failure("the seal key is not sealed: there is nothing to recover")
        }
        let keys = try RecoveryQuestion(file: recoveryFile).answer { key throws(StoreError) in
            try keeper.keys(by: key)
        }
        guard try keeper.fits(keys) else {
            throw Failure(
                "this recovery key opens the key of another store",
                hint: "restore /etc/swiftotp and /var/lib/swiftotp from the same backup")
        }
        let target = to ?? standing.kept.map { $0.way == .tpm2 ? .tpm2 : .credential } ?? .tpm2
        if target == .file {
            guard keys.next == nil else {
                throw Failure(
                    "a rekey was not finished, so the key cannot be put into a file yet",
                    hint: "recover it with --to credential or tpm2, and run `otp-enroll rekey`")
            }
            try keeper.unseal(keys)
        } else {
            try seal(keys, target, standing.kept)
        }
    }

    /// What the command line asks for, or what it was before.
    private func kept(_ target: Target, _ before: KeyKept?) throws -> KeyKept {
        let device = device ?? before?.device
        let tpm = try device == nil ? SystemdCredential.findTPM() : (isThere: true, missing: "")
        guard target == .credential || tpm.isThere else {
            throw Failure(
                "systemd can use no TPM 2.0 here; missing: \(Output.printable(tpm.missing))",
                hints: [
                    "`otp-enroll seal --to credential` seals with the host key of systemd instead,"
                        + " which is on the disk", "`otp-enroll seal --to file` keeps a file",
                ])
        }
        let way: KeyKept.Way = target == .tpm2 ? .tpm2 : tpm.isThere ? .both : .host
        guard way.needsTPM else { return KeyKept(way, registers: "", device: nil) }
        let known = before.flatMap { $0.way.needsTPM ? $0.registers : nil }
        return KeyKept(way, registers: registers ?? known ?? "7", device: device)
    }

    // MARK: Words

    /// The service logs its own acts, but not this one.
    private func log(_ kept: KeyKept?) {
        SystemLog.open(as: "otp-enroll")
        var line = LogLine("seal key kept")
        line.add("in", kept?.way.rawValue ?? "file")
        line.add("by", outside: Array(Operator.name.utf8))
        SystemLog.write(line.bytes, CInt(LogPriority.notice.rawValue))
    }

    private func tell(_ standing: KeyKeeper.Standing) throws {
        if global.json {
            return try Output.json([
                "kept": .text(standing.kept?.way.rawValue ?? "file"),
                "pcrs": standing.kept.map { .text($0.registers) } ?? .null,
                "open": .bool(standing.isOpen), "recovery": .bool(standing.hasRecovery),
            ])
        }
        var text = "The seal key is \(KeyKept.words(standing.kept))."
        if standing.kept != nil {
            text += standing.isOpen ? " It is open." : " It was not opened: use --recover."
            if !standing.hasRecovery { text += " No recovery key opens it." }
            if standing.hasFile { text += " It is in a file as well: give --to once more." }
        }
        try Output.line(Words.wrapped(text, Terminal.textWidth).joined(separator: "\n"))
    }
}

extension KeyKeeper {
    /// Whether the command line and the configuration mean the store whose key can be sealed.
    static func isMeant(by global: GlobalOptions) throws -> Bool {
        guard global.store == nil else { return false }
        let words = global.config.map { [Array("conf=\($0)".utf8)] } ?? []
        return serves(try ConfigurationFile.options(words))
    }
}

extension KeyKept {
    /// How a key is kept, after "The seal key is".
    static func words(_ kept: KeyKept?) -> String {
        guard let kept else { return "in a file, \(KeyKeeper.folder)/seal.key" }
        let registers = kept.registers.isEmpty ? "" : ", PCR \(kept.registers)"
        return switch kept.way {
        case .tpm2: "sealed by the TPM (tpm2\(registers))"
        case .host: "sealed by the host key of systemd, which is on this disk (host)"
        case .both: "sealed by the TPM and the host key of systemd (host+tpm2\(registers))"
        }
    }
}
