import OTPCore

// Records are found by UID. So that a user whose UID has changed is not taken for one without a
// record, a file for each name says which UID's record it has: `name-` and 32 digits that hide the
// name from anybody without the key. It is written before the record, and proves nothing alone: the
// record's own head has the last word.
extension Store {
    private static let namePrefix = Array("name-".utf8)
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
        // If it cannot be read, it is written anew.
        let standing = try? noted(name)
        if let standing, standing == number { return }
        let file = try nameFile(name)
        try unlinkIfThere(file)
        try writeLasting(Array(String(number).utf8), as: file)
    }

    /// Removes the note that `name` is in the record of this UID. If it stays, it does no harm.
    func forget(_ name: [UInt8], in number: UInt32) {
        do throws(StoreError) {
            if try noted(name) == number { try unlinkIfThere(try nameFile(name)) }
        } catch {
            // As above.
        }
    }

    /// Writes the missing name files, for records that were restored one by one.
    public func noteNames() throws(StoreError) {
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
        let file = try nameFile(name)
        guard let text = try contents(of: file, count: Store.maximumDigits + 1) else { return nil }
        guard let number = Store.userID(text) else {
            throw StoreError(
                .damaged, path(of: file), "it is damaged; `otp-enroll init` writes it anew")
        }
        return number
    }

    private func nameFile(_ name: [UInt8]) throws(StoreError) -> [UInt8] {
        let mac = try key().mac((Store.namePrefix + name).span, length: 16)
        return mac.reduce(into: Store.namePrefix) { $0.append(hex: $1) }
    }
}
