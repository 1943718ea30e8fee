import Glibc
import OTPCore

/// The folder of records, and the key that they are sealed with.
public final class Store: RecordStore {
    /// Where the records are by default.
    public static var defaultPath: [UInt8] { [UInt8]("/var/lib/swiftotp" as StaticString) }
    /// Where the seal key of the default store is.
    public static var defaultKeyPath: [UInt8] { [UInt8]("/etc/swiftotp/seal.key" as StaticString) }

    let folder: FileDescriptor
    /// The folder's path.
    public let path: [UInt8]
    /// The seal key's path.
    public let keyPath: [UInt8]
    /// The path of the next seal key, while a rekey is under way.
    public var nextKeyPath: [UInt8] { keyPath + Array(".next".utf8) }
    /// Whether the seal key is in the folder itself.
    let keepsKey: Bool
    /// The seal keys, once they were read.
    var cachedKeys: SealKeys?
    private let leftovers: Leftovers
    /// Whether the marker was found to match the key.
    var isProven = false

    /// Changes to a record that are on the disk, and that its user is to be told of.
    public struct Change: Sendable {
        public let events: [Event]
        public let user: User
        /// The user's language, if the user has chosen one.
        public let language: Language?

        public init(events: [Event], user: User, language: Language?) {
            (self.events, self.user, self.language) = (events, user, language)
        }
    }

    /// Gets each change after it was committed, while the record may still be locked: it must not
    /// wait for anything.
    public var telling: ((Change) -> Void)?

    func tell(_ events: [Event], to user: User, in language: Language?) {
        guard let telling, !events.isEmpty else { return }
        telling(Change(events: events, user: user, language: language))
    }

    /// Whether leftovers were looked for. Once is enough for many records in a row; each look reads
    /// the whole folder.
    public final class Leftovers {
        fileprivate var wereLookedFor = false
        public init() {}
    }

    /// Opens the store at `path`, or the default one. Every other store has its key inside.
    public init(path: [UInt8]?, leftovers: Leftovers = Leftovers()) throws(StoreError) {
        self.leftovers = leftovers
        self.path = path ?? Store.defaultPath
        keepsKey = path.map { !Store.isDefault($0) } ?? false
        keyPath = keepsKey ? self.path + Array("/seal.key".utf8) : Store.defaultKeyPath
        folder = try SafeOpen.directory(self.path)
        let status = try SafeOpen.status(of: folder, path: self.path)
        guard status.owner == geteuid() else {
            throw status.owner == 0
                ? StoreError(.system, self.path, "permission denied: only root has access")
                : StoreError(
                    .unsafe, self.path, "it belongs to user \(status.owner); chown it to root")
        }
        guard status.permissions & 0o077 == 0 else {
            throw StoreError(.unsafe, self.path, "others have access to it; chmod it to 0700")
        }
    }

    /// Whether `path` is the default store, however it is written: there is one key for it, whether
    /// it is named or not. Links cannot lead there, because none is followed.
    static func isDefault(_ path: [UInt8]) -> Bool {
        func parts(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
            path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
        }
        return path.first == UInt8(ascii: "/") && parts(path) == parts(defaultPath)
    }

    /// Makes the folder at `path`, mode 0700, if it is missing.
    static func makeFolder(_ path: [UInt8]) throws(StoreError) {
        let (parent, name) = try split(path)
        let folder = try SafeOpen.directory(parent)
        do throws(Errno) {
            try System.makeDirectory(name, in: folder, mode: 0o700)
            try System.syncFolder(folder)
        } catch {
            if error.number != EEXIST { throw StoreError(path, error) }
        }
    }

    /// Syncs the folder that `path` is in.
    private static func syncParent(of path: [UInt8]) throws(StoreError) {
        let folder = try SafeOpen.directory(try split(path).parent)
        do throws(Errno) {
            try System.syncFolder(folder)
        } catch {
            // A folder that we may not read, such as by an AppArmor rule, is its maker's to sync.
            if error.number != EACCES { throw StoreError(path, error) }
        }
    }

