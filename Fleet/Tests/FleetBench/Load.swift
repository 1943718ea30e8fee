import NIOCore

/// Logs users in, so many at once, until so many have: on kept connections, or on a new one for
/// each. All of it happens on one event loop.
final class Load: @unchecked Sendable {
    private final class Lane {
        let number: Int
        var connection: Connection?
        /// When its login began, in nanoseconds.
        var began: UInt64 = 0

        init(_ number: Int) { self.number = number }
    }

    private let target: Target
    private let order: Order
    private let loop: any EventLoop
    private let done: EventLoopPromise<Result>
    private var result = Result()
    private var start: UInt64 = 0
    private var begun = 0
    private var open = 0

    private init(_ order: Order, _ target: Target, on loop: any EventLoop) {
        (self.order, self.target, self.loop) = (order, target, loop)
        done = loop.makePromise()
    }

    static func run(
        _ order: Order, _ target: Target, on loop: any EventLoop
    ) -> EventLoopFuture<Result> {
        let load = Load(order, target, on: loop)
        loop.execute { load.begin() }
        return load.done.futureResult
    }

    private var isCold: Bool { order.isCold ?? false }

    private func begin() {
        let lanes = (0..<max(1, order.atOnce ?? 1)).map(Lane.init)
        open = lanes.count
        if isCold {
            start = Load.now
            for lane in lanes { next(lane) }
            return
        }
        // All are connected before the first begins.
        var waiting = lanes.count
        for lane in lanes {
            connect(lane) {
                waiting -= 1
                guard waiting == 0 else { return }
                self.start = Load.now
                for lane in lanes { self.next(lane) }
            }
        }
    }

    private func connect(_ lane: Lane, _ then: @escaping () -> Void) {
        lane.connection = Connection.open(target.port, target.context(lane.number), on: loop) {
            trouble in
            if let trouble { self.result.note(trouble) }
            then()
        }
        lane.connection?.answered = { self.heard($0, lane) }
    }

    private func next(_ lane: Lane) {
        guard begun < order.logins ?? 0, let attempt = attempt() else {
            finish(lane)
            return
        }
        begun += 1
        lane.began = Load.now
        let request = target.request(attempt, from: lane.number)
        if isCold {
            connect(lane) { lane.connection?.send(request) }
        } else {
            lane.connection?.send(request)
        }
    }

    private func attempt() -> Users.Try? {
        let (first, among) = (order.first ?? 0, order.among ?? target.users.count)
        if order.isWrong == true { return target.users.wrong(first: first, among: among) }
        return target.users.right(first: first, among: among)
    }

    private func heard(_ answer: Answer?, _ lane: Lane) {
        let time = Load.now - lane.began
        let isYes = answer.flatMap { target.isYes($0, to: lane.number) }
        if isYes == true { result.yeses += 1 }
        if let isYes, isYes != (order.isWrong ?? false) {
            result.microseconds.append(Int(time / 1000))
        } else if let isYes {
            result.note(isYes ? "a yes that is wrong" : "a no that is wrong: \(text(answer))")
        } else {
            result.note(answer.map { "status \($0.status): \(text($0))" } ?? "no answer")
        }
        if isCold {
            lane.connection?.close()
            next(lane)
        } else if answer == nil || answer?.isLast == true {
            lane.connection?.close()
            connect(lane) { self.next(lane) }
        } else {
            next(lane)
        }
    }

    private func text(_ answer: Answer?) -> String {
        String(decoding: (answer?.body ?? []).prefix(300), as: UTF8.self)
    }

    private func finish(_ lane: Lane) {
        lane.connection?.close()
        open -= 1
        guard open == 0 else { return }
        result.seconds = Double(Load.now - start) / 1e9
        done.succeed(result)
    }

    static var now: UInt64 { NIODeadline.now().uptimeNanoseconds }
}

/// Sends one code of one user over many connections, all of which are open, at the same moment.
final class Race: @unchecked Sendable {
    private var result = Result()
    private var waiting: Int
    private var connections: [Connection] = []
    private let done: EventLoopPromise<Result>

    private init(_ count: Int, _ loop: any EventLoop) {
        waiting = count
        done = loop.makePromise()
    }

    static func run(
        _ order: Order, _ target: Target, on loop: any EventLoop
    ) -> EventLoopFuture<Result> {
        let count = max(1, order.atOnce ?? 1)
        let race = Race(count, loop)
        loop.execute {
            let (first, among) = (order.first ?? 0, order.among ?? target.users.count)
            guard let attempt = target.users.right(first: first, among: among) else {
                race.result.note("no code is left")
                race.done.succeed(race.result)
                return
            }
            var closed = count
            race.connections = (0..<count).map { lane in
                Connection.open(target.port, target.context(lane), on: loop) { trouble in
                    if let trouble { race.result.note(trouble) }
                    closed -= 1
                    if closed == 0 { race.go(attempt, target) }
                }
            }
        }
        return race.done.futureResult
    }

    private func go(_ attempt: Users.Try, _ target: Target) {
        let start = Load.now
        for (lane, connection) in connections.enumerated() {
            connection.answered = { answer in
                let isYes = answer.flatMap { target.isYes($0, to: lane) }
                if isYes == true { self.result.yeses += 1 }
                if isYes == nil { self.result.note("status \(answer?.status ?? 0)") }
                connection.close()
                self.waiting -= 1
                guard self.waiting == 0 else { return }
                self.result.seconds = Double(Load.now - start) / 1e9
                self.connections = []
                self.done.succeed(self.result)
            }
        }
        for (lane, connection) in connections.enumerated() {
            connection.send(target.request(attempt, from: lane))
        }
    }
}
