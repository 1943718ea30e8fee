import OTPCore

/// A screen of its own for a recovery key, so that neither what it shows nor what is typed stays
/// anywhere.
enum RecoveryScreen {
    /// Shows `view`, and gives each line that is typed to `take`, until that has an answer. Both
    /// are wiped. Throws if the admin gives up.
    static func ask<Answer>(
        _ view: () -> [UInt8], _ take: (_ typed: [UInt8]) throws -> Answer?
    ) throws -> Answer {
        let interruptions = try Interruptions()
        Terminal.enterScreen()
        defer { Terminal.leaveScreen("") }
        while true {
            var shown = view()
            Terminal.show(&shown, "")
            switch Terminal.nextInput(interruptions) {
            case .resized: continue
            case .ended: throw Failure.givenUp
            case .line(var typed):
                defer { Secret.wipe(&typed) }
                let isEmpty = typed.allSatisfy { $0 == UInt8(ascii: " ") }
                if interruptions.endIsAsked() || isEmpty { throw Failure.givenUp }
                if let answer = try take(typed) { return answer }
            }
        }
    }
}

extension Failure {
    /// Somebody at a screen with a recovery key did not go on.
    fileprivate static var givenUp: Failure { Failure("given up; nothing was changed") }
}
