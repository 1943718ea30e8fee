import OTPSystem

extension Tool {
    /// The output of a system program.
    struct Said {
        let status: CInt
        let output: String
        let errors: String
    }

    /// Runs a system program to read its output, in English and in UTC; `nil` if it cannot be
    /// started, or does not exit. A program that users other than root can change is not started:
    /// some of the names come from a list of processes.
    static func ask(_ words: [String]) -> Said? {
        // The file itself is started: links may lead elsewhere a moment later.
        guard let path = words.first.flatMap(SystemFiles.realPath),
            PathSafety.programFinding(path) == nil
        else { return nil }
        let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"]
        let result = try? run(
            words, from: path, environment: environment, within: .seconds(20), keeping: 1 << 22)
        guard let result else { return nil }
        return Said(
            status: result.status, output: String(decoding: result.output, as: UTF8.self),
            errors: String(decoding: result.errors, as: UTF8.self))
    }
}
