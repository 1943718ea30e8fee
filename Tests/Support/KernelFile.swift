import Foundation

/// All of what a file in /proc says. Such files have no size, and Foundation's own ways end with the
/// first page of them.
public func kernelFile(_ path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw Trouble("no \(path)") }
    var bytes = Data()
    while let more = try file.read(upToCount: 65_536), !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
}