    /// The folder that contains `path`, and the name in it.
    private static func split(
        _ path: [UInt8]
    ) throws(StoreError) -> (parent: [UInt8], name: [UInt8]) {
        var path = path
        while path.count > 1 && path.last == UInt8(ascii: "/") { path.removeLast() }
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            throw StoreError(.unsafe, path, "not an absolute path")
        }
        return (Array(path[..<slash]), Array(path[(slash + 1)...]))
    }

    // MARK: Records

    public func isEnrolled(_ user: User) throws(StoreError) -> Bool {
        // A record is opened only if it exists, so that most users who pass cost little.
        if try hasRecord(of: user), let session = try openForReading(user) {
            defer { session.close() }
            if session.withRecord({ $0.isEnrolled }) { return true }
        } else {
            try prove()
        }
        try checkOtherNumber(of: user)
        return false
    }

    /// Whether `user` has a record, whatever it contains.
    func hasRecord(of user: User) throws(StoreError) -> Bool {
        try has(Store.fileName(of: user))
    }

    public func open(_ user: User) throws(StoreError) -> RecordFile? {
        // The key first, so that the calls come in the same order as for a decoy, which is chosen
        // with it. Trouble with the key matters only if there is a record.
        do throws(StoreError) { _ = try key() } catch {}
        // The marker is checked in any case, so that it takes the same time for everybody; a record
        // that exists proves itself.
        var doubt: StoreError?
        do throws(StoreError) { try prove() } catch { doubt = error }
        let file = try RecordFile.open(user, as: Store.fileName(of: user), in: self, writing: true)
        if file == nil, let doubt { throw doubt }
        return file
    }

    /// Opens a record only to read it; `commit` would fail.
    public func openForReading(_ user: User) throws(StoreError) -> RecordFile? {
        let file = try RecordFile.open(user, as: Store.fileName(of: user), in: self, writing: false)
        if file == nil { try prove() }
        return file
    }

    /// Makes the record of a user who has none; throws `.exists` if there is one.
    public func make(_ record: borrowing Record, of user: User) throws(StoreError) {
        try prove()
        // One person has one record: a code used up in one must not be good in another.
        try checkOtherNumber(of: user)
        try tidy()
        let hold = try holdKey()
        defer { System.unlock(hold) }
        try note(user.name, in: user.uid)
        try RecordFile.make(record, of: user, as: Store.fileName(of: user), in: self)
    }

    /// Removes the record that `session` has open; it stays locked until it is closed.
    public func remove(_ user: User) throws(StoreError) {
        try unlinkLasting(Store.fileName(of: user))
    }

    /// The UIDs of all users who have a record.
    public func userIDs() throws(StoreError) -> [UInt32] {
        try entries().compactMap { Store.userID($0) }
    }

    /// The UID of the record called `name`. A name in another form, such as `007`, is nobody's.
    static func userID(_ name: [UInt8]) -> UInt32? {
        UInt32(String(decoding: name, as: UTF8.self))
            .flatMap { String($0).utf8.elementsEqual(name) ? $0 : nil }
    }

    /// Syncs the names of store and key.
    func settle() throws(StoreError) {
        try Store.syncParent(of: path)
        try Store.syncParent(of: keyPath)
        if !keepsKey { try Store.syncParent(of: try Store.split(keyPath).parent) }
    }

    /// Removes what makers of records left behind when they were killed: temporary files that
    /// nobody has locked. Before the first record, also syncs store and key, whose makers may have
    /// been killed as well.
    func tidy() throws(StoreError) {
        if leftovers.wereLookedFor { return }
        let names = try entries()
        if !names.contains(where: { Store.userID($0) != nil }) { try settle() }
        leftovers.wereLookedFor = true
        for name in names where NewFile.isTemporary(name) {
            do throws(Errno) {
                let file = try System.open(name, in: folder, O_RDWR | O_NONBLOCK)
                if try System.tryLock(file, shared: false) { try System.unlink(name, in: folder) }
            } catch {
                continue
            }
        }
    }

    func entries() throws(StoreError) -> [[UInt8]] {
        do throws(Errno) {
            return try System.entries(of: folder)
        } catch {
            throw StoreError(path, error)
        }
    }

    /// The name of a user's record: the UID, never a name from outside.
    static func fileName(of user: User) -> [UInt8] { fileName(of: user.uid) }

    static func fileName(of number: UInt32) -> [UInt8] { Array(String(number).utf8) }

    /// The path of the record of this UID.
    public func path(ofRecord number: UInt32) -> [UInt8] { path(of: Store.fileName(of: number)) }

    /// The path of a file in the folder.
    func path(of name: [UInt8]) -> [UInt8] {
        let folder = path
        return [UInt8](capacity: folder.count + 1 + name.count) { full in
            full.write(copying: folder.span)
            full.write(UInt8(ascii: "/"))
            full.write(copying: name.span)
        }
    }
}
