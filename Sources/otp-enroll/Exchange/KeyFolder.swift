import CLinux
import Glibc
import OTPCore
import OTPImport
import OTPStore
import OTPSystem

/// A folder of google-authenticator files named after their users, as made by
/// `secret=/var/lib/google-authenticator/${USER}`.
struct KeyFolder {
    let path: String
    private let status: stat

    /// `nil` if `path` is something else.
    init?(_ path: String) {
        guard let status = SystemFiles.status(path, following: true),
            status.st_mode & S_IFMT == S_IFDIR
        else { return nil }
        (self.path, self.status) = (path, status)
    }

    /// The names of the files in it; throws if somebody else could put a file there.
    func names() throws(Failure) -> [String] {
        guard status.st_uid == 0 || status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
            throw Failure(
                "\(Output.printable(path)): others than its owner can change it, or it does not belong to root",
                hint: "import its files one by one, with --user")
        }
        return SystemFiles.names(in: path).sorted().filter { name in
            let kind = SystemFiles.status("\(path)/\(name)", following: false)?.st_mode ?? 0
            return kind & S_IFMT != S_IFDIR
        }
    }

    /// Reads the file of the user with this name.
    func read(_ name: String) throws -> (user: User, result: ImportResult) {
        guard let user = try SystemUsers().user(named: Array(name.utf8)) else {
            throw Failure("there is no user of this name")
        }
        var bytes = try OpenFile.contents(
            "\(path)/\(name)", of: user.uid, limit: ImportLimits.googleAuthenticatorSize)
        defer { Secret.wipe(&bytes) }
        return (user, GoogleAuthenticatorFile.read(bytes.span, now: try SystemClock().now()))
    }
}
