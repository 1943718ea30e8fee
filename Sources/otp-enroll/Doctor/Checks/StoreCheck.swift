import CLinux
import Glibc
import OTPCore
import OTPWire

/// The folder of records, the seal key, and the records themselves. Decoys are nobody's.
struct StoreCheck {
    /// What was looked at.
    let look: Look
    /// The numbers of those who have something to log in with, or a record that cannot be read,
    /// of which this check tells; `nil` where nobody can be told.
    private(set) var enrolled: Set<UInt32>?
    /// When a code was last accepted, in Unix seconds.
    private(set) var lastLogin: UInt64 = 0

    static let name = "store"

    /// The store that the options name, as the service sees it. `service` is what was found out
    /// about the one that listens: one that is ill is not asked, but another in its place.
    init(_ options: Options, _ configuration: ConfigurationCheck, askedAfter service: Look) throws {
        let place = options.store.map { String(decoding: $0, as: UTF8.self) }
        let path = place ?? OptionKey.store.fallback
        let names = configuration.named
        let isIll = service.findings.contains { $0.severity == .problem }
        let service = try ServiceConnection(
            configuration: names.configuration, store: names.store,
            socket: options.socket.map { String(decoding: $0, as: UTF8.self) },
            avoidsListener: isIll)
        guard configuration.isKnown else {
            look = .skipped(Self.name, "the options cannot be read, so where is it?")
            return
        }
        let keyPath = place.map { $0 + "/seal.key" } ?? "/etc/swiftotp/seal.key"
        // Where its key is there, it is lost, and the service says what to do.
        guard SystemFiles.status(path) != nil || SystemFiles.status(keyPath) != nil else {
            let finding = Finding(
                .problem, "\(path) is missing: the module denies everybody", in: path,
                change: "otp-enroll add \(Machine.isRoot ? "root" : "USER")")
            look = Look(Self.name, path, [finding])
            return
        }
        guard Machine.isRoot || service.isOwn else {
            look = .skipped(Self.name, "only root can look into \(path)")
            return
        }
        do {
            let records = try service.series {
                try Records(Roster(Context(by: service)), keyPath: keyPath)
            }
            let about = "\(path): " + Words.count(records.count, "record")
            look = Look(Self.name, about, records.findings + StoreCheck.placeFindings(path))
            enrolled = records.isOpen ? records.enrolled : nil
            lastLogin = records.lastLogin
        } catch let failure as Failure {
            look = StoreCheck.look(after: failure, path)
        } catch let error as StoreError {
            look = Look(Self.name, path, [Finding(error)])
        }
    }

    /// The look that was not possible.
    private static func look(after failure: Failure, _ path: String) -> Look {
        guard let error = failure.trouble else { return .skipped(name, failure.message) }
        guard Machine.isRoot || error.code != .system else {
            return .skipped(name, "only root can look into \(path)")
        }
        return Look(name, path, [Finding(error)])
    }
}

extension StoreCheck {
    /// File systems whose locks and syncs are what another machine or a program makes of them, by
    /// their numbers (statfs(2), <linux/magic.h>).
    private static let remote: [Int: String] = [
        0x6969: "NFS", 0x517B: "SMB", 0xFF53_4D42: "CIFS", 0xFE53_4D42: "SMB2",
        0x00C3_6400: "Ceph", 0x0102_1997: "9P", 0x5346_414F: "AFS", 0x7375_7245: "Coda",
        0x6573_5546: "FUSE",
    ]

    /// What is wrong with where the store is.
    private static func placeFindings(_ path: String) -> [Finding] {
        guard let kind = SystemFiles.fileSystem(path).flatMap({ remote[$0] }) else { return [] }
        return [
            Finding(
                .warning,
                "\(path) is on \(kind): where locks do not hold, a code is good for two logins"
                    + " at once; keep the store on a local disk", in: path)
        ]
    }
}

