import NIOCore
import NIOPosix

/// From a thread that may wait to code that may not.
enum Blocking {
    /// Runs `body`, and waits for it. Not to be called from asynchronous code.
    static func run<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) -> Result? {
        let promise = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: Result.self)
        Task { promise.succeed(await body()) }
        return try? promise.futureResult.wait()
    }
}
