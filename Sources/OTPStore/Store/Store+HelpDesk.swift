import OTPCore

// What the help desk did.
extension Store {
    static let helpDesk = ReplacedFile(
        "helpdesk", maximumLength: HelpDeskLog.maximumLength, loss: "the help desk starts anew")

    /// What the help desk did; throws if the file is not what this store wrote.
    public func helpDeskLog() throws(StoreError) -> HelpDeskLog {
        try Store.helpDesk.contents(in: self) { HelpDeskLog(decoding: $0.span) } ?? HelpDeskLog()
    }

    /// Changes the log by `body`, which says whether anything has changed. When this returns, the
    /// change survives a power cut. Nobody else changes the log meanwhile.
    public func changeHelpDeskLog(
        _ body: (inout HelpDeskLog) -> Bool
    ) throws(StoreError) -> Bool {
        try Store.helpDesk.locked(in: self) { () throws(StoreError) -> Bool in
            var log = try helpDeskLog()
            guard body(&log) else { return false }
            try Store.helpDesk.replace(by: log.encoded, in: self)
            return true
        }
    }
}
