import OTPCore
import OTPPAM
import OTPStore

/// The options in force for one of our lines: its own, those of its file, and what the command line
/// overrides. Read once per line.
final class LineOptions {
    private let instead: [[UInt8]]
    private var known: [[[UInt8]]: Result<Options, StoreError>] = [:]

    /// `instead` are arguments of the command line, which take precedence.
    init(instead: [[UInt8]]) { self.instead = instead }

    /// The arguments in force for a line; for `nil`, without one.
    func arguments(of line: PAMLine?) -> [[UInt8]] {
        let names = instead.map { $0.prefix { $0 != UInt8(ascii: "=") } }
        let own = line?.words ?? []
        return own.filter { one in !names.contains { one.starts(with: $0) } } + instead
    }

    /// The options, or why they cannot be read.
    func read(_ line: PAMLine?) -> Result<Options, StoreError> {
        let key = line?.words ?? []
        if let result = known[key] { return result }
        let result: Result<Options, StoreError>
        do throws(StoreError) {
            result = .success(try ConfigurationFile.options(arguments(of: line)))
        } catch {
            result = .failure(error)
        }
        known[key] = result
        return result
    }

    /// The options; the defaults if they cannot be read.
    func options(of line: PAMLine?) -> Options { (try? read(line).get()) ?? Options() }
}
