import OTPCore

// Records are found by UID. So that a user whose UID has changed is not taken for one without a
// record, a file for each name says which UID's record it has: `name-` and 32 digits that hide the
// name from anybody without the key. It is written before the record, and proves nothing alone: the
// record's own head has the last word.
extension Store {
    static let namePrefix = Array("name-".utf8)
    /// The longest UID, in digits.
    private static let maximumDigits = 10

    /// Whose record this UID has, according to its head; `nil` if there is none.
    public func owner(of number: UInt32) throws(StoreError) -> User? {
        let name = Store.fileName(of: number)
        guard let head = try contents(of: name, count: RecordLayout.markOffset) else { return nil }
        return try RecordLayout.owner(head.span, path: path(of: name))
    }

    /// The UID of the record that has `name`; `nil` for none.
    public func number(of name: [UInt8]) throws(StoreError) -> UInt32? {
        guard let number = try noted(name), let owner = try owner(of: number), owner.name == name
        else { return nil }
        return number
    }

    /// Checks that no record of another UID, which the user had before, logs `user` in.
    public func checkOtherNumber(of user: User) throws(StoreError) {
        guard let number = try noted(user.name), number != user.uid,
            let owner = try owner(of: number), owner.name == user.name,
            let file = try RecordFile.open(
                owner, as: Store.fileName(of: number), in: self, writing: false)
        else { return }
        defer { file.close() }
        guard file.withRecord({ $0.isEnrolled }) else { return }
        throw StoreError(
            .otherUser, path(ofRecord: number),
            "it is \(user.shownName)'s, who is \(user.uid) now:"
                + " `otp-enroll move \(number) \(user.commandName)`, or"
                + " `otp-enroll forget \(number)` where that was another person")
    }

    /// Records that `name` is in the record of this UID; when this returns, that survives a power
    /// cut.
    func note(_ name: [UInt8], in number: UInt32) throws(StoreError) {
        let file = try nameFile(name, key())
        // If it cannot be read, it is written anew.
        let standing = try? noted(inFile: file)
        if let standing, standing == number { return }
        try unlinkIfThere(file)
        try writeLasting(Array(String(number).utf8), as: file)
    }

    /// Records under the current key what an earlier key's file says about `name`, or that it is in
    /// the record of this UID.
    func noteAnew(_ name: [UInt8], in number: UInt32) throws(StoreError) {
        let keys = try keys()
        if (try? noted(inFile: nameFile(name, keys.current))) != nil {
            return
        }
        var earlier: UInt32?
        if let key = keys.earlier { earlier = try? noted(inFile: nameFile(name, key)) }
        try note(name, in: earlier ?? number)
    }

    /// Removes the note that `name` is in the record of this UID. If it stays, it does no harm.
    func forget(_ name: [UInt8], in number: UInt32) {
        do throws(StoreError) {
            for key in try keys().all {
                let file = nameFile(name, key)
                if try noted(inFile: file) == number { try unlinkIfThere(file) }
            }
        } catch {
            // As above.
        }
    }

    /// Writes the missing name files, for records that were restored one by one.
    public func noteNames() throws(StoreError) {
        let hold = try holdKey()
        defer { System.unlock(hold) }
        for number in try userIDs() {
            let owner: User?
            do throws(StoreError) { owner = try self.owner(of: number) } catch { continue }
            guard let owner, owner.uid == number else { continue }
            let known: UInt32?
            do throws(StoreError) { known = try self.number(of: owner.name) } catch { known = nil }
            if known == nil { try note(owner.name, in: number) }
        }
    }

    /// The UID recorded for a name; `nil` for none.
    private func noted(_ name: [UInt8]) throws(StoreError) -> UInt32? {
        for key in try keys().all {
            if let number = try noted(inFile: nameFile(name, key)) { return number }
        }
        return nil
    }

    func noted(inFile file: [UInt8]) throws(StoreError) -> UInt32? {
        guard let text = try contents(of: file, count: Store.maximumDigits + 1) else { return nil }
        guard let number = Store.userID(text) else {
            throw StoreError(
                .damaged, path(of: file), "it is damaged; `otp-enroll init` writes it anew")
        }
        return number
    }

    func nameFile(_ name: [UInt8], _ key: SealKey) -> [UInt8] {
        let mac = key.mac((Store.namePrefix + name).span, length: 16)
        return mac.reduce(into: Store.namePrefix) { $0.append(hex: $1) }
    }
}
