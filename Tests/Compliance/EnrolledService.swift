import Foundation
import OTPCore
import OTPStore
import TestSupport

/// Where one module logs one user in: its service, its file, and the enrolled user.
struct EnrolledService {
    /// Scratch codes as in google-authenticator.
    static let scratchCodes = ["12345678", "88709766", "11488461"]
    static let user = "daemon", name = "compliance"

    let module: Module
    /// The folder with the service.
    let services: String
    /// The folder with our store, or the others' file.
    let state: String
    /// The user's backup codes with our module.
    private(set) var backup: [String] = []
    /// Whether nobody can be enrolled with such a key.
    private(set) var refuses = false

    private let clock: StoppedClock

    /// Enrolls the user anew, and writes the service.
    init(
        _ one: Case, _ module: Module, in root: String, by clock: StoppedClock
    ) throws {
        self.module = module
        self.clock = clock
        let folder = root + "/" + UUID().uuidString
        services = folder + "/pam.d"
        state = folder + "/state"
        for path in [folder, services] + (module == .ours ? [] : [state]) {
            guard mkdir(path, 0o700) == 0 else { throw Trouble("cannot make \(path)") }
        }
        try write(service(one.options[module]), to: services + "/" + Self.name, mode: 0o644)
        switch module {
        case .google: try write(google(one.enrolled), to: file)
        case .oath: try write(oath(one.enrolled), to: file)
        case .ours: try enroll(one.enrolled)
        }
        if let damage = one.enrolled.damage { try spoil(damage) }
    }

    /// Only the module decides. PAM_IGNORE becomes a result that libpam never returns by itself.
    private func service(_ options: String) throws -> String {
        let place =
            switch module {
            case .google: "user=root secret=\(state)/${USER}"
            case .oath: "usersfile=\(file)" + (options.contains("window=") ? "" : " window=1")
            case .ours: "store=\(state) socket=/nonexistent program=\(clock.program)"
            }
        return """
            auth [success=done ignore=1 default=die] \(try module.path()) \(place) \(options)
            auth requisite pam_deny.so
            auth requisite pam_debug.so auth=acct_expired

            """
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        guard chmod(path, mode) == 0 else { throw Trouble("cannot write \(path)") }
    }

    // MARK: Enrolling

    private func google(_ enrolled: Enrollment) -> String {
        let key = Base32.encode(enrolled.key.span)
        let kind = enrolled.counter.map { "HOTP_COUNTER \($0)" } ?? "TOTP_AUTH"
        let step = enrolled.period == 30 ? [] : ["STEP_SIZE \(enrolled.period)"]
        let options = ([kind] + step + enrolled.google).map { "\" \($0)" }
        let codes = enrolled.hasBackup ? Self.scratchCodes : []
        return ([String(decoding: key, as: UTF8.self)] + options + codes)
            .map { $0 + "\n" }.joined()
    }

    private func oath(_ enrolled: Enrollment) -> String {
        let kind = enrolled.counter == nil ? "HOTP/T\(enrolled.period)" : "HOTP"
        let keys = [enrolled.key] + (enrolled.hasSecond ? [Codes.secondKey] : [])
        return keys.map { key in
            let hex = key.map { String(format: "%02x", $0) }.joined()
            let counter = enrolled.counter.map { " \($0)" } ?? ""
            return "\(kind) \(Self.user) \(enrolled.column) \(hex)\(counter)\n"
        }.joined()
    }

    private mutating func enroll(_ enrolled: Enrollment) throws {
        let store = try Store.make(path: Array(state.utf8)).store
        guard let user = try SystemUsers().user(named: Array(Self.user.utf8)) else {
            throw Trouble("no user \(Self.user)")
        }
        var record = Record()
        let keys = [enrolled.key] + (enrolled.hasSecond ? [Codes.secondKey] : [])
        for (index, key) in keys.enumerated() {
            guard let name = Name("device\(index)".utf8),
                var device = Authenticator(
                    name: name, kind: enrolled.counter == nil ? .totp : .hotp,
                    period: UInt16(enrolled.period), added: UInt64(Codes.start))
            else { throw Trouble("no authenticator") }
            device.nextStep = UInt64(enrolled.counter ?? 0)
            // Like import, unless root says --allow-short-keys.
            guard HOTP.keyLengthRange.contains(key.count) else {
                refuses = true
                return
            }
            try record.add(device, key: key.span)
        }
        if enrolled.hasBackup {
            let random: (Int) throws(StoreError) -> [UInt8] = { (count) throws(StoreError) in
                try SystemRandom().bytes(count)
            }
            var codes: [String] = []
            try record.renewBackupCodes(at: 1, random: random) { codes.append($0) }
            backup = codes
        }
        try store.make(record, of: user)
    }

    // MARK: Damage

    /// The file that a login changes.
    var file: String {
        switch module {
        case .google: "\(state)/\(Self.user)"
        case .oath: "\(state)/users.oath"
        case .ours: "\(state)/1"
        }
    }

    private func spoil(_ damage: Enrollment.Damage) throws {
        switch damage {
        case .notEnrolled:
            if module == .oath { try write("# nobody\n", to: file) } else { unlink(file) }
        case .noFile: try FileManager.default.removeItem(atPath: module == .ours ? state : file)
        case .folder:
            unlink(file)
            mkdir(file, 0o700)
        case .foreign: chown(file, 2, 2)
        case .open: chmod(file, 0o666)
        case .empty: truncate(file, 0)
        case .garbled:
            var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            for offset in stride(from: 1, to: bytes.count, by: 3) { bytes[offset] ^= 0x11 }
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        }
    }
}

extension Enrollment {
    /// The device's key.
    var key: [UInt8] { hasShortKey ? Array(Codes.key.prefix(10)) : Codes.key }
}
