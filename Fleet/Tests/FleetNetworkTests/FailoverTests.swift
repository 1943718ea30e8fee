import Foundation
import Synchronization
import Testing

@testable import FleetNetwork

@Suite("A request goes to the next server with the same id, and never takes long", .serialized)
struct FailoverTests {
    let fleet: TestFleet
    let first = ScriptedService()
    let second = ScriptedService()

    init() throws { fleet = try TestFleet() }

    /// Two servers and a client whose heartbeats have found them.
    private func pair() async throws -> (TestServer, TestServer, FleetClient) {
        let (a, b) = (try await fleet.server(first), try await fleet.server(second))
        let client = try FleetClient(try fleet.credentials(servers: [a, b]))
        client.start()
        #expect(await eventually { client.servers.allSatisfy { $0.condition == .ready } })
        return (a, b, client)
    }

    @Test("A server ends after it received a request, and the next gets another id")
    func sameID() async throws {
        let (a, b, client) = try await pair()
        // It is cut off in the middle of its answer, as if it were killed.
        let ending = Mutex<Task<Void, Never>?>(nil)
        first.onCall { _ in
            ending.withLock { $0 = Task { await a.server.stop(within: .zero) } }
            try? await Task.sleep(for: .seconds(2))
            return .answered([9], receipt: nil)
        }
        #expect(await client.call([1]) == .answered([1]))
        #expect(first.calls.count >= 1)
        #expect(second.calls.map(\.request) == first.calls.prefix(1).map(\.request))
        #expect(second.calls.first?.body == [1])
        await ending.withLock { $0 }?.value
        await client.shutdown()
        await b.stop()
    }

    @Test("A server says that it cannot judge, and the next is not asked")
    func notReady() async throws {
        let (a, b, client) = try await pair()
        first.onCall { _ in .unavailable("the database is gone") }
        #expect(await client.call([1]) == .answered([1]))
        #expect(second.calls.map(\.request) == first.calls.map(\.request))
        second.onCall { _ in .unavailable("here, too") }
        guard case .unavailable(let why) = await client.call([1]) else {
            Issue.record("nobody could judge")
            return
        }
        #expect(why.contains("here, too"))
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("A refusal is asked again at the next server")
    func refused() async throws {
        let (a, b, client) = try await pair()
        first.onCall { _ in .refused("revoked") }
        #expect(await client.call([1]) == .refused("revoked"))
        first.onCall { _ in .overBudget }
        #expect(
            await client.call([1])
                == .overBudget("the host has had too many failures or refused commands"))
        first.onCall { _ in .malformed }
        #expect(await client.call([1]) == .malformed("the request is not understood"))
        #expect(second.calls.isEmpty)
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("A server that receives and never answers keeps the next from being asked in time")
    func hung() async throws {
        // A busy machine may use up the time that is left for the second server; not every time.
        var (time, answer) = (Duration.zero, CallAnswer.answered([]))
        for _ in 0..<5 where answer != .answered([1]) || time >= .milliseconds(3500) {
            for service in [first, second] { service.forget() }
            let (a, b, client) = try await pair()
            first.onCall { _ in
                try? await Task.sleep(for: .seconds(8))
                return .answered([9], receipt: nil)
            }
            let start = ContinuousClock.now
            answer = await client.call([1])
            time = ContinuousClock.now - start
            await client.shutdown()
            await a.stop()
            await b.stop()
        }
        #expect(answer == .answered([1]))
        #expect(time < .milliseconds(3500))
        #expect(second.calls.map(\.request) == first.calls.map(\.request))
        #expect(try #require(first.calls.first).within == .milliseconds(3000))
        #expect(try #require(second.calls.first).within < .milliseconds(2000))
    }

    @Test("No answer at all is taken for an answer, or takes longer than 3.5 s")
    func allHung() async throws {
        let (a, b, client) = try await pair()
        for service in [first, second] {
            service.onCall { _ in
                try? await Task.sleep(for: .seconds(8))
                return .answered([9], receipt: nil)
            }
        }
        let start = ContinuousClock.now
        guard case .unavailable = await client.call([1]) else {
            Issue.record("it may have been judged")
            return
        }
        // A busy machine may be late to notice.
        #expect(ContinuousClock.now - start < .milliseconds(4500))
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("Two requests have the same id")
    func ids() async throws {
        let (a, b, client) = try await pair()
        // On a busy machine the first server may not answer in time; then the second gets the same id, or
        // the call ends before it reaches either.
        var answered = 0
        for _ in 0..<5 {
            answered += await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        if case .unavailable = await client.call([1]) { false } else { true }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
        }
        let ids = Set((first.calls + second.calls).map(\.request))
        #expect(answered > 0 && (answered...50).contains(ids.count))
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("A request that is too long is sent, or one of 32 KiB is not")
    func length() async throws {
        let (a, b, client) = try await pair()
        let most = [UInt8](repeating: 7, count: 32_768)
        #expect(await client.call(most) == .answered(most))
        guard case .malformed = await client.call(most + [7]),
            case .malformed = await client.call([])
        else {
            Issue.record("it was sent")
            return
        }
        #expect(first.calls.count == 1)
        await client.shutdown()
        await a.stop()
        await b.stop()
    }

    @Test("The newest receipt is not shown, or an older one replaces it")
    func receipts() async throws {
        let a = try await fleet.server(first)
        let kept = Mutex<[String]>([])
        let client = try FleetClient(try fleet.credentials(servers: [a]), receipt: "1.8.m") {
            receipt in
            kept.withLock { $0.append(receipt) }
        }
        for next in ["1.9.m", "1.10.m", "1.7.m", "2.1.m"] {
            first.onCall { _ in .answered([1], receipt: next) }
            _ = await client.call([1])
        }
        _ = await client.call([1])
        #expect(first.calls.map(\.receipt) == ["1.8.m", "1.9.m", "1.10.m", "1.10.m", "2.1.m"])
        #expect(kept.withLock { $0 } == ["1.9.m", "1.10.m", "2.1.m"])
        #expect(client.receipt == "2.1.m")
        await client.shutdown()
        await a.stop()
    }
}
