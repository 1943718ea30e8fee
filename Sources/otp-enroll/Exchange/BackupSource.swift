import Glibc
import OTPCore
import OTPSystem
import OTPWire

/// Reads a whole backup, and decrypts it, before anything is done with it.
struct BackupSource {
    /// The largest backup, in bytes: some hundred thousand users.
    private static let limit = 1 << 30

    /// Where it is; `-` for stdin, which may also be a backup in clear, such as one that ssh has
    /// brought.
    let path: String
    /// What decrypts it; without any, age asks for a passphrase.
    let identities: [String]

    private var name: String { path == "-" ? "standard input" : Output.printable(path) }

    func read() throws -> BackupContents {
        var bytes = try plain()
        defer { Secret.wipe(&bytes) }
        do throws(BackupContents.Problem) {
            return try BackupContents(reading: bytes)
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ problem: BackupContents.Problem) -> Failure {
        switch problem {
        case .noBackup:
            Failure("\(name): it is not a backup", hint: "`otp-enroll backup` makes one")
        case .otherVersion(let version):
            Failure(
                "\(name): it is of version \(version), and this program reads"
                    + " \(BackupLine.version)",
                hint: "restore it with the swiftotp that made it, or a later one")
        case .cut: Failure("\(name): its end is missing")
        case .line(let number): Failure("\(name): line \(number) is invalid")
        }
    }

    private func plain() throws -> [UInt8] {
        guard path != "-" else { return try plain(of: STDIN_FILENO) }
        let file = try OpenFile.regular(path)
        return try plain(of: file.number)
    }

    private func plain(of number: CInt) throws -> [UInt8] {
        var start = try read(number)
        // As much as tells what it is.
        while start.count < Age.beginningLength {
            let more = try read(number)
            if more.isEmpty { break }
            start += more
        }
        guard !start.isEmpty else { throw Failure("\(name): it is empty") }
        if Age.hasWritten(start) { return try decrypted(number, after: start) }
        guard path == "-" else {
            throw Failure(
                "\(name): it is not encrypted with age",
                hint: "`otp-enroll backup` makes one that is")
        }
        return try all(of: number, after: start)
    }

    private func read(_ number: CInt) throws(Failure) -> [UInt8] {
        try OpenFile.part(of: number, name)
    }

    private func all(of number: CInt, after start: [UInt8]) throws -> [UInt8] {
        var (bytes, part) = ([UInt8](), start)
        while !part.isEmpty {
            try append(part[...], to: &bytes)
            part = try read(number)
        }
        return bytes
    }

    private func append(_ part: ArraySlice<UInt8>, to bytes: inout [UInt8]) throws {
        guard bytes.count + part.count <= BackupSource.limit else {
            throw Failure("\(name): it is larger than 1 GiB")
        }
        bytes += part
    }

    private func decrypted(_ number: CInt, after start: [UInt8]) throws -> [UInt8] {
        let age = try Age()
        let signals = try Interruptions()
        let modes = TerminalModes()
        defer { modes?.restore() }
        let check = {
            if signals.endIsAsked() { throw Failure("interrupted: nothing was changed") }
        }
        var (bytes, part) = ([UInt8](), start)
        let take = { (piece: ArraySlice<UInt8>) in try append(piece, to: &bytes) }
        var filter = try age.decryption(identities, reading: .given)
        do {
            while !part.isEmpty {
                try filter.put(part, check: check, take)
                part = try read(number)
            }
        } catch is Filter.Ended {
            // Its status says why.
        }
        let hints =
            identities.isEmpty ? ["--identity names the key that decrypts it, if it has one"] : []
        try Age.check(filter.finish(check: check, take), hints: hints)
        return bytes
    }
}
