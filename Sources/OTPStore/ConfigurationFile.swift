import Glibc
import OTPCore

/// Combines what the admin configured: the options of the command line override the module's
/// arguments, these override swiftotp.conf, and that the defaults.
public enum ConfigurationFile {
    /// The file that is read unless an argument names another one; only this one may be missing.
    public static var defaultPath: [UInt8] {
        [UInt8]("/etc/security/swiftotp.conf" as StaticString)
    }
    /// The largest file that is read, in bytes.
    static let maximumSize: Int64 = 65_536

    /// The most arguments that a PAM line may have.
    static let maximumArguments = 64

    /// The options from the file, `settings`, which are root's, and `arguments`, which count for
    /// less if the program that passes them is not root's.
    public static func options(
        _ settings: [[UInt8]], then arguments: [[UInt8]] = [], isBelieved: Bool = true
    ) throws(StoreError) -> Options {
        guard arguments.count <= maximumArguments else {
            throw StoreError(.configuration, Array("arguments".utf8), "there are too many")
        }
        func parse(over options: Options) throws(StoreError) -> Options {
            var words = OptionParser(options)
            for setting in settings { try words.argument(setting) }
            var line = OptionParser(words.options, isBelieved: isBelieved)
            for argument in arguments { try line.argument(argument) }
            return line.options
        }
        // Twice: the first time to learn which file to read, the second time to override it.
        let first = try parse(over: Options())
        let path = first.configurationFile ?? defaultPath
        // The usual case, checked before every folder on the way is.
        if first.configurationFile == nil && System.isMissing(path) { return first }
        var parser = OptionParser()
        try parser.file(try read(path), path: path)
        return try parse(over: parser.options)
    }

    private static func read(_ path: [UInt8]) throws(StoreError) -> [UInt8] {
        let file = try SafeOpen.file(path, O_RDONLY)
        let status = try SafeOpen.check(file, path: path, forbidden: 0o022)
        guard status.size <= maximumSize else {
            throw StoreError(.configuration, path, "it is larger than 64 KiB")
        }
        return try SafeOpen.read(file, count: Int(status.size), path: path)
    }
}
