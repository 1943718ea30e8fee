import CLinux
import Glibc
import OTPCore
import OTPStore
import OTPWire

/// The folder of records, the seal key, and the records themselves. Decoys belong to nobody.
struct StoreCheck {
    /// The result of the check.
    let look: Look
    /// The standing of enrolled users, by UID. A user whose record cannot be read counts as ready;
    /// this check reports the record. `nil` if unknown.
    private(set) var standings: [UInt32: Standing]?
    /// The users who have a record.
    private var owners: [User] = []
    /// When a code was last accepted, in Unix seconds.
    private(set) var lastLogin: UInt64 = 0

    static let name = "store"

    /// The store that the options name, as the service sees it. `service` is the result for the one
    /// that listens: one in trouble is not asked, but another in its place.
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
            look = .skipped(Self.name, "the options cannot be read, so its place is unknown")
            return
        }
        guard SystemFiles.status(path) != nil else {
            look = Look(Self.name, path, [Self.missing(path)])
            return
        }
        guard Machine.isRoot || service.isOwn else {
            look = .skipped(Self.name, "only root can look into \(path)")
            return
        }
        do {
            let records = try service.series {
                try Records(Roster(Context(by: service)), path)
            }
            let key = SealKeyLook(ofStoreAt: path)
            let about = "\(path): " + Words.count(records.count, "record") + key.about
            look = Look(
                Self.name, about,
                records.findings + key.findings + StoreCheck.placeFindings(path))
            standings = records.isOpen ? records.standings : nil
            owners = records.owners
            lastLogin = records.lastLogin
        } catch let failure as Failure {
            look = StoreCheck.look(after: failure, path)
        } catch let error as StoreError {
            look = Look(Self.name, path, [Finding(error)])
        }
    }

    /// Users who have a record, may log in according to their shell, and are none of these.
    func others(than users: [User]) -> [User] {
        let names = Set(users.map(\.name))
        let unknown = owners.filter { !names.contains($0.name) }
        var others: [User] = []
        Progress.through("Looking up users", unknown) { user in
            let account = try? SystemUsers().account(named: user.name)
            if account?.hasLoginShell == true { others.append(user) }
        }
        return others
    }

    /// A missing folder. If its key exists, a new folder would be another store.
    private static func missing(_ path: String) -> Finding {
        let text = "\(path) is missing: the module denies everybody"
        guard isDefault(path), SystemFiles.exists(defaultKey) || hasSealedKey(path) else {
            return Finding(.problem, text, in: path, change: "otp-enroll init")
        }
        return Finding(
            .problem, text + "; its key \(defaultKey) is there, so mount or restore it", in: path)
    }

    /// Where the seal key of the default store is; any other has its key inside.
    private static let defaultKey = KeyKeeper.folder + "/seal.key"

    /// Whether the store at `path` is the default one.
    static func isDefault(_ path: String) -> Bool { path == OptionKey.store.fallback }

    /// The path of the seal key of the store at `path`.
    static func key(ofStoreAt path: String) -> String {
        isDefault(path) ? defaultKey : path + "/seal.key"
    }

    /// Whether the key of the store at `path` is sealed: then it is not at that path.
    fileprivate static func hasSealedKey(_ path: String) -> Bool {
        isDefault(path) && SystemFiles.exists(KeyKeeper.folder + "/seal.kept")
    }

    /// The result if the check was not possible.
    private static func look(after failure: Failure, _ path: String) -> Look {
        guard let error = failure.trouble else { return .skipped(name, failure.message) }
        guard Machine.isRoot || error.code != .system else {
            return .skipped(name, "only root can look into \(path)")
        }
        return Look(name, path, [error.code == .sealed ? notOpened : Finding(error)])
    }

    /// A sealed key that was not opened.
    private static let notOpened = Finding(
        .problem,
        "the seal key is sealed and was not opened, so the module denies everybody;"
            + " `journalctl -u swiftotp-key` says why",
        in: KeyKeeper.folder + "/seal.kept", change: "otp-enroll seal --recover")
}

/// All records of a store, as the service reads them one by one.
private struct Records {
    let count: Int
    /// Whether they were read; they are not if something is wrong with the key.
    let isOpen: Bool
    private(set) var standings: [UInt32: Standing] = [:]
    private(set) var owners: [User] = []
    private(set) var lastLogin: UInt64 = 0
    /// What is wrong with the key.
    private let keyTrouble: [Finding]
    /// What is wrong with individual records.
    private var broken: [Finding] = []
    private var orphans: [UInt32] = []

    /// The most findings of one kind that are listed individually.
    private static let most = 10

    /// The records in the folder at `path`.
    init(_ roster: Roster, _ path: String) throws {
        let entries = try roster.recordedEntries()
        count = entries.count
        keyTrouble =
            StoreCheck.hasSealedKey(path)
            ? [] : Records.keyTrouble(StoreCheck.key(ofStoreAt: path), hasRecords: !entries.isEmpty)
        isOpen = keyTrouble.isEmpty
        guard isOpen else { return }
        if !entries.isEmpty, !SystemFiles.exists(path + "/marker") {
            broken.append(
                Finding(
                    .problem,
                    "\(path) has no marker, by which a store is recognized: users without a record are refused,"
                        + " even with nullok or enroll", in: path, change: "otp-enroll init"))
        }
        Progress.through("Looking at files", entries) { entry in
            let file = "\(path)/\(entry.uid)"
            guard SystemFiles.isUnchangeable(file) else { return }
            broken.append(
                Finding(
                    .problem, "\(entry.shownName) cannot log in: \(file) is immutable", in: file,
                    change: "chattr -ia \(file)"))
        }
        try roster.look(at: entries) { entry, finding in
            switch finding {
            case .nothing, .hidden: break
            case .orphan(let orphan):
                guard let orphan, let current = orphan.current else {
                    orphans.append(entry.uid)
                    break
                }
                // Not a user who passes because of that.
                standings[current] = .ready
                broken.append(
                    Finding(
                        .problem, "\(orphan.sentence) and cannot log in", change: orphan.command))
            case .found(let account, let user):
                standings[entry.uid] = Standing(account)
                owners.append(user)
                lastLogin = max(lastLogin, account.lastLogin ?? 0)
            case .unreadable(let error):
                standings[entry.uid] = .ready
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
                .problem, "others have access to \(path)", in: path,
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
    /// The first of the commands in it, after looking up whose record it is for.
    fileprivate var firstCommand: String {
        detail.split(separator: "`").dropFirst().first.map(String.init) ?? ""
    }
}
