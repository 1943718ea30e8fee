import CLinux
import Glibc
import OTPCore
import OTPStore

/// The folder of records, the seal key, and the records themselves. Decoys are nobody's.
struct StoreCheck {
    /// What was looked at.
    let look: Look
    /// The numbers of those who have something to log in with, or a record that cannot be read,
    /// of which this check tells; `nil` where nobody can be told.
    let enrolled: Set<UInt32>?
    /// When a code was last accepted, in Unix seconds.
    let lastLogin: UInt64

    static let name = "store"

    init(_ options: Options) {
        let path = options.store ?? Store.defaultPath
        let shown = String(decoding: path, as: UTF8.self)
        do {
            let store = try Store(path: options.store)
            let records = try Records(store)
            var findings = StoreCheck.keyFindings(store, hasRecords: records.count > 0)
            findings += findings.isEmpty ? records.findings : []
            findings += StoreCheck.placeFindings(shown)
            let about = "\(shown): " + Words.count(records.count, "record")
            look = Look(Self.name, about, findings)
            enrolled = records.isOpen ? records.enrolled : nil
            lastLogin = records.lastLogin
        } catch let error as StoreError {
            (enrolled, lastLogin) = (nil, 0)
            switch error.code {
            case .system where !Machine.isRoot:
                look = .skipped(Self.name, "only root can look into \(shown)")
            case .missing where error.subject == path:
                let finding = Finding(
                    .problem, "\(shown) is missing: the module denies everybody", in: shown,
                    change: "otp-enroll add \(Machine.isRoot ? "root" : "USER")")
                look = Look(Self.name, shown, [finding])
            default: look = Look(Self.name, shown, [Finding(error)])
            }
        } catch {
            (enrolled, lastLogin) = (nil, 0)
            look = Look(Self.name, shown, [Finding(.problem, "\(error)", in: shown)])
        }
    }

    /// What is wrong with a key that no record has been opened with.
    private static func keyFindings(_ store: Store, hasRecords: Bool) -> [Finding] {
        let path = String(decoding: store.keyPath, as: UTF8.self)
        guard let status = SystemFiles.status(path, following: false) else {
            guard hasRecords else { return [] }
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

/// All records of a store, opened one by one.
private struct Records {
    private(set) var count = 0
    private(set) var enrolled: Set<UInt32> = []
    private(set) var lastLogin: UInt64 = 0
    /// Whether the key can be used.
    private(set) var isOpen = true
    /// What is wrong with the key.
    private var keyTrouble: StoreError?
    /// What is wrong with single records.
    private var broken: [Finding] = []
    private var orphans: [UInt32] = []

    /// The most findings of one kind that are listed one by one.
    private static let most = 10

    init(_ store: Store) throws {
        let directory = SystemUsers()
        var users: [UInt32: [User]] = [:]
        for user in try directory.all() { users[user.uid, default: []].append(user) }
        for uid in try store.userIDs().sorted() {
            count += 1
            let known = try users[uid] ?? directory.user(withID: uid).map { [$0] } ?? []
            try open(uid, of: known, in: store)
        }
    }

    private mutating func open(_ uid: UInt32, of users: [User], in store: Store) throws {
        guard !users.isEmpty else { return orphans.append(uid) }
        let path = store.path + Array("/\(uid)".utf8)
        var refusal: StoreError?
        for user in users {
            do throws(StoreError) {
                guard let session = try store.openForReading(user) else { return }
                defer { session.close() }
                let (isEnrolled, last) = session.withRecord { record in
                    (record.isEnrolled, record.throttle.sources.map(\.lastLogin).max() ?? 0)
                }
                if isEnrolled { enrolled.insert(uid) }
                lastLogin = max(lastLogin, last)
                return
            } catch {
                // The key's or the folder's trouble is everybody's.
                guard error.subject == path else {
                    guard error.subject == store.keyPath else { throw error }
                    isOpen = false
                    keyTrouble = error
                    return
                }
                refusal = refusal ?? error
            }
        }
        guard let refusal else { return }
        enrolled.insert(uid)
        let name = users.first.map { String(decoding: $0.name, as: UTF8.self) } ?? "\(uid)"
        let finding = Finding(refusal)
        broken.append(
            Finding(
                .problem, "\(name) cannot log in: \(finding.text)", in: finding.place,
                change: finding.change.isEmpty ? "otp-enroll reset \(name)" : finding.change))
    }

    var findings: [Finding] {
        if let keyTrouble { return [Finding(keyTrouble)] }
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
                        + " (\(numbers)); a new user with the same number cannot log in with it"))
        }
        return findings
    }
}
