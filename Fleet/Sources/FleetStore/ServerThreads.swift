import OTPCore

/// The threads of a server, each with one connection to the database.
///
/// A user's requests go to the thread that the hash of realm and name says: they queue there, and
/// never race inside one server.
public final class ServerThreads: Sendable {
    /// What the threads share.
    public let state: FleetState
    private let threads: [ServerThread]

    /// How many requests may wait for one thread. More would wait longer than hosts do.
    public static let queueLength = 1024

    /// Starts `count` threads (1 to 64), which connect at once. Throws if there can be no thread.
    public init(
        _ settings: DatabaseSettings, count: Int = 8, queueLength: Int = ServerThreads.queueLength
    ) throws(StoreError) {
        let state = FleetState()
        self.state = state
        var threads: [ServerThread] = []
        for _ in 0..<max(1, min(count, 64)) {
            let thread = ServerThread(settings, state: state, queueLength: queueLength)
            guard thread.start() else {
                for thread in threads { thread.stop() }
                throw StoreError(.system, [], "a thread cannot be started")
            }
            threads.append(thread)
        }
        self.threads = threads
    }

    deinit { stop() }

    /// Ends the threads once they have done what waits; new work is refused.
    public func stop() { for thread in threads { thread.stop() } }

    /// Why this server judges nothing; `nil` if all of its threads can.
    public var trouble: StoreError? { threads.lazy.compactMap { $0.trouble }.first }

    /// Does `work` on the user's thread, and calls `completion` there with what came of it. Refused
    /// at once where too much waits, and later where the thread does not get to it before
    /// `deadline`.
    public func submit<Result: Sendable>(
        for user: UserName, until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable (Database) throws(StoreError) -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, StoreError>) -> Void
    ) {
        let job = ServerThread.Job(deadline: deadline) { database in
            let result: Swift.Result<Result, StoreError>
            do throws(StoreError) {
                result = .success(try work(try database.get()))
            } catch {
                result = .failure(error)
            }
            completion(result)
        }
        if let refusal = thread(of: user).add(job) { completion(.failure(refusal)) }
    }

    /// The same for code that waits.
    public func run<Result: Sendable>(
        for user: UserName, until deadline: ContinuousClock.Instant,
        _ work: @escaping @Sendable (Database) throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let result = await withCheckedContinuation { continuation in
            submit(for: user, until: deadline, work) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private func thread(of user: UserName) -> ServerThread {
        // FNV-1a: the same in every server, which nothing relies on.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(user.realm.utf8) + [0] + Array(user.name.utf8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        return threads[Int(hash >> 33) % threads.count]
    }
}
