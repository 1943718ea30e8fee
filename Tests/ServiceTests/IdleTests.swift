import Foundation
import TestSupport
import Testing

/// The service as under systemd: it runs while somebody is connected, and for another minute.
@Suite("swiftotpd: at rest", .timeLimit(.minutes(5)))
struct IdleTests {
    @Test("It does not end a minute after the last connection, is too large, or is not restarted")
    func idle() async throws {
        let service = try await Service(program: try Release.program())
        let account = try await Account.make("idler")
        let person = try Person(account.name, in: service.store)
        let host = try await Host(service.socket, as: account)
        #expect(service.process == nil)
        #expect(try await host.login(account.name, person.code()).name == "PAM_SUCCESS")
        // A connection that lasts: the minute begins at its end, which a busy machine sees late.
        let before = ContinuousClock.now
        try await Client(service, account).run("status", "wait 20", "status")
        try await service.rest()
        let start = ContinuousClock.now
        let first = try #require(service.process)
        let memory = try Memory(of: first)
        #expect(memory.resident <= 16_384, "\(memory)")
        #expect(memory.threads == 1)
        print("swiftotpd at rest: \(memory)")
        try Proof.tell("Floods", "Memory of the service at rest", "\(memory)")
        _ = try await patiently("the service to end", within: .seconds(120)) {
            service.process == nil ? true : nil
        }
        let end = ContinuousClock.now
        #expect(end - before > .seconds(75) && end - start < .seconds(110))
        // No wait for its start.
        #expect(try await host.login(account.name, person.code()).name == "PAM_SUCCESS")
        #expect(service.process != nil && service.process != first)
    }

    @Test("It ends while somebody is connected")
    func connected() async throws {
        let service = try await Service()
        let account = try await Account.make("patient")
        let person = try Person(account.name, in: service.store)
        let host = try await Host(service.socket, as: account)
        _ = try await host.begin(account.name)
        let process = try #require(service.process)
        try await Task.sleep(for: .seconds(75))
        #expect(service.process == process)
        #expect(try await host.answer(person.code()).name == "PAM_SUCCESS")
    }
}

/// A process's memory according to /proc.
struct Memory: CustomStringConvertible {
    /// In kilobytes (VmRSS).
    let resident: Int
    let threads: Int

    init(of process: pid_t) throws {
        var values: [Substring: Int] = [:]
        for line in try kernelFile("/proc/\(process)/status").split(separator: "\n") {
            let words = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
            if words.count > 1 { values[words[0]] = Int(words[1]) }
        }
        guard let resident = values["VmRSS"], let threads = values["Threads"] else {
            throw Trouble("process \(process) is gone")
        }
        (self.resident, self.threads) = (resident, threads)
    }

    var description: String { "\(resident) kB, \(threads) threads" }
}
