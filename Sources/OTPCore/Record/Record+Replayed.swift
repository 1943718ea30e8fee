// Backup codes that were used after the backup that a record comes from. The logs know which.

extension Record {
    /// Ends the backup codes of which `use` says that they were used since, or have ended; returns
    /// how many that were. `restore` has to follow, and leaves the others.
    ///
    /// If all of them have ended by something else than their use, the user is told. The event for
    /// that is of `now`, in Unix seconds; what `restore` tells takes its place.
    public mutating func replay(_ use: BackupCodeUse, at now: UInt64, origin: [UInt8]) -> Int {
        let (before, made) = (backupCodes, backupCodesMade)
        endBackupCodes { use.covers($0, madeAt: made) }
        let after = backupCodes
        let count = before.indices.count { before[$0] != after[$0] }
        if count > 0, use.endsAll(madeAt: made) {
            note(Event(.restored, at: now, detail: [], origin: origin).ending([.backupCodes]))
        }
        return count
    }

    /// Takes back the events of replays after `earlier` and up to `floor`: the last one may have
    /// been interrupted, and done again. Returns what they say has ended.
    mutating func takeReplayed(
        after earlier: UInt64, to floor: UInt64, by origin: [UInt8]
    ) -> [Event.Ended] {
        let told = happened.filter {
            $0.kind == .restored && $0.origin == origin && $0.time > earlier && $0.time <= floor
        }
        for event in told { takeBack(event) }
        return told.contains { $0.ended.contains(.backupCodes) } ? [.backupCodes] : []
    }
}
