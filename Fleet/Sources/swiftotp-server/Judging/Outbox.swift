import OTPCore
import OTPService
import OTPSystem
import OTPWire

/// Hands messages to swiftotp-messenger, on threads of their own: no request waits for it.
enum Outbox {
    /// How long the messenger may take to write a message to its disk.
    private static let patience = Duration.seconds(5)
    /// How many threads may wait for it at once.
    private static let threads = Slots(8)

    /// Hands over what a unit of work has sent, which is stored now.
    static func send(_ messages: [PendingMessages.Message]) {
        guard !messages.isEmpty else { return }
        if threads.take() {
            let isStarted = Worker.start {
                for message in messages { send(message) }
                threads.giveBack()
            }
            if isStarted { return }
            threads.giveBack()
        }
        for message in messages {
            log(
                .warning,
                LogLine(untold: message.user, because: "too many messages are being handed over"))
        }
    }

    private static func send(_ message: PendingMessages.Message) {
        do throws(MessengerClient.Problem) {
            try MessengerClient.send(message.document, until: Deadline(in: patience))
            guard let contact = message.contact else { return }
            log(.info, LogLine(codeSentTo: contact, of: message.user))
        } catch {
            log(.warning, LogLine(untold: message.user, because: error.text))
        }
    }

    static func log(_ priority: LogPriority, _ line: LogLine) {
        SystemLog.write(line.bytes, CInt(priority.rawValue))
    }
}
