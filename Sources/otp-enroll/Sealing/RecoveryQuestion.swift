import OTPCore
import OTPStore
import OTPSystem

/// Asks for a recovery key, until it is one that opens, or reads it from a file.
struct RecoveryQuestion {
    /// The file; `-` is stdin.
    let file: String?

    private static let maximumSize = 4096

    /// What `open` gets from the key. At a terminal, a mistake is said, and the question comes again.
    func answer(
        _ open: (borrowing RecoveryKey) throws(StoreError) -> SealKeyBytes
    ) throws -> SealKeyBytes {
        while true {
            var typed = try read()
            defer { Secret.wipe(&typed) }
            do throws(Failure) {
                return try RecoveryQuestion.keys(typed.span, open)
            } catch {
                guard file == nil, Terminal.isThere, !typed.isEmpty else { throw error }
                Output.report(error)
            }
        }
    }

    private func read() throws(Failure) -> [UInt8] {
        guard let file else { return Terminal.readAnswer("Recovery key: ") }
        return try OpenFile.contents(file, limit: Self.maximumSize)
    }

    private static func keys(
        _ typed: Span<UInt8>, _ open: (borrowing RecoveryKey) throws(StoreError) -> SealKeyBytes
    ) throws(Failure) -> SealKeyBytes {
        let key: RecoveryKey
        do throws(RecoveryKey.Problem) {
            key = try RecoveryKey(typed: typed)
        } catch {
            throw failure(error)
        }
        do throws(StoreError) {
            return try open(key)
        } catch {
            throw Failure(Output.printable(error.text))
        }
    }

    private static func failure(_ problem: RecoveryKey.Problem) -> Failure {
        switch problem {
        case .length(let count):
            Failure(
                "this is no recovery key: it has \(count) symbols, not \(RecoveryKey.length)",
                hint: "it has eight groups of four, such as 7Q4K-D2M9-...")
        case .symbol(let byte):
            Failure(
                "this is no recovery key: \"\(Output.printable([byte]))\" is not in any",
                hint: "it has digits and letters, without I, L, O and U")
        case .mistyped:
            Failure(
                "the recovery key is mistyped: its checksum is wrong",
                hint: "compare each group with what was written down")
        }
    }
}
