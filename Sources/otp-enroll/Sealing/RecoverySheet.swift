import OTPCore
import OTPStore

/// A new recovery key as it is handed out, once: in groups, and as a QR code.
struct RecoverySheet {
    private let text: String

    init(_ key: borrowing RecoveryKey) { text = key.text }

    /// Shows the key until its last group was typed, alone on the screen, so that it stays nowhere.
    /// A script gets a line with it instead. Throws if the admin gives up.
    func hand(json: Bool) throws {
        if json { return try Output.json(["recovery_key": .text(text)]) }
        guard Terminal.isThere else { return try Output.line("Recovery key: \(text)") }
        var message = ""
        try RecoveryScreen.ask {
            view(message)
        } _: { (typed) -> Void? in
            let answer = String(decoding: typed, as: UTF8.self).uppercased().filter { $0 != " " }
            if answer == text.suffix(4) { return () }
            message = "That is not its last group."
            return nil
        }
    }

    private func view(_ message: String) -> [UInt8] {
        let size = Terminal.size
        var screen = EnrollmentScreen.empty()
        let lines = text(size.columns - 1, message)
        if let code = QRLibrary().encode(Secret(copying: Array(text.utf8).span)) {
            let drawing = QRDrawing(code: code, form: QRForm.auto.resolved)
            let picture = drawing.size(quietZone: QRText.quietZone)
            if picture.columns <= size.columns, picture.rows + lines.count < size.rows {
                var rows = drawing.rows(quietZone: QRText.quietZone)
                for row in rows.indices {
                    screen += rows[row] + [UInt8(ascii: "\n")]
                    Secret.wipe(&rows[row])
                }
            }
        }
        for line in lines { screen += (line + "\n").utf8 }
        return screen + "Its last group, to go on (Return alone: give up): ".utf8
    }

    private func text(_ width: Int, _ message: String) -> [String] {
        let about =
            "The recovery key, shown only now. Print it or write it down, and keep it away from"
            + " this machine: it opens the seal key if the machine no longer does."
        let groups = text.split(separator: "-").map(String.init)
        let half = groups.count / 2
        let halves = [groups.prefix(half), groups.suffix(half)]
        return Words.wrapped(about, width) + [""]
            + halves.map { "    " + $0.joined(separator: "-") } + [""]
            + (message.isEmpty ? [] : Words.wrapped(message, width))
    }
}
