import CLinux
import Glibc
import OTPCore

/// The system calls for the names in a folder. It has unsafe code (see `System.swift`).
extension System {
    /// Renames a file. The new name must be free (renameat2(2) with RENAME_NOREPLACE), unless it is
    /// to be replaced.
    static func rename(
        _ old: [UInt8], to new: [UInt8], in directory: borrowing FileDescriptor,
        replacing: Bool = false
    ) throws(Errno) {
        let number = directory.number
        // SAFETY: both names are C strings that live through the call.
        let result = unsafe withCString(old) { from in
            unsafe withCString(new) { to in
                replacing
                    ? unsafe swiftotp_rename(number, from, to)
                    : unsafe swiftotp_rename_noreplace(number, from, to)
            }
        }
        guard result == 0 else { throw .last }
    }

    /// unlinkat(2).
    static func unlink(_ name: [UInt8], in directory: borrowing FileDescriptor) throws(Errno) {
        let number = directory.number
        // SAFETY: the name is a C string that lives through the call.
        let result = unsafe withCString(name) { unsafe unlinkat(number, $0, 0) }
        guard result == 0 else { throw .last }
    }

    /// The names in a folder, without `.` and `..` (getdents64(2)).
    static func entries(of folder: borrowing FileDescriptor) throws(Errno) -> [[UInt8]] {
        let copy = try open([UInt8(ascii: ".")], in: folder, O_RDONLY | O_DIRECTORY)
        var names: [[UInt8]] = []
        var room = [UInt8](repeating: 0, count: 32_768)
        while true {
            // SAFETY: the array's own length is given.
            let length = unsafe room.withUnsafeMutableBytes {
                unsafe swiftotp_getdents(copy.number, $0.baseAddress, $0.count)
            }
            guard length >= 0 else { throw .last }
            if length == 0 { return names }
            var rest = room[..<min(length, room.count)]
            // Inode number and offset are 8 bytes each, the length of the entry 2, its type 1.
            while rest.count > 19 {
                let start = rest.startIndex
                let size = Int(rest[start + 16]) | Int(rest[start + 17]) << 8
                guard (20...rest.count).contains(size) else { throw Errno(number: EIO) }
                let name = Array(rest[(start + 19)..<(start + size)].prefix { $0 != 0 })
                if name != [UInt8(ascii: ".")] && name != [UInt8](".." as StaticString) {
                    names.append(name)
                }
                rest = rest.dropFirst(size)
            }
        }
    }

    /// mkdirat(2).
    static func makeDirectory(
        _ name: [UInt8], in directory: borrowing FileDescriptor, mode: UInt32
    ) throws(Errno) {
        let number = directory.number
        // SAFETY: the name is a C string that lives through the call.
        let result = unsafe withCString(name) { unsafe mkdirat(number, $0, mode) }
        guard result == 0 else { throw .last }
    }
}
