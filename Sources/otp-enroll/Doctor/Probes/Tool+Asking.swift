extension Tool {
    /// What a program of the system said.
    struct Said {
        let status: CInt
        let output: String
        let errors: String
    }

    /// Runs a program of the system to read what it says, in English and in UTC; `nil` where it
    /// cannot be started, or does not end.
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
