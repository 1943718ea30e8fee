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
                sendNow(messages)
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

    /// The same before it returns: for a command, which ends then.
    static func sendNow(_ messages: [PendingMessages.Message]) {
        for message in messages { send(message) }
    }

    /// Hands over one message, and says why if that is not possible.
    static func handOver(_ message: PendingMessages.Message) throws(MessengerClient.Problem) {
        try MessengerClient.send(message.document, until: Deadline(in: patience))
    }

    private static func send(_ message: PendingMessages.Message) {
        do throws(MessengerClient.Problem) {
            try handOver(message)
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
