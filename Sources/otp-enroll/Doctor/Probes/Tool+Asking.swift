import OTPSystem

extension Tool {
    /// The output of a system program.
    struct Said {
        let status: CInt
        let output: String
        let errors: String
    }

    /// Runs a system program to read its output, in English and in UTC; `nil` if it cannot be
    /// started, or does not exit.
    static func ask(_ words: [String]) -> Said? {
        guard let path = words.first, SystemFiles.status(path) != nil else { return nil }
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"]
        let result = try? run(
            words, environment: environment, within: .seconds(20), keeping: 1 << 22)
        guard let result else { return nil }
        return Said(
            status: result.status, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }
}
