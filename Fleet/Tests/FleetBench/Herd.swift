import NIOCore

/// Hosts where nobody logs in: connections that send a heartbeat now and then. All of it happens on
/// one event loop.
final class Herd: @unchecked Sendable {
    private let loop: any EventLoop
    private var connections: [Connection] = []
    private var result = Result()
    private var isClosed = false
    /// How many are connecting at the same time at most.
    private static let eager = 32

    init(on loop: any EventLoop) { self.loop = loop }

    /// Opens connections, one after the other, and begins the heartbeats.
    func open(_ order: Order, _ target: Target) -> EventLoopFuture<Result> {
        let done = loop.makePromise(of: Result.self)
        let count = order.atOnce ?? 0
        let beat = order.beat ?? 1
        loop.execute {
            let start = Load.now
            var (begun, waiting) = (0, count)
            func another() {
                guard begun < count else { return }
                let number = begun
                begun += 1
                let box = Box()
                let connection = Connection.open(
                    target.port, target.context(number), on: self.loop
                ) { trouble in
                    if let trouble {
                        self.result.note(trouble)
                    } else {
                        self.result.open += 1
                        self.beat(box.connection, every: beat, isFirst: true)
                    }
                    waiting -= 1
                    if waiting == 0 {
                        self.result.seconds = Double(Load.now - start) / 1e9
                        done.succeed(self.result)
                    }
                    another()
                }
                box.connection = connection
                self.connections.append(connection)
            }
            for _ in 0..<Herd.eager { another() }
        }
        return done.futureResult
    }

    private final class Box { var connection: Connection? }

    /// One heartbeat at a time, as an agent sends them.
    private func beat(_ connection: Connection?, every seconds: Double, isFirst: Bool) {
        guard let connection, !isClosed else { return }
        let began = Load.now
        connection.answered = { answer in
            guard let answer else {
                self.result.open -= 1
                self.result.note("the connection ended")
                return
            }
            self.result.beats += 1
            if answer.status != 200 { self.result.note("status \(answer.status)") }
            // At first not all at the same moment.
            let pause = isFirst ? seconds * .random(in: 0...1) : seconds
            let rest = pause - Double(Load.now - began) / 1e9
            self.loop.scheduleTask(in: .microseconds(Int64(max(0, rest) * 1e6))) {
                self.beat(connection, every: seconds, isFirst: false)
            }
        }
        connection.send(Target.ping)
    }

    /// What became of them since the last time.
    func count() -> EventLoopFuture<Result> {
        loop.submit {
            defer { (self.result.beats, self.result.troubles) = (0, [:]) }
            return self.result
        }
    }

    func close() -> EventLoopFuture<Result> {
        loop.submit {
            self.isClosed = true
            for connection in self.connections { connection.close() }
            self.connections = []
            return self.result
        }
    }
}
