import OTPCore
import OTPStore
import OTPSystem

/// Asks for a recovery key, until it is one that opens, or reads it from a file.
struct RecoveryQuestion {
    /// The file; `-` is stdin.
    let file: String?

    private static let maximumSize = 4096

    /// What `open` gets from the key.
    func answer(
        _ open: (borrowing RecoveryKey) throws(StoreError) -> SealKeyBytes
    ) throws -> SealKeyBytes {
        guard file == nil, Terminal.isThere else {
            var typed = try read()
            defer { Secret.wipe(&typed) }
            return try RecoveryQuestion.keys(typed.span, open)
        }
        return try ask(open)
    }

    private func read() throws(Failure) -> [UInt8] {
        guard let file else { return Terminal.readAnswer("Recovery key: ") }
        return try OpenFile.contents(file, limit: Self.maximumSize)
    }

    /// Asks on a screen, so that the key stays nowhere: it is still good if this ends early. There
    /// it is seen while it is typed, and after a mistake, to be compared.
    private func ask(
        _ open: (borrowing RecoveryKey) throws(StoreError) -> SealKeyBytes
    ) throws -> SealKeyBytes {
        var seen: [UInt8] = []
        defer { Secret.wipe(&seen) }
        var mistake: Failure?
        return try RecoveryScreen.ask {
            RecoveryQuestion.view(seen, mistake)
        } _: { (typed) -> SealKeyBytes? in
            Secret.wipe(&seen)
            seen = typed
            do throws(Failure) {
                return try RecoveryQuestion.keys(typed.span, open)
            } catch {
                // Another key may open it; nothing that is typed helps against other trouble.
                guard error.trouble.map({ $0.code == .otherKey }) ?? true else { throw error }
                mistake = error
                return nil
            }
        }
    }

    private static func view(_ typed: [UInt8], _ mistake: Failure?) -> [UInt8] {
        let width = Terminal.size.columns - 1
        var screen = EnrollmentScreen.empty()
        func add(_ text: String) {
            for line in Words.wrapped(text, width) + [""] { screen += (line + "\n").utf8 }
        }
        add(
            "Type the recovery key as it was written down. Small letters and blanks do no harm."
                + " It does not stay on the screen.")
        if let mistake {
            screen += "    \(Output.printable(typed))\n\n".utf8
            let sentences = ([mistake.message] + mistake.hints).map {
                $0.prefix(1).uppercased() + $0.dropFirst() + "."
            }
            add(sentences.joined(separator: " "))
        }
        return screen + "Recovery key (Return alone: give up): ".utf8
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
            var failure = Failure(Output.printable(error.text))
            failure.trouble = error
            throw failure
        }
    }

    private static func failure(_ problem: RecoveryKey.Problem) -> Failure {
        switch problem {
        case .length(let count):
            Failure(
                "this is no recovery key: it has \(count) symbols, not \(RecoveryKey.length)",
                hint: "it has eight groups of four symbols, 7Q4K-D2M9 and so on")
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