/// All records of a store, as the service reads them one by one.
private struct Records {
    let count: Int
    /// Whether they were read: not where something is wrong with the key.
    let isOpen: Bool
    private(set) var enrolled: Set<UInt32> = []
    private(set) var lastLogin: UInt64 = 0
    /// What is wrong with the key.
    private let keyTrouble: [Finding]
    /// What is wrong with single records.
    private var broken: [Finding] = []
    private var orphans: [UInt32] = []

    /// The most findings of one kind that are listed one by one.
    private static let most = 10

    /// The seal key lies at `keyPath`.
    init(_ roster: Roster, keyPath: String) throws {
        let entries = try roster.entries().filter(\.hasRecord)
        count = entries.count
        keyTrouble = Records.keyTrouble(keyPath, hasRecords: !entries.isEmpty)
        isOpen = keyTrouble.isEmpty
        guard isOpen else { return }
        try roster.look(at: entries) { entry, finding in
            switch finding {
            case .nothing: break
            case .orphan(let orphan):
                guard let orphan, let current = orphan.current else {
                    orphans.append(entry.uid)
                    break
                }
                // Not one who passes because of that.
                enrolled.insert(current)
                broken.append(
                    Finding(
                        .problem, "\(orphan.sentence) and cannot log in", change: orphan.command))
            case .found(let account, _):
                if account.isEnrolled { enrolled.insert(entry.uid) }
                lastLogin = max(lastLogin, account.lastLogin ?? 0)
            case .unreadable(let error):
                enrolled.insert(entry.uid)
                broken.append(Records.finding(error, of: entry))
            }
        }
    }

    private static func finding(_ error: StoreError, of entry: Roster.Entry) -> Finding {
        let (finding, name) = (Finding(error), entry.shownName)
        let mending =
            switch error.code {
            case .otherUser: error.firstCommand
            case _ where entry.users.isEmpty: "otp-enroll forget \(entry.uid)"
            default: "otp-enroll reset \(name)"
            }
        return Finding(
            .problem, "\(name) cannot log in: \(finding.text)", in: finding.place,
            change: finding.change.isEmpty ? mending : finding.change)
    }

    /// What can be seen of the key from outside.
    private static func keyTrouble(_ path: String, hasRecords: Bool) -> [Finding] {
        guard let status = SystemFiles.status(path, following: false) else {
            guard hasRecords else {
                return [
                    Finding(
                        .problem,
                        "\(path) is missing, so no store was made: the module denies everybody",
                        in: path, change: "otp-enroll init")
                ]
            }
            return [
                Finding(
                    .problem,
                    "\(path) is missing, and the records need it: bring it back from a"
                        + " backup", in: path)
            ]
        }
        if status.st_uid != geteuid() {
            return [
                Finding(
                    .problem, "\(path) belongs to user \(status.st_uid)", in: path,
                    change: "chown root: \(path)")
            ]
        }
        guard status.st_mode & 0o077 != 0 else { return [] }
        return [
            Finding(
                .problem, "the mode of \(path) lets others at it", in: path,
                change: "chmod 0600 \(path)")
        ]
    }

    var findings: [Finding] {
        guard isOpen else { return keyTrouble }
        var findings = Array(broken.prefix(Records.most))
        if broken.count > Records.most {
            let rest = broken.count - Records.most
            findings.append(
                Finding(
                    .problem, "\(rest) more records cannot be read", change: "otp-enroll list"))
        }
        if !orphans.isEmpty {
            let numbers = Names.some(orphans.map(String.init))
            findings.append(
                Finding(
                    .note,
                    "\(Words.count(orphans.count, "record")) of users who are gone"
                        + " (\(numbers)); a new user with the same number cannot log in with it",
                    change: orphans.first.map { "otp-enroll forget \($0)" } ?? ""))
        }
        return findings
    }
}

extension StoreError {
    /// The first of the commands that it names, which it has looked up whose record it is for.
    fileprivate var firstCommand: String {
        detail.split(separator: "`").dropFirst().first.map(String.init) ?? ""
    }
}
