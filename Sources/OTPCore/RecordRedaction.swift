extension Record {
    /// The record without anything that logs in: keys are zeros, and so are the hashes of backup
    /// codes and of the temporary code. What is left may be shown to its user.
    public func redacted() -> Record {
        var redacted = Record()
        let nothing = [UInt8](repeating: 0, count: HOTP.keyLengthRange.lowerBound)
        for authenticator in authenticators {
            do throws(ChangeError) {
                try redacted.add(authenticator, key: nothing.span)
            } catch {
                continue
            }
        }
        let noHash = HashedCode([UInt8](repeating: 0, count: HashedCode.length))
        for index in backupCodes.indices where backupCodes[index] != nil {
            redacted.backupCodes[index] = noHash
        }
        redacted.backupCodesMade = backupCodesMade
        if let temporaryCode, let noHash {
            redacted.temporaryCode = IssuedCode(
                hash: noHash, issued: temporaryCode.issued, expires: temporaryCode.expires,
                used: temporaryCode.used, boot: temporaryCode.boot)
        }
        redacted.throttle = throttle
        redacted.events = events
        redacted.notices = notices
        redacted.trusted = trusted
        redacted.timesPutOff = timesPutOff
        return redacted
    }
}
