import OTPCore

// How many codes were sent, for the limit of all users together.
extension Store {
    static let messages = ReplacedFile(
        "messages", maximumLength: MessageCount.length, loss: "the count starts anew")

    public func countMessage(at now: UInt64, most: Int) throws(StoreError) -> Bool {
        try Store.messages.locked(in: self) { () throws(StoreError) -> Bool in
            let found = try Store.messages.contents(in: self) { MessageCount(decoding: $0.span) }
            var count = found ?? MessageCount()
            guard count.take(at: now, most: most) else { return false }
            try Store.messages.replace(by: count.encoded, in: self)
            return true
        }
    }
}
