import Glibc
import OTPCore

/// Hands messages to swiftotp-messenger.
public enum MessengerClient {
    /// Where the messenger listens: in a folder that only root may enter.
    public static let defaultPath = Array("/run/swiftotp-messenger/messenger.sock".utf8)

    /// Why a message was not taken.
    public struct Problem: Error, Equatable {
        /// In one clause.
        public let text: String

        public init(text: String) { self.text = text }
    }

    /// Hands over a message, and waits until it is on the messenger's disk.
    public static func send(
        _ message: MessageDocument, to path: [UInt8]? = nil, until deadline: Deadline
    ) throws(Problem) {
        var document: [UInt8]
        do throws(Document.Problem) {
            document = try Document.encode(message)
        } catch {
            throw Problem(text: "the message is too long")
        }
        defer { Secret.wipe(&document) }
        let receipt: ReceiptDocument
        do throws(WireError) {
            var channel = FrameChannel(try Socket(connectingTo: path ?? defaultPath))
            channel.queue(.request, document)
            try channel.flush(until: deadline)
            let frame = try channel.receive(until: deadline)
            guard frame.kind == .reply, let found = try? Document.receipt(frame.payload) else {
                throw .malformed
            }
            receipt = found
        } catch {
            throw Problem(text: text(of: error))
        }
        guard let refusal = receipt.refusal else { return }
        let detail = receipt.detail.map {
            ": " + String(decoding: LogLine.visible(Array($0.utf8)), as: UTF8.self)
        }
        throw Problem(text: text(of: refusal) + (detail ?? ""))
    }

    private static func text(of error: WireError) -> String {
        switch error {
        case .system(ENOENT), .system(ECONNREFUSED): "swiftotp-messenger is not listening"
        case .timedOut, .system(EAGAIN): "swiftotp-messenger does not answer"
        case .malformed: "swiftotp-messenger is of another version"
        case .closed, .cut: "swiftotp-messenger ended without an answer"
        case .system(EACCES): "swiftotp-messenger is for other users"
        case .system(let number): "swiftotp-messenger cannot be reached: error number \(number)"
        }
    }

    private static func text(of refusal: ReceiptDocument.Refusal) -> String {
        switch refusal {
        case .malformed: "swiftotp-messenger is of another version"
        case .off: "swiftotp-messenger has no program for it"
        case .configuration: "swiftotp-messenger cannot send"
        case .address: "swiftotp-messenger does not take the address"
        case .late: "it came too late"
        case .full: "swiftotp-messenger has too much to send"
        case .disk: "swiftotp-messenger cannot write its queue"
        }
    }
}
