import Glibc
import OTPCore

// What the help desk did is kept in one sealed file, which is replaced as a whole.
extension Store {
    private static let helpDeskName = Array("helpdesk".utf8)
    private static let helpDeskLockName = Array("helpdesk.lock".utf8)
    private static let helpDeskBinding = Array("swiftotp helpdesk".utf8)

    /// What the help desk did; throws if the file is not what this store wrote.
    public func helpDeskLog() throws(StoreError) -> HelpDeskLog {
        let length = HelpDeskLog.maximumLength + Store.sealedOverhead
        guard let sealed = try contents(of: Store.helpDeskName, count: length) else {
            return HelpDeskLog()
        }
        guard let plain = try opened(sealed.span, Store.helpDeskBinding),
            let log = HelpDeskLog(decoding: plain.span)
        else {
            throw StoreError(
                .damaged, path(of: Store.helpDeskName),
                "it was changed, or sealed with another key; without it, the help desk starts anew")
        }
        return log
    }

    /// Changes the log by `body`, which says whether anything has changed. When this returns, the
    /// change survives a power cut. Nobody else changes the log meanwhile.
    public func changeHelpDeskLog(
        _ body: (inout HelpDeskLog) -> Bool
    ) throws(StoreError) -> Bool {
        let lock = try helpDeskLock()
        defer { System.unlock(lock) }
        var log = try helpDeskLog()
        guard body(&log) else { return false }
        var plain = log.encoded
        let path = path(of: Store.helpDeskName)
        guard let sealed = try sealed(&plain, Store.helpDeskBinding) else {
            throw StoreError(.system, path, "it cannot be sealed")
        }
        _ = try NewFile.write(
            sealed, as: Store.helpDeskName, in: folder, for: .record, path: path, replacing: true)
        return true
    }

    /// The lock of the log, which is a file of its own because the log is replaced.
    private func helpDeskLock() throws(StoreError) -> FileDescriptor {
        let name = Store.helpDeskLockName
        let path = path(of: name)
        if try openIfThere(name) == nil { try writeLasting([], as: name) }
        guard let file = try openIfThere(name) else {
            throw StoreError(.missing, path, "somebody has removed it")
        }
        _ = try SafeOpen.check(file, path: path, forbidden: 0o077)
        try RecordFile.lock(
            file, shared: false, until: try RecordFile.now() + RecordFile.lockWait, path: path)
        return file
    }
}
