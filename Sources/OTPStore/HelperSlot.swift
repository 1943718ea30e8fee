import CLinux
import OTPCore

/// One of the few connections that a user may have at a time, so that nobody can take all of
/// them and keep others from unlocking their screens. It ends with its process.
///
/// Each is a locked byte of a file beside the socket: what is locked goes with the process that
/// has it open, however that ends, and needs no cleaning up.
public struct HelperSlot: ~Copyable {
    /// How many a user may have.
    static let maximum: Int64 = 16

    private let file: FileDescriptor

    /// Takes a free one of the user's; `nil` where none is left.
    init?(of uid: UInt32, in folder: [UInt8]) throws(StoreError) {
        let name = [UInt8]("connections" as StaticString)
        let directory = try SafeOpen.directory(folder)
        do throws(Errno) {
            let file = try System.open(name, in: directory, O_RDWR | O_CREAT, mode: 0o600)
            let first = Int64(uid) * HelperSlot.maximum
            for place in first..<first + HelperSlot.maximum
            where try System.tryLock(file, byte: place) {
                self.file = file
                return
            }
        } catch {
            throw StoreError(folder, error)
        }
        return nil
    }
}
