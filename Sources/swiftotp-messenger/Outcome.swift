import OTPCore
import OTPStore
import OTPSystem
import OTPWire

/// How a try to send a message ended.
enum Outcome {
    case sent
    /// The program will not take it, however often it is asked.
    case never(String)
    /// It may take it later.
    case notNow(String)
    /// It took too long, and was ended.
    case hung(String)

    /// How much of its errors is read.
    private static let limit = 512
    /// A run of this many bytes of a message must not get into the log: a code has six digits.
    private static let run = 6

    /// Starts the program for the message, with the text on its standard input and an empty
    /// environment, and calls `meanwhile` while it runs.
    static func sending(
        _ message: MessageDocument, by options: MessengerOptions, meanwhile: () -> Void
    ) throws(StoreError) -> Outcome {
        guard let program = options.programs[message.kind] else {
            return .notNow("no program is configured for it")
        }
        let real = try program.found()
        var text = Array(message.text.utf8)
        defer { Secret.wipe(&text) }
        let result: Tool.Result?
        do throws(SystemError) {
            result = try Tool.run(
                program.arguments(for: message.to), from: real, reading: text,
                within: .seconds(options.timeout), keeping: limit, meanwhile: meanwhile)
        } catch {
            throw StoreError(.system, Array(program.path.utf8), error.text)
        }
        guard let result else {
            return .hung("\(program.path) took longer than \(options.timeout) s")
        }
        if result.status == 0 { return .sent }
        let reason =
            "\(program.path): \(meaning(of: result.status, message.kind))"
            + said(result.errors, about: message)
        return message.kind == .mail && isFinal(result.status) ? .never(reason) : .notNow(reason)
    }

    /// Whether a mailer's exit status (sysexits(3)) says that another try is of no use.
    private static func isFinal(_ status: CInt) -> Bool { [65, 67, 68].contains(status) }

    private static func meaning(of status: CInt, _ kind: MessageDocument.Kind) -> String {
        switch status {
        case 67 where kind == .mail, 68 where kind == .mail: "it does not know the address"
        case 75 where kind == .mail: "it cannot send now"
        case 78 where kind == .mail: "it is not set up"
        case 128...: "it was ended by signal \(status - 128)"
        default: "exit status \(status)"
        }
    }

    /// The first line of the errors, unless some of the message is in it.
    static func said(_ errors: [UInt8], about message: MessageDocument) -> String {
        let line = Array(errors.prefix { $0 != UInt8(ascii: "\n") })
        guard !line.isEmpty else { return "" }
        // The address is in the log anyway.
        let text = letters(of: Array(message.text.replacing(message.to, with: "\n").utf8))
        let runs = Set(text.indices.dropLast(run - 1).map { Array(text[$0..<$0 + run]) })
        let heard = letters(of: line)
        let isQuoting = heard.indices.dropLast(run - 1).contains { index in
            runs.contains(Array(heard[index..<index + run]))
        }
        return isQuoting ? "" : ", \(String(decoding: line, as: UTF8.self))"
    }

    /// Letters, in one case, and digits: a code may be quoted in other groups than it was sent in.
    private static func letters(of text: [UInt8]) -> [UInt8] {
        text.compactMap { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): byte
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
            default: nil
            }
        }
    }
}
