import Glibc
import OTPCore
import OTPStore
import OTPSystem
import OTPWire

/// The service: takes messages from swiftotpd, and sends them one after the other. Everything
/// happens on one thread; while a program runs, messages are taken all the same.
final class Messenger {
    /// How long it stays when nothing waits.
    private static let idleTime = Duration.seconds(20)
    /// How often it looks for messages whose time is over.
    private static let look = Duration.seconds(5)
    /// How long the service may take to send a message that it has ready.
    private static let patience = Duration.seconds(1)

    /// How long it pauses if the system has no room for more, in microseconds.
    private static let rest: UInt32 = 20_000

    private let configuration: [UInt8]?
    private let listener: Listener
    /// Whose programs are believed.
    private let clients: Set<UInt32>
    private var queue: Queue
    /// When something was last taken or sent.
    private var active = ContinuousClock.now

    private init(
        configuration: [UInt8]?, listener: consuming Listener, queue: consuming Queue,
        clients: Set<UInt32>
    ) {
        self.configuration = configuration
        self.clients = clients
        self.listener = listener
        self.queue = queue
    }

    /// Runs until nothing has waited for a while; returns the exit status.
    static func run(
        configuration: [UInt8]?, queue: consuming Queue, clients: Set<UInt32>
    ) -> CInt {
        do throws(Listener.Problem) {
            let messenger = Messenger(
                configuration: configuration, listener: try Listener(), queue: queue,
                clients: clients)
            messenger.run()
            return 0
        } catch {
            return SystemLog.fail(error.text)
        }
    }

    private func run() {
        while true {
            forgetLate()
            if let next = queue.next, next.due <= .now {
                send(next)
                active = .now
                takeSome()
                continue
            }
            let end = Deadline(in: Messenger.idleTime, from: active)
            // systemd keeps listening, and starts it again.
            if queue.next == nil, end.isOver { return }
            var deadline = queue.next == nil ? end : Deadline(in: Messenger.look)
            if let next = queue.next {
                deadline = deadline.clamped(to: Deadline(in: .zero, from: next.due))
            }
            if listener.wait(with: [], until: deadline).isCalled { takeSome() }
        }
    }

    private func forgetLate() {
        guard let now = try? SystemClock().now() else { return }
        for entry in queue.late(at: now) { giveUp(entry, "its time is over") }
    }

    private func giveUp(_ entry: Queue.Entry, _ reason: String) {
        if let message = try? queue.message(in: entry.name) {
            MessengerLog.write("message given up", message, LOG_WARNING, because: reason)
        }
        queue.remove(entry.name)
    }

    // MARK: Taking

    /// Takes the messages of everybody who is connected.
    private func takeSome() {
        while true {
            switch listener.accept() {
            case .connection(let socket): take(from: FrameChannel(socket))
            case .nobody: return
            case .trouble:
                usleep(Messenger.rest)
                return
            }
        }
    }

    private func take(from connection: consuming FrameChannel) {
        var channel = connection
        var isTaken = false
        do throws(WireError) {
            // Only these users may use the socket; this holds wherever the socket is.
            guard clients.contains(try channel.peer()) else { return }
            let deadline = Deadline(in: Messenger.patience)
            var frame = try channel.receive(until: deadline)
            defer { Secret.wipe(&frame.payload) }
            guard frame.kind == .request else { throw .malformed }
            let receipt = take(frame.payload)
            isTaken = true
            active = .now
            guard let reply = try? Document.encode(receipt) else { return }
            channel.queue(.reply, reply)
            try channel.flush(until: deadline)
        } catch {
            MessengerLog.write(
                isTaken
                    ? "nobody waited for the receipt of a message"
                    : "a connection ended before its message was taken")
        }
    }

    private func take(_ bytes: [UInt8]) -> ReceiptDocument {
        guard let message = try? Document.message(bytes) else { return ReceiptDocument(.malformed) }
        guard message.hasAddress else {
            return ReceiptDocument(.address, "it is no \(message.kind.addressName)")
        }
        let options: MessengerOptions
        do throws(StoreError) {
            guard message.until > (try SystemClock().now()) else { return ReceiptDocument(.late) }
            options = try MessengerOptions.read(configuration)
            guard let program = options.programs[message.kind] else { return ReceiptDocument(.off) }
            _ = try program.found()
        } catch {
            return refusal(.configuration, of: message, error)
        }
        guard queue.entries.count < options.queue else { return ReceiptDocument(.full) }
        do throws(StoreError) {
            try queue.add(message)
            return ReceiptDocument()
        } catch {
            return refusal(.disk, of: message, error)
        }
    }

    private func refusal(
        _ refusal: ReceiptDocument.Refusal, of message: MessageDocument, _ error: StoreError
    ) -> ReceiptDocument {
        let detail = String(decoding: error.text, as: UTF8.self)
        MessengerLog.write("message refused", message, LOG_ERR, because: detail)
        return ReceiptDocument(refusal, detail)
    }

    // MARK: Sending

    private func send(_ entry: Queue.Entry) {
        let message: MessageDocument
        do throws(StoreError) {
            message = try queue.message(in: entry.name)
        } catch {
            MessengerLog.write(String(decoding: error.text, as: UTF8.self))
            guard error.code == .system else { return queue.remove(entry.name) }
            return queue.putOff(entry.name, first: .seconds(MessengerOptions().retry))
        }
        let options: MessengerOptions
        let outcome: Outcome
        do throws(StoreError) {
            options = try MessengerOptions.read(configuration)
            outcome = try Outcome.sending(message, by: options) { self.takeSome() }
        } catch {
            let reason = String(decoding: error.text, as: UTF8.self)
            MessengerLog.write("message not sent", message, LOG_ERR, because: reason)
            return queue.putOff(entry.name, first: .seconds(MessengerOptions().retry))
        }
        switch outcome {
        case .sent:
            queue.remove(entry.name)
            MessengerLog.write("message sent", message)
        case .never(let reason): giveUp(entry, reason)
        case .notNow(let reason):
            MessengerLog.write("message not sent", message, LOG_WARNING, because: reason)
            queue.putOff(entry.name, first: .seconds(options.retry))
        case .hung(let reason):
            MessengerLog.write("message not sent", message, LOG_WARNING, because: reason)
            queue.putOff(entry.name, first: .seconds(options.retry))
            queue.putOff(all: message.kind, for: .seconds(options.retry))
        }
    }
}

extension MessageDocument {
    /// Whether `to` is an address of its kind, as `MailAddress` or `PhoneNumber` gives it. No program
    /// takes one for an option.
    fileprivate var hasAddress: Bool {
        switch kind {
        case .mail: MailAddress(to) != nil
        case .sms: PhoneNumber(Array(to.utf8))?.text == to
        }
    }
}

extension MessageDocument.Kind {
    fileprivate var addressName: String {
        switch self {
        case .mail: "mail address"
        case .sms: "telephone number"
        }
    }
}
