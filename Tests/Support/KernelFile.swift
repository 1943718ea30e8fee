import Foundation

/// The contents of a file in /proc. Such files have no size, and Foundation's own functions stop
/// after their first page.
public func kernelFile(_ path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw Trouble("no \(path)") }
    var bytes = Data()
    while let more = try file.read(upToCount: 65_536), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
}
