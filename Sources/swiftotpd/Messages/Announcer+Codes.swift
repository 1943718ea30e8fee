import OTPCore
import OTPService
import OTPWire

// Codes by message, and what concerns where they go.
extension Announcer {
    /// Sends a code for a login; whether it is on its way.
    func send(_ message: CodeMessage) -> Bool {
        let isSent = post(message.user) { () throws(MessengerClient.Problem) in
            try writer.message(message)
        }
        if isSent {
            ServiceLog.write(.info, LogLine(codeSentTo: message.contact, of: message.user))
        }
        return isSent
    }

    /// Sends a code that shows that a new contact is the user's; whether it is on its way.
    func send(
        _ code: String, to contact: Contact, of user: User, in language: Language?,
        until end: UInt64
    ) -> Bool {
        post(user) { () throws(MessengerClient.Problem) in
            try writer.message(confirming: code, to: contact, of: user, in: language, until: end)
        }
    }

    /// Tells an address or number that it gets no codes any more.
    func tell(old contact: Contact, of user: User, in language: Language?, at now: UInt64) {
        _ = post(user) { () throws(MessengerClient.Problem) in
            try writer.message(toOld: contact, of: user, in: language, at: now)
        }
    }

    /// Hands a message over, and logs how that went: never what it says.
    private func post(
        _ user: User, _ write: () throws(MessengerClient.Problem) -> MessageDocument
    ) -> Bool {
        do throws(MessengerClient.Problem) {
            try handOver(try write())
            return true
        } catch {
            ServiceLog.writeUntold(user, error.text)
            return false
        }
    }
}
