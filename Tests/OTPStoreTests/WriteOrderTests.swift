import Foundation
import Testing

@testable import OTPCore
@testable import OTPStore

/// What this very process writes and syncs, as the kernel sees it: strace(1) on ourselves.
/// Nothing else can tell whether a sync was made.
private struct Trace {
    private let strace = Process()
    private let output: String

    init(_ place: Place) throws {
        output = place.file("trace")
        strace.executableURL = URL(fileURLWithPath: "/usr/bin/strace")
        strace.arguments = [
            "-f", "-y", "-s", "0", "-e", "trace=pwritev,pwrite64,fdatasync,fsync", "-o", output,
            "-p", "\(getpid())",
        ]
        strace.standardError = FileHandle.nullDevice
        try strace.run()
        let end = Date().addingTimeInterval(10)
        while try !isAttached() {
            try #require(Date() < end && strace.isRunning, "strace does not attach to this process")
            usleep(10_000)
        }
    }

    /// Whether every thread of ours is traced.
    private func isAttached() throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").allSatisfy {
            // A thread may have ended meanwhile.
            let status = try? String(
                contentsOfFile: "/proc/self/task/\($0)/status", encoding: .utf8)
            return status?.contains("TracerPid:\t\(strace.processIdentifier)\n") ?? true
        }
    }

    /// What was done to the file at `path`: `sync`, or the offset of a write.
    func finish(_ path: String) throws -> [String] {
        strace.interrupt()
        strace.waitUntilExit()
        let calls = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
        return calls.filter { $0.contains("<\(path)>") }.map { call in
            guard call.contains("pwrite") else { return "sync" }
            let arguments = call.split(separator: ")", maxSplits: 1)[0]
            return arguments.split(separator: " ").last.map(String.init) ?? "?"
        }
    }
}

@Suite("The order of writing", .serialized, .timeLimit(.minutes(1)))
struct WriteOrderTests {
    private let name = "store/\(alice.uid)"

    @Test("A login syncs once: after the charge and the new slot, before the mark")
    func oneSync() throws {
        let place = try Place()
        try place.enroll()
        let trace = try Trace(place)
        #expect(try place.attempt(code(noonStep)).reason == "code")
        #expect(try place.attempt("000000") == .refused(.wrong))
        let path = place.record(of: alice)
        #expect(
            try trace.finish(path) == [
                "528", "8192", "sync", "512", "528", "4096", "sync", "512",
            ])
    }

    @Test("What a killed writer left unsynced is synced before anything is written")
    func settles() throws {
        let place = try Place()
        try place.enroll()
        let before = try place.read(name)
        _ = try place.attempt(code(noonStep))
        // As if the writer had been killed before it could write the mark.
        var killed = try place.read(name)
        killed.replaceSubrange(512..<528, with: before[512..<528])
        try place.write(killed, to: name)
        let trace = try Trace(place)
        #expect(try place.attempt("000000") == .refused(.wrong))
        let path = place.record(of: alice)
        #expect(try trace.finish(path) == ["sync", "528", "4096", "sync", "512"])
    }
}
