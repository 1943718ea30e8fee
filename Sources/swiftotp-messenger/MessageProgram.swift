import OTPCore
import OTPStore
import OTPSystem

/// A program that sends messages, and its arguments. No shell reads them.
struct MessageProgram: Equatable {
    /// Stands for the address, as an argument or in one, such as `to={to}`.
    private static let place = "{to}"
    private static let maximumWords = 64

    private let words: [String]

    /// Reads words between blanks; `nil` unless the first is an absolute path, and the place of the
    /// address is in exactly one of the others, once.
    init?(_ text: some StringProtocol) {
        words = text.split(whereSeparator: { " \t".contains($0) }).map { String($0) }
        guard let path = words.first, path.hasPrefix("/"),
            words.count <= MessageProgram.maximumWords,
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f || $0 == "\t" }),
            !path.contains(MessageProgram.place),
            text.ranges(of: MessageProgram.place).count == 1
        else { return nil }
    }

    /// The program's path, as configured.
    var path: String { words.first ?? "" }

    /// The program itself, if it is root's: where the links lead, of which a mailer often is one.
    func found() throws(StoreError) -> String {
        guard let real = Process.realPath(path) else {
            throw StoreError(.missing, Array(path.utf8), "there is no such program")
        }
        try RootFile.checkProgram(Array(real.utf8))
        return real
    }

    /// The arguments for a message to `address`.
    func arguments(for address: String) -> [String] {
        words.map { $0.replacing(MessageProgram.place, with: address) }
    }
}
