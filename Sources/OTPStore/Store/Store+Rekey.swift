import OTPCore

// A new seal key. The next key is made beside the other one, and both open. Then each record is
// replaced, one by one, by one that is sealed with the next key. Once nothing is left that only the
// earlier key opens, that one is overwritten. Each step is done completely or not at all, and run
// again, all of it continues from where it was interrupted.
extension Store {
    /// What a rekey has come to.
    public struct RekeyEnd {
        /// Records that the next key does not open, and why; while there are any, the earlier key
        /// stays.
        public let left: [(number: UInt32, error: StoreError)]
    }

    /// Makes the next key, unless a rekey is under way, and seals with it all but the records.
    public func beginRekey() throws(StoreError) {
        try prove()
        try tidy()
        try SealKeyFile.makeNext(for: self)
        forgetKeys()
        try resealMarker()
        try Store.helpDesk.reseal(in: self)
        try Store.messages.reseal(in: self)
        try replaceDecoys()
    }

    /// Seals the record of this UID with the next key, if there is one that is not.
    public func reseal(_ number: UInt32) throws(StoreError) {
        let name = Store.fileName(of: number)
        let path = path(of: name)
        guard let head = try contents(of: name, count: RecordLayout.markOffset) else { return }
        let owner = try RecordLayout.owner(head.span, path: path)
        let key = try key()
        guard let session = try RecordFile.open(owner, as: name, in: self, writing: true) else {
            return
        }
        defer { session.close() }
        try noteAnew(owner.name, in: number)
        if session.key.id == key.id { return }
        let bytes = try session.withRecord { (record) throws(StoreError) in
            try RecordFile.contents(record, of: owner, settled: 0, in: self, path: path)
        }
        let file = try NewFile.write(
            bytes, as: name, in: folder, for: .record, path: path, replacing: true)
        // Not synced: if it is lost, the first writer syncs once more.
        try? System.write(RecordLayout.mark(1), to: file, at: RecordLayout.markOffset)
    }

    /// Destroys the earlier key, if nothing needs it any longer.
    public func endRekey() throws(StoreError) -> RekeyEnd {
        try prove()
        forgetKeys()
        let keys = try keys()
        var names: Set<[UInt8]> = []
        var left: [(number: UInt32, error: StoreError)] = []
        for number in try userIDs() {
            do throws(StoreError) {
                if let name = try finishName(of: number, keys) { names.insert(name) }
            } catch {
                // A full disk, say, is not the record's fault.
                if error.code == .system { throw error }
                left.append((number, error))
            }
        }
        if !left.isEmpty {
            // Another process may have ended it meanwhile, and begun the next one.
            forgetKeys()
            return RekeyEnd(left: try keyID() == keys.current.id ? left : [])
        }
        let old = try SealKeyFile.lock(for: self, shared: false)
        defer { System.unlock(old) }
        forgetKeys()
        // As above.
        guard try keyID() == keys.current.id else { return RekeyEnd(left: []) }
        try removeNames(except: names)
        try resealMarker()
        try SealKeyFile.replace(old, for: self)
        return RekeyEnd(left: [])
    }

    /// Makes sure that a record is sealed with the current key and has its name file, and no other;
    /// returns the file's name. A record that is not, such as one restored from a backup meanwhile,
    /// has its turn now.
    private func finishName(
        of number: UInt32, _ keys: SealKeys
    ) throws(StoreError) -> [UInt8]? {
        let name = Store.fileName(of: number)
        for _ in 0..<2 {
            guard let head = try contents(of: name, count: RecordLayout.markOffset) else {
                return nil
            }
            let owner = try RecordLayout.owner(head.span, path: path(of: name))
            let file = nameFile(owner.name, keys.current)
            let id = head.dropFirst(RecordLayout.keyIDOffset).prefix(SealKey.idLength)
            if id.elementsEqual(keys.current.id), try has(file) {
                if let earlier = keys.earlier {
                    try unlinkIfThere(nameFile(owner.name, earlier))
                }
                return file
            }
            try reseal(number)
        }
        throw StoreError(.busy, path(of: name), "it was replaced meanwhile")
    }

    /// Removes the name files of records that are gone: whoever has an earlier key could tell whose
    /// they were. Those of records made since `names` were collected stay.
    private func removeNames(except names: Set<[UInt8]>) throws(StoreError) {
        for name in try entries() where name.starts(with: Store.namePrefix) {
            if names.contains(name) { continue }
            if let number = try? noted(inFile: name), let owner = try? owner(of: number),
                try nameFile(owner.name, key()) == name
            {
                continue
            }
            try unlinkIfThere(name)
        }
        // They must not come back once the key that names them is gone.
        do throws(Errno) {
            try System.syncFolder(folder)
        } catch {
            throw StoreError(path, error)
        }
    }

    /// Seals the store's name with the current key.
    private func resealMarker() throws(StoreError) {
        guard let id = try contents(of: Store.markerName, count: Store.markerLength),
            var name = try markerContents(id)
        else { throw lost }
        guard let sealed = try sealed(&name, Store.markerBinding) else {
            throw StoreError(.system, path(of: Store.markerName), "the marker cannot be sealed")
        }
        _ = try NewFile.write(
            Store.markerStart + (try keyID()) + sealed, as: Store.markerName, in: folder, for: .key,
            path: path(of: Store.markerName), replacing: true)
    }

    /// Replaces the decoys of another key: the next one chooses others for the same names.
    private func replaceDecoys() throws(StoreError) {
        let id = try keyID()
        for number in UInt8.min ... .max {
            let name = Store.decoyName(number)
            let end = RecordLayout.keyIDOffset + SealKey.idLength
            guard let head = try? contents(of: name, count: end),
                !head.suffix(SealKey.idLength).elementsEqual(id)
            else { continue }
            try replaceDecoy(number)
        }
    }
}
