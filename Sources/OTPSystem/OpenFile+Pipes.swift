import CLinux
import Glibc
import OTPWire

// Our ends of the pipes to and from a program, which never keep us waiting.
extension OpenFile {
    /// Makes reading and writing fail if they would wait.
    func makeNonBlocking() { _ = fcntl(number, F_SETFL, O_NONBLOCK) }

    /// Writes what the pipe has room for, and removes it from `rest`; `false` if nobody reads it.
    func writeSome(_ rest: inout ArraySlice<UInt8>) -> Bool {
        while !rest.isEmpty {
            // SAFETY: reads the slice's own bytes.
            let wrote = unsafe rest.withUnsafeBytes {
                unsafe write(number, $0.baseAddress, $0.count)
            }
            if wrote > 0 {
                rest = rest.dropFirst(wrote)
            } else if errno == EAGAIN {
                return true
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Hands over what there is to read; `false` once nothing more comes.
    func readSome(_ take: (ArraySlice<UInt8>) throws -> Void) rethrows -> Bool {
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            // SAFETY: writes within the array.
            let got = unsafe read(number, &part, part.count)
            if got > 0 {
                try take(part[..<got])
            } else if got == 0 || ![EINTR, EAGAIN].contains(errno) {
                return false
            } else if errno == EAGAIN {
                return true
            }
        }
    }

    /// Waits so many milliseconds at most, until `input` can be written to or one of `outputs` read;
    /// -1 stands for one that is closed.
    static func awaitAny(writing input: CInt, reading outputs: [CInt], milliseconds: CInt) {
        var files = [pollfd(fd: input, events: Int16(POLLOUT), revents: 0)]
        files += outputs.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard files.contains(where: { $0.fd >= 0 }) else {
            usleep(1000)
            return
        }
        // SAFETY: the array's own length is given.
        _ = unsafe poll(&files, nfds_t(files.count), milliseconds)
    }
}
