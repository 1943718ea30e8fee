import Glibc
import OTPCore

// What the files of a store have in common, whatever they contain.
extension Store {
    /// Opens a file of the folder; `nil` if there is none.
    func openIfThere(
        _ name: [UInt8], _ flags: CInt = O_RDONLY
    ) throws(StoreError) -> FileDescriptor? {
        do throws(StoreError) {
            return try SafeOpen.open(name, in: folder, path: path(of: name), flags | O_NONBLOCK)
        } catch {
            guard error.code == .missing else { throw error }
            return nil
        }
    }

    /// Whether a file exists, whatever it contains; an unsafe one throws.
    func has(_ name: [UInt8]) throws(StoreError) -> Bool {
        guard let file = try openIfThere(name) else { return false }
        _ = try SafeOpen.check(file, path: path(of: name), forbidden: 0o077)
        return true
    }

    /// The first `count` bytes of a file, or all of a shorter one; `nil` if there is none.
    func contents(of name: [UInt8], count: Int) throws(StoreError) -> [UInt8]? {
        guard let file = try openIfThere(name) else { return nil }
        let path = path(of: name)
        let size = try SafeOpen.check(file, path: path, forbidden: 0o077).size
        // No more than there is: finding the end would take another call.
        return try SafeOpen.read(file, count: min(count, Int(clamping: size)), path: path)
    }

    /// Writes a file that survives a power cut; if somebody else has written it, theirs stays.
    func writeLasting(_ bytes: [UInt8], as name: [UInt8]) throws(StoreError) {
        do throws(StoreError) {
            _ = try NewFile.write(bytes, as: name, in: folder, for: .key, path: path(of: name))
        } catch {
            if error.code != .exists { throw error }
        }
    }

    /// Removes a file so that a power cut does not bring it back.
    func unlinkLasting(_ name: [UInt8]) throws(StoreError) {
        do throws(Errno) {
            try System.unlink(name, in: folder)
            try System.syncFolder(folder)
        } catch {
            throw StoreError(path(of: name), error)
        }
    }

    func unlinkIfThere(_ name: [UInt8]) throws(StoreError) {
        do throws(Errno) {
            try System.unlink(name, in: folder)
        } catch {
            if error.number != ENOENT { throw StoreError(path(of: name), error) }
        }
    }

    // MARK: Sealed with the key

    /// Nonce, tag and the sealed `plain`; `nil` if it cannot be sealed.
    func sealed(_ plain: inout [UInt8], _ binding: [UInt8]) throws(StoreError) -> [UInt8]? {
        try key().sealed(&plain, binding)
    }

    /// Opens sealed bytes; `nil` if they were not sealed with a key of this store, or were changed.
    func opened(_ bytes: Span<UInt8>, _ binding: [UInt8]) throws(StoreError) -> [UInt8]? {
        guard try keyIfThere() != nil else { return nil }
        let known = try keys()
        for key in known.all {
            if let plain = key.opened(bytes, binding) { return plain }
        }
        // A rekey may have begun since the keys were read.
        forgetKeys()
        guard try keyIfThere() != nil else { return nil }
        for key in try keys().all where known.named(key.id) == nil {
            if let plain = key.opened(bytes, binding) { return plain }
        }
        return nil
    }
}
