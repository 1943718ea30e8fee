import Foundation
import TestSupport
import Testing

/// `rekey`: a new seal key.
@Suite struct RekeyTests {
    let desk: Desk

    init() throws { desk = try Desk() }

    private var files: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: desk.store).sorted() }
    }

    private var key: Data? { FileManager.default.contents(atPath: desk.store + "/seal.key") }

    private static let accounts = ["root", "daemon", "bin", "sys", "games", "man", "mail", "news"]

    @Test("A rekey whose last step takes longer than other requests may is given up")
    func slow() async throws {
        try await desk.enroll()
        try await desk.enroll("daemon")
        let service = try WrappedService(
            in: desk.scratch,
            behind: "strace -f -qq -o /dev/null -e trace=unlinkat "
                + "-e inject=unlinkat:delay_enter=12000000")
        let done = try await Command.run(
            desk.words(["rekey", "--yes"], by: service.program), within: .seconds(300))
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.output.contains("2 records sealed with it"), "\(done.output)")
    }

    @Test("A rekey keeps the key, loses codes, or is not logged")
    func whole() async throws {
        let log = try SystemLog.shared()
        let codes = try await desk.enroll().codes
        try await desk.enroll("daemon")
        #expect(try await desk.verify(codes[0]).0)
        let old = key
        let done = try await desk.run("rekey", "--yes")
        #expect(done.status == 0, "\(done.errors)")
        #expect(
            done.output == """
                The seal key is new, and 2 records sealed with it.
                Make a new backup: older copies of the store need the old key.

                """)
        #expect(key != old)
        #expect(try !files.contains { $0.hasSuffix(".next") || $0.hasPrefix("new.") })
        #expect(try await desk.verify(codes[0]).0 == false)
        #expect(try await desk.verify(codes[1]).0)
        _ = try await log.line(containing: "seal key replaced; key=\(desk.store)/seal.key by=")
        let object = try await desk.json("rekey", "--yes")
        #expect(object["done"] as? Bool == true && object["records"] as? Int == 2)
        let doctor = try await desk.run("doctor")
        let words = doctor.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("2 records, a seal key made today"), "\(doctor.output)")
        utimes(
            desk.store + "/seal.key",
            [
                timeval(tv_sec: 1_700_000_000, tv_usec: 0),
                timeval(tv_sec: time(nil) - 400 * 86_400, tv_usec: 0),
            ])
        let later = try await desk.run("doctor").output
        #expect(
            later.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                .contains("a seal key made 400 days ago"), "\(later)")
    }

    @Test("With a damaged record the old key is destroyed, or it is not said what to do")
    func damaged() async throws {
        let codes = try await desk.enroll().codes
        try await desk.enroll("daemon")
        truncate("\(desk.store)/1", 10)
        let done = try await desk.run("rekey", "--yes")
        #expect(done.status == 1)
        #expect(done.errors.contains("the old seal key stays, for 1 record that"), "\(done.errors)")
        #expect(done.errors.contains("`otp-enroll reset daemon` gives it up"), "\(done.errors)")
        let object = try await desk.json("rekey", "--yes", status: 1)
        #expect(object["left"] as? Int == 1 && object["done"] as? Bool == false)
        let doctor = try await desk.run("doctor")
        #expect(doctor.output.contains("a rekey was not finished"), "\(doctor.output)")
        #expect(doctor.output.contains("otp-enroll --store \(desk.store) rekey\n"))
        #expect(try await desk.verify(codes[0]).0)
        #expect(try await desk.run("reset", "daemon").status == 0)
        let again = try await desk.run("rekey", "--yes")
        #expect(again.status == 0, "\(again.errors)")
        #expect(try !files.contains("seal.key.next"))
        #expect(try await desk.verify(codes[1]).0)
    }

    @Test("A rekey on a full disk loses a record, or does not go on once there is room")
    func full() async throws {
        let codes = try await desk.enroll().codes
        for user in Self.accounts.dropFirst() { try await desk.enroll(user) }
        let small = try desk.scratch.folder("small")
        try await Command.output(
            ["mount", "-t", "tmpfs", "-o", "size=2M,mode=700", "small", small])
        try await Command.output(["cp", "-a", desk.store + "/.", small])
        try await Command.output(["mount", "--bind", small, desk.store])
        defer { for folder in [desk.store, small] { umount2(folder, Int32(MNT_DETACH)) } }
        var used = 0
        // No room for the key; for the key alone; for some records.
        for room in [0, 4096, 8192, 12_288, 16_384, 24_576] {
            let filler = desk.store + "/filler"
            _ = try await Command.run(["dd", "if=/dev/zero", "of=\(filler)", "bs=1k"])
            var status = stat()
            stat(filler, &status)
            truncate(filler, status.st_size - off_t(room))
            let done = try await desk.run("rekey", "--yes")
            #expect(try await desk.verify(codes[used]).0, "\(room)")
            used += 1
            if done.status == 0 { continue }
            #expect(done.errors.contains("no space left on the device"), "\(done.errors)")
            #expect(done.errors.contains("nothing is lost"), "\(done.errors)")
            #expect(try !files.contains { $0.hasPrefix("new.") })
            unlink(filler)
        }
        unlink(desk.store + "/filler")
        let done = try await desk.run("rekey", "--yes")
        #expect(done.status == 0, "\(done.errors)")
        #expect(try !files.contains("seal.key.next"))
        #expect(try await desk.verify(codes[used]).0)
        for user in Self.accounts.dropFirst() {
            #expect(try await desk.run("status", user).output.contains("is enrolled"), "\(user)")
        }
    }

    @Test("An ordinary user replaces the system's key")
    func strangers() async throws {
        let service = try await Service.shared()
        let done = try await Command.run(
            withoutRoot([
                try Build.product("otp-enroll"), "rekey", "--yes", "--socket", service.socket,
            ]))
        #expect(done.status == 1 && !done.errors.isEmpty, "\(done.output)")
    }
}
