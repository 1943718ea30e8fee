import OTPCore
import Synchronization
import Testing

@testable import swiftotp_server

@Suite("What a server's log says of what cannot be judged")
struct TroubleLogTests {
    /// A trouble like no other with another number.
    private func trouble(_ number: Int) -> StoreError {
        StoreError(.system, [], "trouble " + String(repeating: "x", count: number))
    }

    @Test("One host fills the log with many troubles, hides others', or nobody is told of the rest")
    func oneHost() {
        let lines = Mutex<[String]>([])
        let log = TroubleLog { line in lines.withLock { $0.append(line) } }
        func found() -> [String] { lines.withLock { $0 } }
        let began = ContinuousClock.now
        for number in 0..<30 { log.note(trouble(number), of: "web1", at: began) }
        #expect(found() == (0..<10).map { trouble($0).detail })
        // The same of another host, of the server itself, and of a host that joins.
        log.note(trouble(11), of: "web2", at: began)
        log.note(trouble(12), at: began)
        log.note(trouble(13), of: "", at: began)
        log.note(trouble(11), of: "web1", at: began)
        #expect(found().dropFirst(10) == [11, 12, 13].map { trouble($0).detail }[...])

        log.look(at: nil, at: began + .seconds(59))
        #expect(found().count == 13)
        log.look(at: nil, at: began + .seconds(60))
        log.look(at: nil, at: began + .seconds(61))
        let rest = "the host web1: 20 more in a minute, which are left out here"
        #expect(found().dropFirst(13) == [rest])
        // Some have come back, and are told again.
        for number in 0..<30 { log.note(trouble(number), of: "web1", at: began + .seconds(61)) }
        #expect((9...10).contains(found().count - 14), "\(found())")
    }

    @Test("The same trouble is told more than once a minute, or only once")
    func sameTrouble() {
        let lines = Mutex<[String]>([])
        let log = TroubleLog { line in lines.withLock { $0.append(line) } }
        let began = ContinuousClock.now
        for second in 0..<90 {
            log.note(
                StoreError(.system, [], "receipt \(second)"), of: "web\(second)",
                at: began + .seconds(second))
        }
        #expect(lines.withLock { $0 } == ["receipt 0", "receipt 60"])
    }
}
