/// The result of a PAM line's arguments and the configuration file, by the manual's rules about
/// whose arguments count for what.
struct Words {
    /// `nil` if they are invalid, so that nobody gets in.
    let options: Options?

    /// What an unprivileged program may set: what is asked and how, and the result of its own
    /// login. The rest is ignored.
    private static let ownBusiness = [
        "nullok", "prompt", "echo", "retry", "exempt_group", "enroll", "enroll_until",
        "enroll_grace", "after_first_factor", "try_first_pass", "use_first_pass", "forward_pass",
    ]

    init(_ arguments: [[UInt8]], _ file: [UInt8]?, isBelieved: Bool) {
        do throws(StoreError) {
            var first = OptionParser()
            for argument in arguments { try first.argument(argument) }
            let isElsewhere = first.options.configurationFile != nil || first.options.store != nil
            guard isBelieved || !isElsewhere else {
                options = nil
                return
            }
            if let path = first.options.configurationFile {
                // No other file can be read.
                guard path == ConfigurationFile.defaultPath, file != nil else {
                    options = nil
                    return
                }
            }
            var parser = OptionParser()
            if let file { try parser.file(file, path: []) }
            parser = OptionParser(parser.options)
            for argument in arguments where isBelieved || Words.isOwnBusiness(argument) {
                try parser.argument(argument)
            }
            options = parser.options
        } catch {
            options = nil
        }
    }

    private static func isOwnBusiness(_ argument: [UInt8]) -> Bool {
        let name = argument.prefix { $0 != UInt8(ascii: "=") }
        return ownBusiness.contains { name.elementsEqual($0.utf8) }
    }
}
