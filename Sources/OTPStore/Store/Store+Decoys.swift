import Glibc
import OTPCore

// Decoys are records that nobody can log in with. Nothing in them is worth keeping: a lost or
// damaged one is made anew, and nobody waits for one to reach the disk.

extension Store {
    /// Opens the record that `name`, which has none, is tried against; `nil` if there cannot be one
    /// now.
    public func openDecoy(for name: [UInt8]) throws(StoreError) -> RecordFile? {
        try prove()
        let decoy = Decoy(for: name, key: try key())
        let session = try openOrMakeDecoy(decoy.number)
        session?.withRecord { decoy.turn(&$0) }
        return session
    }

    /// The name of a decoy's file: `decoy-00` to `decoy-ff`.
    static func decoyName(_ number: UInt8) -> [UInt8] {
        var name = [UInt8]("decoy-" as StaticString)
        name.append(hex: number)
        return name
    }

    /// The user of a decoy's record: nobody has this UID (chown(2) takes it for "leave it").
    private static func nobody(_ number: UInt8) -> User {
        User(name: decoyName(number), uid: .max, gid: .max)
    }

    private func openOrMakeDecoy(_ number: UInt8) throws(StoreError) -> RecordFile? {
        let nobody = Store.nobody(number)
        // Several times: it may be damaged, and others may make or remove it at the same time.
        for _ in 0..<4 {
            var isSpoilt = false
            do throws(StoreError) {
                let decoy = try RecordFile.open(nobody, as: nobody.name, in: self, writing: true)
                if let decoy { return decoy }
            } catch {
                guard error.isOfTheFile else { throw error }
                guard removeDecoy(nobody.name) else { return nil }
                isSpoilt = true
            }
            guard try makeDecoy(nobody) else { return nil }
            if !isSpoilt { makeOtherDecoys() }
        }
        return nil
    }

    /// Makes all missing decoys at once, so that only one login takes longer.
    private func makeOtherDecoys() {
        for number in UInt8.min ... .max {
            let nobody = Store.nobody(number)
            do throws(StoreError) {
                let path = path(of: nobody.name)
                _ = try SafeOpen.open(nobody.name, in: folder, path: path, __O_PATH)
            } catch {
                guard error.code == .missing else { continue }
                do throws(StoreError) {
                    guard try makeDecoy(nobody) else { return }
                } catch {
                    return
                }
            }
        }
    }

    /// Removes a damaged decoy; `false` if it stays, such as a folder in its place.
    private func removeDecoy(_ name: [UInt8]) -> Bool {
        do throws(StoreError) {
            try unlinkIfThere(name)
            return true
        } catch {
            return false
        }
    }

    /// Replaces a decoy by one of the current key.
    func replaceDecoy(_ number: UInt8) throws(StoreError) {
        _ = try makeDecoy(Store.nobody(number), replacing: true)
    }

    /// Makes a decoy, unless somebody else does so first; `false` if it cannot be made.
    private func makeDecoy(
        _ nobody: User, replacing: Bool = false
    ) throws(StoreError) -> Bool {
        let path = path(of: nobody.name)
        var random = try SystemRandom().bytes(20)
        let bytes = try RecordFile.contents(
            Decoy.record(random: &random), of: nobody, settled: 1, in: self, path: path)
        do throws(Errno) {
            try NewFile.write(
                bytes, as: nobody.name, in: folder, for: .decoy, replacing: replacing)
            return true
        } catch {
            // A read-only file system is trouble for enrolled users as well; a full one is not,
            // because their files exist.
            if error.number == EROFS { throw StoreError(path, error) }
            return error.number == EEXIST
        }
    }
}

extension StoreError {
    /// Whether a file is at fault, so that making it anew helps.
    fileprivate var isOfTheFile: Bool {
        switch code {
        case .damaged, .otherKey, .otherUser, .unsafe: true
        default: false
        }
    }
}
