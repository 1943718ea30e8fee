import CLinux
import OTPCore

/// Finds out what the admin wants: the module's arguments over swiftotp.conf over the defaults.
public enum ConfigurationFile {
    /// The file that is read unless an argument names another one; only it may be missing.
    public static var defaultPath: [UInt8] {
        [UInt8]("/etc/security/swiftotp.conf" as StaticString)
    }
    /// The largest file that is read, in bytes.
    static let maximumSize: Int64 = 65_536

    /// The options that `arguments` and the file give together.
    public static func options(_ arguments: [[UInt8]]) throws(StoreError) -> Options {
        // Twice: the first time to learn which file, the second time to win over it.
        let first = try parse(arguments, over: Options())
        let path = first.configurationFile ?? defaultPath
        // The usual case, told before every folder on the way is looked at.
        if first.configurationFile == nil && System.isMissing(path) { return first }
        var parser = OptionParser()
        try parser.file(try read(path), path: path)
        return try parse(arguments, over: parser.options)
    }

    private static func parse(
        _ arguments: [[UInt8]], over options: Options
    ) throws(StoreError) -> Options {
        var parser = OptionParser(options)
        for argument in arguments { try parser.argument(argument) }
        return parser.options
    }

    private static func read(_ path: [UInt8]) throws(StoreError) -> [UInt8] {
        let file = try SafeOpen.file(path, O_RDONLY)
        let status = try SafeOpen.check(file, path: path, forbidden: 0o022)
        guard status.size <= maximumSize else {
            throw StoreError(.configuration, path, "it is larger than 64 KiB")
        }
        do throws(Errno) {
            return try System.read(file, at: 0, count: Int(status.size))
        } catch {
            throw StoreError(path, error)
        }
    }
}
