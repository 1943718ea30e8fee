import Dispatch
import OTPCore
import OTPSystem
import Synchronization

/// One thread of a server, and what waits for it.
final class ServerThread: Sendable {
    /// Something to do with the database.
    struct Job: Sendable {
        /// When it is too late.
        let deadline: ContinuousClock.Instant
        /// Called once: with the database, or with why there is none.
        let body: @Sendable (Result<Database, StoreError>) -> Void
    }

    private struct Contents {
        var jobs: [Job] = []
        var next = 0
        var isStopped = false
        var trouble: StoreError? = StoreError(
            .busy, PostgresAnswer.subject, "not connected yet")
        var waiting: Int { jobs.count - next }
    }

    private let contents = Mutex(Contents())
    private let signal = DispatchSemaphore(value: 0)
    private let settings: DatabaseSettings
    private let state: FleetState
    private let queueLength: Int

    /// The first and the longest pause before connecting again.
    private static let retries = (Duration.milliseconds(50), Duration.milliseconds(500))
    /// How often to look at the database, and how often while it cannot be used.
    private static let looks = (Duration.seconds(1), Duration.milliseconds(250))

    init(_ settings: DatabaseSettings, state: FleetState, queueLength: Int) {
        self.settings = settings
        self.state = state
        self.queueLength = max(1, queueLength)
    }

    /// Starts it; `false` if there can be no thread.
    func start() -> Bool { Worker.start { self.run() } }

    /// Ends it once it has done what waits.
    func stop() {
        contents.withLock { $0.isStopped = true }
        signal.signal()
    }

    /// Why it can judge nothing; `nil` if it can.
    var trouble: StoreError? { contents.withLock { $0.trouble } }

    /// Adds a job; why not, if it is refused.
    func add(_ job: Job) -> StoreError? {
        let refusal = contents.withLock { contents -> StoreError? in
            if contents.isStopped { return StoreError(.busy, [], "the server is stopping") }
            guard contents.waiting < queueLength else {
                return StoreError(.busy, [], "too many requests wait for the database")
            }
            contents.jobs.append(job)
            return nil
        }
        if refusal == nil { signal.signal() }
        return refusal
    }

    // MARK: The thread

    private enum Turn {
        case job(Job)
        case nothing
        case end
    }

    private func run() {
        let database = Database(settings, state: state)
        look(at: database)
        var looked = ContinuousClock.now
        while true {
            let pause = trouble == nil ? ServerThread.looks.0 : ServerThread.looks.1
            _ = signal.wait(timeout: .now() + .milliseconds(Int(pause / .milliseconds(1))))
            switch take() {
            case .job(let job): work(on: job, with: database)
            case .nothing: break
            case .end: return
            }
            // Also while there is much to do.
            guard ContinuousClock.now - looked >= pause else { continue }
            look(at: database)
            looked = ContinuousClock.now
        }
    }

    private func take() -> Turn {
        contents.withLock { contents in
            guard contents.waiting > 0 else { return contents.isStopped ? .end : .nothing }
            let job = contents.jobs[contents.next]
            contents.next += 1
            if contents.next == contents.jobs.count || contents.next >= 256 {
                contents.jobs.removeFirst(contents.next)
                contents.next = 0
            }
            return .job(job)
        }
    }

    /// Looks whether the database may still be judged by, and connects if it can.
    private func look(at database: Database) {
        database.deadline = nil
        attempt {
            () throws(StoreError) in
            try database.ready()
            try database.check()
        }
    }

    /// Notes how something ended that shows whether the database can be used.
    @discardableResult
    private func attempt(_ body: () throws(StoreError) -> Void) -> StoreError? {
        var trouble: StoreError?
        do throws(StoreError) { try body() } catch { trouble = error }
        contents.withLock { $0.trouble = trouble }
        return trouble
    }

    private func work(on job: Job, with database: Database) {
        database.deadline = job.deadline
        var pause = ServerThread.retries.0
        while true {
            guard ContinuousClock.now < job.deadline else {
                let trouble = self.trouble
                job.body(
                    .failure(
                        trouble ?? StoreError(.busy, [], "it waited too long for the database")))
                return
            }
            guard let trouble = attempt({ () throws(StoreError) in try database.ready() }) else {
                job.body(.success(database))
                return
            }
            // A lost connection may come back in time; for anything else an admin has to act.
            let left = job.deadline - ContinuousClock.now
            guard trouble.code == .system, left > pause else {
                job.body(.failure(trouble))
                return
            }
            Database.sleep(pause)
            pause = min(pause * 2, ServerThread.retries.1)
        }
    }
}
