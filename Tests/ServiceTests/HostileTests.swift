import Foundation
import TestSupport
import Testing

/// Hostile callers against the real program, with otp-enroll's requests.
@Suite("swiftotpd: hostile callers")
struct HostileTests {
    @Test("Of connections that race to enroll, more than one succeeds, or others are not told")
    func race() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("racer"))
        let ends = try await withThrowingTaskGroup(of: [Reply].self) { group in
            for _ in 0..<8 {
                group.addTask { try await client.run("begin", "wait 1", "confirm =", "codes") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.count { $0.count == 3 && $0[1].kind == "done" } == 1)
        // The losers began in time and were too late, or found the user already enrolled.
        let late = ["enrolledMeanwhile", "ticketVoid"]
        #expect(ends.count { $0[1].why.map(late.contains) == true } == 7)
        #expect(ends.count { $0[2].why == "proofNeeded" } == 8)
        let status = try await client.run("status")
        #expect(status[0].authenticators == ["phone"])
        try await service.rest()
    }

    @Test("A proof is good for more than the change that it comes with")
    func proofStays() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("prover"))
        let codes = try await client.enroll()
        let replies = try await client.run(
            "verify \(codes[0])", "codes", "remove phone proof \(codes[1])",
            "disable proof \(codes[1])", "codes", "disable")
        #expect(replies[0].outcome?.isAccepted == true)
        #expect(replies[2].why == "lastAuthenticator")
        #expect(replies[3].reason == "used-backup-code")
        #expect([1, 4, 5].allSatisfy { replies[$0].why == "proofNeeded" })
        let login = try await client.run(
            "login \(client.user) locker", "answer \(codes[2])")
        #expect(login.last?.end == 0)
        #expect(try await client.run("codes", "disable").allSatisfy { $0.why == "proofNeeded" })
        #expect(try await client.run("status")[0].account?.backupCodesLeft == 7)
    }

    @Test("A ticket is good for another user or store, after it expired, or changed")
    func tickets() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("ticketed"))
        let other = try Client(service, try await Account.make("another"))
        let begun = try #require(try await client.run("begin")[0].begun)
        let phone = try Phone(scanning: "otpauth://totp/x:y?secret=\(begun.key)")
        func confirm(_ ticket: String, by client: Client) async throws -> Reply {
            let code = try await phone.code()
            return try await client.run(
                #"request {"confirm":{"ticket":"\#(ticket)","code":"\#(code)"}}"#)[0]
        }
        #expect(try await confirm(begun.ticket, by: other).why == "ticketVoid")
        #expect(try await confirm("", by: client).why == "ticketVoid")
        #expect(try await confirm("x" + begun.ticket, by: client).why == "ticketVoid")
        #expect(try await confirm(String(begun.ticket.dropLast(4)), by: client).why == "ticketVoid")
        let elsewhere = try await Service()
        let there = try Client(elsewhere, try await Account.make("ticketed"))
        #expect(try await confirm(begun.ticket, by: there).why == "ticketVoid")
        let root = try Client.root(service)
        #expect(try await confirm(begun.ticket, by: root).why == "ticketVoid")
        #expect(try await confirm(begun.ticket, by: client).kind == "done")
        #expect(try await confirm(begun.ticket, by: client).why == "enrolledMeanwhile")
    }

    @Test("Bytes that are not a first frame do not end the connection, or end the service")
    func noFrame() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let client = try Client(service, try await Account.make("garbled"))
        try await client.enroll()
        let (before, process) = (try client.record, service.process)
        var login = LoginFrame(client.user, service: "su").payload
        var bad: [[UInt8]] = [
            [0, 0], [0x80, 0x01], [0xff, 0xff], Array("GET / HTTP/1.1\r\n\r\n".utf8),
            [0, 2, 1, 2], FrameBytes.frame(1), FrameBytes.frame(1, [2]),
            FrameBytes.frame(1, Array(login.dropLast())), FrameBytes.frame(1, login + [0]),
            FrameBytes.frame(1, login + [0, 9, 65]),
        ]
        // Frames that only the service sends, answers before the question, and unknown kinds.
        for kind in [0, 2, 3, 4, 6, 63, 64, 65, 67, 73, 74, 75, 255] as [UInt8] {
            bad += [FrameBytes.frame(kind), FrameBytes.frame(kind, [1, 2])]
        }
        login[0] = 1
        bad.append(FrameBytes.frame(1, login))
        login[0...1] = [2, 4]
        bad.append(FrameBytes.frame(1, login))
        for bytes in bad {
            let hex = bytes.map { String(format: "%02x", $0) }.joined()
            #expect(try await client.run("raw \(hex)", "reply").map(\.kind) == ["end"], "\(hex)")
        }
        // Cut off by the client's end, so nobody reads the reply.
        for hex in ["", "00", "0003", "000305", "00030501", "7fff01"] {
            let steps = hex.isEmpty ? ["end"] : ["raw \(hex)", "end"]
            #expect(try await client.run(steps).map(\.kind) == ["end"], "\(hex)")
        }
        try await service.rest()
        #expect(service.process == process && process != nil)
        #expect(try client.record == before)
        #expect(try await client.run("status").first?.account?.isEnrolled == true)
        let uid = try Account.numbers(of: client.user).uid
        let refused = log.lines(
            containing: "swiftotpd[\(process ?? 0)]", "reason=malformed uid=\(uid)")
        #expect(refused.count == bad.count && refused.allSatisfy { $0.severity == 5 })
    }

    @Test("Invalid requests are obeyed, or what follows them is read")
    func noRequest() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("asking"))
        try await client.enroll()
        let before = try client.record
        for document in [
            "{}", "null", #"{"version":1,"command":{"status":{}},"more":1}"#,
            #"{"version":1,"command":{"status":{"user":"root"}}}"#, #"{"version":1"#,
            String(repeating: "[", count: 32_766), String(repeating: "1", count: 32_766),
        ] {
            let replies = try await client.run("document \(document)", "status")
            #expect(replies[0].why == "malformed" && replies[1].kind == "end", "\(document)")
        }
        for bytes in ["", "00", "01ff", "ff"] {
            let replies = try await client.run("frame 5 \(bytes)", "reply", "status")
            #expect(replies[0].why == "malformed" && replies[1].kind == "end", "\(bytes)")
        }
        let old = #"{"version":99,"command":{"do":{}}}"#
        let told = try await client.run("document \(old)", "status")
        #expect(told[0].why == "otherVersion" && told[1].kind == "end")
        // Frames of another kind among requests.
        for kind in [1, 2, 64, 74, 99] {
            let replies = try await client.run("status", "frame \(kind) 0101", "reply")
            #expect(replies.map(\.kind) == ["account", "end"], "\(kind)")
        }
        #expect(try client.record == before)
        try await service.rest()
    }

    @Test("Random bytes, or a megabyte in one line, end the service")
    func noise() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("noisy"))
        try await client.enroll()
        let before = try client.record
        var random = SystemRandomNumberGenerator()
        for size in [1, 2, 3, 16, 300, 5000] {
            let bytes = (0..<size).map { _ in String(format: "%02x", random.next() as UInt8) }
            _ = try await client.run("raw \(bytes.joined())", "end")
            _ = try await client.run("frame 1 \(bytes.joined())", "end")
            _ = try await client.run("frame 5 \(bytes.joined())", "end")
        }
        let megabyte = String(repeating: "41", count: 1 << 20)
        let replies = try await client.run("raw \(megabyte)", "reply", "reply")
        #expect(replies.map(\.kind) == ["end", "end"])
        #expect(try client.record == before)
        try await service.rest()
    }

    @Test("Half a first frame, or none, is waited for longer than five seconds")
    func silence() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("silent"))
        let root = try Client.root(service)
        let drip = ["raw 00ff05"] + (0..<40).flatMap { _ in ["raw 01", "wait 0.25"] }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in [client, root] {
                for steps in [[], ["raw 00"], ["raw 0003"], ["raw 00030501"], drip] {
                    group.addTask {
                        let start = ContinuousClock.now
                        let replies = try await caller.run(steps + ["reply"])
                        #expect(replies.map(\.kind) == ["end"])
                        let time = ContinuousClock.now - start
                        let most = Duration.seconds(steps.count > 9 ? 60 : 40)
                        #expect((.seconds(4.5)...most).contains(time), "\(steps): \(time)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await service.rest()
    }

    @Test("More than 200 requests are answered")
    func tooMany() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("asking"))
        let frame = FrameBytes.frame(5, Array(#"{"version":1,"command":{"policy":{}}}"#.utf8))
        let body = frame.map { String(format: "%02x", $0) }.joined()
        let replies = try await client.run(
            ["raw \(String(repeating: body, count: 250))"]
                + [String](repeating: "reply", count: 202))
        #expect(replies.count(where: { $0.kind == "policy" }) == 200)
        #expect(replies.last?.kind == "end")
    }

    @Test("A peer that dies while enrolling leaves a trace before the last step")
    func dying() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("dying"))
        let steps = ["status", "begin", "confirm 000000", "raw 007b057b22"]
        for count in 0...steps.count {
            try await client.run(Array(steps[..<count]) + ["leave"])
            try await service.rest()
            #expect(try client.record.isEmpty)
        }
        // Now enrolled: the same for a second phone.
        let codes = try await client.enroll()
        let names = try await client.run("status").first?.authenticators
        for count in 1...3 {
            let steps = [
                "verify \(codes[count])", "begin tablet proof \(codes[count + 3])",
                "confirm 000000",
            ]
            try await client.run(Array(steps[..<count]) + ["leave"])
            try await service.rest()
            let status = try await client.run("status")
            #expect(status[0].authenticators == names)
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: service.store)
        #expect(left.count == 4, "\(left)")
    }

    @Test(
        "A peer that dies right after its frame ends the service, or is not logged")
    func gone() async throws {
        let log = try SystemLog.shared()
        let service = try await Service()
        let account = try await Account.make("gone")
        let client = try Client(service, account)
        try await client.enroll()
        let (before, process) = (try client.record, service.process)
        for caller in [client, try Client.setuid(service, startedBy: account)] {
            for frame in [
                LoginFrame(account.name, service: "gone").bytes,
                FrameBytes.frame(5, Array(#"{"version":1,"command":{"policy":{}}}"#.utf8)),
            ] {
                let hex = frame.map { String(format: "%02x", $0) }.joined()
                for _ in 0..<10 { try await caller.run("raw \(hex)", "leave") }
            }
        }
        try await service.rest()
        #expect(service.process == process && process != nil)
        #expect(try client.record == before)
        let lines = log.lines(
            containing: "pam_swiftotp(gone:auth): authentication failure; reason=no-answer",
            "user=\(account.name)")
        #expect(lines.count == 20)
    }

    @Test("Files sent along are kept")
    func files() async throws {
        let service = try await Service()
        let client = try Client(service, try await Account.make("sender"))
        let held = Task { try await client.run("files", "wait 5", "files", "wait 5", "status") }
        try await service.serves(1)
        try await Task.sleep(for: .seconds(2))
        let process = try #require(service.process)
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        // The three standard streams, the listening socket, the log, and the connection.
        #expect(open.count <= 6, "\(open)")
        let replies = try await held.value
        #expect(replies.map(\.kind) == ["policy", "policy", "account"])
        try await service.rest()
    }
}
