import Glibc
import OTPCore

// Decoys are records that nobody can log in with. Nothing in them is worth keeping: one that is
// lost or spoilt is made anew, and none is waited for until it is on the disk.

extension Store {
    /// Opens the record that `name`, which has none, is tried against; `nil` where there cannot be
    /// one now.
    public func openDecoy(for name: [UInt8]) throws(StoreError) -> RecordFile? {
        try prove()
        let decoy = Decoy(for: name, key: try key())
        let session = try openOrMakeDecoy(decoy.number)
        session?.withRecord { decoy.turn(&$0) }
        return session
    }

    /// What a decoy's file is called: `decoy-00` to `decoy-ff`.
    static func decoyName(_ number: UInt8) -> [UInt8] {
        var name = [UInt8]("decoy-" as StaticString)
        name.append(hex: number)
        return name
    }

    /// Whom a decoy's record is of: no user has this number (chown(2) takes it for "leave it").
    private static func nobody(_ number: UInt8) -> User {
        User(name: decoyName(number), uid: .max, gid: .max)
    }

    private func openOrMakeDecoy(_ number: UInt8) throws(StoreError) -> RecordFile? {
        let nobody = Store.nobody(number)
        // More than once: it may be spoilt, and others may make or remove it as we do.
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

    /// Makes all that are missing, so that it shows in the time of one login and no more.
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

    /// Removes a spoilt decoy; `false` where it stays, such as a folder in its place.
    private func removeDecoy(_ name: [UInt8]) -> Bool {
        do throws(StoreError) {
            try unlinkIfThere(name)
            return true
        } catch {
            return false
        }
    }

    /// Makes a decoy, or finds that somebody else was faster; `false` where it cannot be made.
    private func makeDecoy(_ nobody: User) throws(StoreError) -> Bool {
        let path = path(of: nobody.name)
        var random = try SystemRandom().bytes(20)
        let bytes = try RecordFile.contents(
            Decoy.record(random: &random), of: nobody, settled: 1, in: self, path: path)
        do throws(Errno) {
            try NewFile.write(bytes, as: nobody.name, in: folder, for: .decoy)
            return true
        } catch {
            // A file system that nothing can be written to is trouble for the enrolled as well; a
            // full one is not, because their files are there.
            if error.number == EROFS { throw StoreError(path, error) }
            return error.number == EEXIST
        }
    }
}

extension StoreError {
    /// Whether a file is at fault, which another one in its place mends.
    fileprivate var isOfTheFile: Bool {
        switch code {
        case .damaged, .otherKey, .otherUser, .unsafe: true
        default: false
        }
    }
}
