import Foundation
import OTPCore
import OTPStore
import TestSupport

private let unavailable = "The code cannot be checked right now. Please tell your administrator."

extension Row {
    /// A row with a faulty file: the code is right, nobody gets in, the log tells the admin what to
    /// repair, and the user gets a plain sentence.
    static func trouble(
        _ name: String, log: String, prompts: Int = 1, recordStays: Bool = true,
        arguments: String = "", _ spoil: @escaping @Sendable (Enrolled) async throws -> Void
    ) -> Row {
        .login(
            name, "PAM_AUTHINFO_UNAVAIL", arguments: arguments, prompts: prompts, log: log,
            says: unavailable, recordStays: recordStays
        ) { enrolled, _ in
            let code = try await enrolled.phone.code()
            try await spoil(enrolled)
            return prompts == 0 ? [] : ["answer \(code)"]
        }
    }
}

extension ReturnCodes {
    /// Results decided by the store.
    static let stores: [Row] = [
        .trouble("record with mode 0644", log: "others have access to it; chmod it to 0600") {
            chmod(try $0.recordFile, 0o644)
        },
        .trouble("record of another owner", log: "it belongs to user 1; chown it to root") {
            chown(try $0.recordFile, 1, 1)
        },
        .trouble("symbolic link where the record should be", log: "it is a symbolic link") {
            let file = try $0.recordFile
            rename(file, file + ".moved")
            symlink(file + ".moved", file)
        },
        .trouble("hard link to the record", log: "it has a second name (hard link)") {
            let file = try $0.recordFile
            link(file, $0.scratch.file("second"))
        },
        .trouble("FIFO where the record should be", log: "not a regular file", recordStays: false) {
            let file = try $0.recordFile
            unlink(file)
            mkfifo(file, 0o600)
        },
        .trouble("folder where the record should be", log: "it is a directory", recordStays: false)
        {
            let file = try $0.recordFile
            unlink(file)
            mkdir(file, 0o700)
        },
        .trouble("truncated record", log: "its size is wrong") {
            truncate(try $0.recordFile, 5000)
        },
        .trouble("empty record", log: "its size is wrong") { truncate(try $0.recordFile, 0) },
        .trouble("flipped bit in the record", log: "it is damaged or was tampered with") {
            try $0.flip(4096 + 200)
        },
        .trouble("flipped bit in the mark", log: "it is damaged or was tampered with") {
            try $0.flip(512 + 3)
        },
        .trouble(
            "flipped bit in a charge that counts", log: "it is damaged or was tampered with"
        ) {
            try $0.chargeAndDie()
            try $0.flip(528 + 40)
        },
        .trouble("record of another user", log: "it is bin's, of the number 2", recordStays: false)
        {
            let other = try Enrolled(user: "bin", in: $0.scratch)
            rename(try other.recordFile, try $0.recordFile)
        },
        .trouble("record of another seal key", log: "it was sealed with another seal key") {
            let other = try Enrolled()
            try FileManager.default.removeItem(atPath: $0.store + "/seal.key")
            try FileManager.default.copyItem(
                atPath: other.store + "/seal.key", toPath: $0.store + "/seal.key")
        },
        .trouble("no seal key", log: "seal.key: no such file or directory") {
            unlink($0.store + "/seal.key")
        },
        .trouble("seal key that others can read", log: "seal.key: others have access to it") {
            chmod($0.store + "/seal.key", 0o644)
        },
        .trouble("store that others can enter", log: "others have access to it; chmod it to 0700") {
            chmod($0.store, 0o755)
        },
        .trouble(
            "store below a folder that others can write to", log: "can be written to by others"
        ) {
            chmod($0.scratch.path, 0o777)
        },
        .trouble("no store", log: "store: no such file or directory", recordStays: false) {
            rename($0.store, $0.scratch.file("away"))
        },
        .trouble(
            "no store, with nullok", log: "store: no such file or directory", prompts: 0,
            recordStays: false, arguments: "nullok"
        ) { rename($0.store, $0.scratch.file("away")) },
        .login(
            "not enrolled, with nullok, in a store that is lost", "PAM_AUTHINFO_UNAVAIL",
            arguments: "nullok", prompts: 0, log: "its marker is missing", says: unavailable
        ) { enrolled, _ in
            unlink(enrolled.store + "/marker")
            unlink(try enrolled.recordFile)
            return ["user bin"]
        },
        .login(
            "not enrolled, with nullok, in a store of another key", "PAM_AUTHINFO_UNAVAIL",
            arguments: "nullok", prompts: 0, log: "marker: it was made for another seal key",
            says: unavailable
        ) { enrolled, _ in
            let other = try Enrolled()
            unlink(enrolled.store + "/marker")
            try FileManager.default.copyItem(
                atPath: other.store + "/marker", toPath: enrolled.store + "/marker")
            return ["user bin"]
        },
        .login(
            "unknown user in a store that is lost", "PAM_AUTHINFO_UNAVAIL",
            log: "its marker is missing", says: unavailable
        ) { enrolled, _ in
            unlink(enrolled.store + "/marker")
            unlink(try enrolled.recordFile)
            return ["user nobody-of-this-name", "answer 123456"]
        },
        .login(
            "enrolled, in a store without its marker", "PAM_SUCCESS", log: "login granted"
        ) { enrolled, _ in
            unlink(enrolled.store + "/marker")
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login(
            "wrong code, in a store without its marker", "PAM_AUTHINFO_UNAVAIL",
            log: "its marker is missing", says: unavailable
        ) { enrolled, _ in
            unlink(enrolled.store + "/marker")
            return ["answer \(try await enrolled.wrongCode())"]
        },
        .login("renumbered", "PAM_AUTH_ERR", log: "reason=no-record") { enrolled, _ in
            try enrolled.renumber("bin", from: 4001)
            return ["user bin", "answer 123456"]
        },
        .login(
            "renumbered, with nullok", "PAM_AUTHINFO_UNAVAIL", arguments: "nullok", prompts: 0,
            log: "4001: it is bin's, who is 2 now: `otp-enroll move 4001 bin`", says: unavailable
        ) { enrolled, _ in
            try enrolled.renumber("bin", from: 4001)
            return ["user bin"]
        },
        .login(
            "renamed, with nullok", "PAM_AUTHINFO_UNAVAIL", arguments: "nullok", prompts: 0,
            log: "it is binary's, and bin has this number now: `otp-enroll move 2 bin`",
            says: unavailable
        ) { enrolled, _ in
            try enrolled.renumber("binary", from: 2)
            return ["user bin"]
        },
        .trouble("store on a read-only file system", log: "the file system is read-only") {
            try await $0.makeReadOnly()
        },
        .trouble("lock that is never released", log: "another process has locked it for too long") {
            // Held by this process until it ends.
            let file = open(try $0.recordFile, O_RDWR | O_CLOEXEC)
            try require(flock(file, LOCK_EX) == 0, "no lock")
        },
        .login("full disk", "PAM_SUCCESS", log: "login granted") { enrolled, _ in
            try await enrolled.fillDisk()
            return ["answer \(try await enrolled.phone.code())"]
        },
        .login("torn slot: the other one serves", "PAM_SUCCESS", log: "login granted") {
            enrolled, _ in
            // A second slot that was being written when the machine stopped: its generation is
            // newer, and it is incomplete.
            try enrolled.write([0, 0, 0, 0, 0, 0, 0, 2, 3, 9, 9, 9, 9], at: 8192)
            return ["answer \(try await enrolled.phone.code())"]
        },
    ]
}

extension Enrolled {
    /// Puts a record into the store with a name and UID that no user has.
    func renumber(_ name: String, from number: UInt32) throws {
        let user = User(name: Array(name.utf8), uid: number, gid: 65_534)
        var record = Record()
        guard let phone = Name("phone".utf8), let device = Authenticator(name: phone, added: 1)
        else { throw Trouble("no authenticator") }
        let key = try SystemRandom().bytes(20)
        try record.add(device, key: key.span)
        try Store(path: Array(store.utf8)).make(record, of: user)
    }

    /// Writes into the record's file.
    func write(_ bytes: [UInt8], at offset: off_t) throws {
        let file = open(try recordFile, O_WRONLY | O_CLOEXEC)
        guard file >= 0, pwrite(file, bytes, bytes.count, offset) == bytes.count else {
            throw Trouble("cannot write to the record")
        }
        close(file)
    }

    /// Leaves a charge without a commit, like a login that was killed.
    func chargeAndDie() throws {
        guard let user = try SystemUsers().user(named: Array(user.utf8)),
            let session = try Store(path: Array(store.utf8)).open(user)
        else { throw Trouble("no record of \(user)") }
        try session.charge()
    }

    /// Flips one bit of the record's file.
    func flip(_ offset: Int) throws {
        let bytes = [UInt8](try self.bytes)
        try write([bytes[offset] ^ 0x10], at: off_t(offset))
    }
}
