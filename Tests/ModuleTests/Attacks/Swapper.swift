import Foundation
import TestSupport

/// Somebody who puts one file or folder in the place of another, and back, all the time: there is
/// always one of them.
final class Swapper {
    private let process = Process()
    private let input = Pipe(), output = Pipe()

    /// `first` is what lies there at each end.
    init(_ first: String, _ second: String, in scratch: Scratch) throws {
        let program = try scratch.write(Self.program, to: "swap-\(UUID().uuidString).py")
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-BI", program, first, second]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    func start() throws { try input.fileHandleForWriting.write(contentsOf: Data("+".utf8)) }

    /// Ends one row of exchanges; how many there were.
    func stop() throws -> Int {
        try input.fileHandleForWriting.write(contentsOf: Data("-".utf8))
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let count = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Trouble("nothing was exchanged: \(text)")
        }
        return count
    }

    deinit { try? input.fileHandleForWriting.close() }

    private static let program = """
        import ctypes, os, select, sys
        first, second = [word.encode() for word in sys.argv[1:]]
        exchange = ctypes.CDLL(None, use_errno=True).renameat2
        while os.read(0, 1):
            count = 0
            while count % 2 or not select.select([0], [], [], 0)[0]:
                # AT_FDCWD, and RENAME_EXCHANGE.
                if exchange(-100, first, -100, second, 2) != 0:
                    sys.exit(os.strerror(ctypes.get_errno()))
                count += 1
            os.read(0, 1)
            os.write(1, b"%d\\n" % count)

        """
}
