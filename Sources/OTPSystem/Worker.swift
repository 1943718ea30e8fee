import CLinux
import Glibc

/// A thread, such as for one connection. It has unsafe code.
public enum Worker {
    /// Room for a login and for the libraries of a user database; only what is used is allocated.
    private static let stackSize = 512 * 1024

    /// Runs `body` on a detached thread of its own; `false` if there can be none.
    public static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var attributes = pthread_attr_t()
        // SAFETY: a local, initialized by the first call and destroyed at the end.
        unsafe pthread_attr_init(&attributes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        unsafe pthread_attr_setstacksize(&attributes, stackSize)
        unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body))
        // SAFETY: the thread takes over the only reference; if there is no thread, it is released
        // here.
        let result = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
                }
                return nil
            }, work.toOpaque())
        if result != 0 { unsafe work.release() }
        return result == 0
    }

    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
