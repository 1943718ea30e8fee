import CPostgres
import Glibc
import OTPCore

/// One connection to PostgreSQL, for one thread. It has unsafe code.
///
/// Every call ends at its deadline. Nothing is ever canceled: canceling the wait for a standby makes
/// PostgreSQL report a commit that the standby does not have. A connection that did not answer in
/// time is closed instead, and its owner makes another.
@safe
public final class PostgresConnection {
    /// What PostgreSQL sends beside the answer.
    private final class Notices {
        var texts: [String] = []
    }

    let handle: OpaquePointer
    private let notices = Notices()
    private var prepared: Set<String> = []
    /// Whether it can still be used.
    public internal(set) var isUsable = true

    /// Takes over a connection that libpq has begun.
    init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
        // SAFETY: libpq calls the receiver only within calls with this connection, which is closed
        // in `deinit`, before `notices` goes.
        unsafe PQsetNoticeReceiver(
            handle,
            { box, result in
                guard let box = unsafe box, let result = unsafe result else { return }
                let notices = unsafe Unmanaged<Notices>.fromOpaque(box).takeUnretainedValue()
                notices.texts.append(unsafe PostgresConnection.message(of: result))
            }, Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit {
        // SAFETY: the connection is ours, and not used after this.
        unsafe PQfinish(handle)
    }

    /// Does one step of connecting; what to wait for next, or `nil` once it is done.
    func connectStep() throws(StoreError) -> Int16? {
        // SAFETY: the connection is open.
        switch unsafe PQconnectPoll(handle) {
        case PGRES_POLLING_OK:
            // SAFETY: as above.
            guard unsafe PQsetnonblocking(handle, 1) == 0 else { throw trouble }
            return nil
        case PGRES_POLLING_READING: return PostgresConnection.readable
        case PGRES_POLLING_WRITING: return PostgresConnection.writable
        default: throw trouble
        }
    }

    /// What libpq says is wrong, in one line.
    private var trouble: StoreError {
        // SAFETY: libpq's own text, which is copied at once.
        let text = unsafe PQerrorMessage(handle).map { unsafe String(cString: $0) } ?? ""
        return StoreError(
            .system, PostgresAnswer.subject, PostgresConnection.oneLine(text, "no connection"))
    }

    // MARK: Statements

    /// Runs one statement, in a transaction of its own unless `isInTransaction`, until `deadline`.
    public func run(
        _ statement: PostgresStatement, _ values: [PostgresValue] = [],
        isInTransaction: Bool = false, until deadline: ContinuousClock.Instant
    ) -> PostgresAnswer {
        if let trouble = ready(statement, values, isInTransaction, until: deadline) {
            return trouble
        }
        return exchange(isInTransaction, until: deadline) { send(statement, values) }
    }

    /// Prepares a statement with a name if that was not done yet; why it cannot be run.
    func ready(
        _ statement: PostgresStatement, _ values: [PostgresValue], _ isInTransaction: Bool = false,
        until deadline: ContinuousClock.Instant
    ) -> PostgresAnswer? {
        guard !statement.name.isEmpty, !prepared.contains(statement.name) else { return nil }
        let answer = exchange(isInTransaction, until: deadline) { prepare(statement, values) }
        switch answer {
        case .clean:
            prepared.insert(statement.name)
            return nil
        case .failed: return answer
        // Nothing was committed by preparing.
        case .unknown(let why):
            isUsable = false
            return .failed(PostgresFailure(state: "", message: why))
        }
    }

    /// Whether the server is still there, as far as it has told. Whatever it says unasked, such as
    /// that it is shutting down, makes the connection one that is not used again.
    var isAlive: Bool {
        guard isUsable else { return false }
        notices.texts = []
        // SAFETY: one descriptor, in a local; libpq's socket is open, or poll(2) says not.
        var descriptor = unsafe pollfd(
            fd: PQsocket(handle), events: PostgresConnection.readable, revents: 0)
        let hasMore = unsafe poll(&descriptor, 1, 0) != 0
        // SAFETY: the connection is open. The second look finds the end after a last message, and
        // `PQisBusy` reads what has come, also with the answer before.
        isUsable =
            unsafe (!hasMore || (PQconsumeInput(handle) == 1 && PQconsumeInput(handle) == 1))
            && PQisBusy(handle) == 0 && PQstatus(handle) == CONNECTION_OK && notices.texts.isEmpty
        return isUsable
    }

    /// Sends something, and waits for the whole answer.
    private func exchange(
        _ isInTransaction: Bool, until deadline: ContinuousClock.Instant, _ send: () -> CInt
    ) -> PostgresAnswer {
        // SAFETY (all below): the connection is open, and used by one thread.
        guard isAlive else {
            return .failed(PostgresFailure(state: "", message: "the connection was lost"))
        }
        guard send() == 1, flush(until: deadline) else { return lost(until: deadline) }
        var results: [PostgresResult] = []
        while true {
            guard wait(until: deadline) else { return lost(until: deadline) }
            guard let result = unsafe PQgetResult(handle) else { break }
            results.append(unsafe PostgresResult(owning: result))
        }
        return judge(results, isInTransaction, until: deadline)
    }

    func judge(
        _ results: [PostgresResult], _ isInTransaction: Bool,
        until deadline: ContinuousClock.Instant
    ) -> PostgresAnswer {
        // SAFETY: the connection is open.
        let isConnected = unsafe PQstatus(handle) == CONNECTION_OK
        let status = unsafe PQtransactionStatus(handle)
        if !isConnected { isUsable = false }
        guard results.count == 1, let result = results.first else {
            isUsable = false
            return .unknown("the answer has \(results.count) parts")
        }
        if let failure = result.failure {
            // After FATAL nobody knows: it also ends the wait for a standby.
            guard isConnected, result.isError, notices.texts.isEmpty else {
                isUsable = false
                return .unknown(failure.text)
            }
            return .failed(failure)
        }
        if let notice = notices.texts.first { return .unknown("it warned: \(notice)") }
        guard isConnected, isInTransaction || status == PQTRANS_IDLE else {
            isUsable = false
            return .unknown("the connection is not idle after the answer")
        }
        guard ContinuousClock.now < deadline else { return .unknown("the answer came too late") }
        return .clean(result.rows)
    }

    func lost(until deadline: ContinuousClock.Instant) -> PostgresAnswer {
        isUsable = false
        if ContinuousClock.now >= deadline { return .unknown("no answer came in time") }
        return .unknown(String(decoding: trouble.text, as: UTF8.self))
    }

    // MARK: Sending

    private func prepare(_ statement: PostgresStatement, _ values: [PostgresValue]) -> CInt {
        let types = values.map(\.type)
        // SAFETY: libpq copies the texts, and reads as many types as there are.
        return unsafe PQsendPrepare(
            handle, statement.name, statement.text, CInt(clamping: types.count), types)
    }

    func send(_ statement: PostgresStatement, _ values: [PostgresValue]) -> CInt {
        var bytes: [UInt8] = []
        var places: [Range<Int>?] = []
        for value in values {
            let start = bytes.count
            guard let form = value.form else {
                places.append(nil)
                continue
            }
            bytes += form
            places.append(start..<bytes.count)
        }
        // So that even an empty value has an address.
        bytes.append(0)
        let types = values.map(\.type)
        let lengths = places.map { CInt(clamping: $0?.count ?? 0) }
        let formats = [CInt](repeating: 1, count: values.count)
        let count = CInt(clamping: values.count)
        // SAFETY: each value lies in `bytes`, as long as its length says; libpq copies all of it
        // before it returns.
        return unsafe bytes.withUnsafeBytes { buffer -> CInt in
            let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values: [UnsafePointer<CChar>?] = unsafe places.map { place in
                guard let place, let start = unsafe start else { return nil }
                return unsafe start + place.lowerBound
            }
            if statement.name.isEmpty {
                return unsafe PQsendQueryParams(
                    handle, statement.text, count, types, values, lengths, formats, 1)
            }
            return unsafe PQsendQueryPrepared(
                handle, statement.name, count, values, lengths, formats, 1)
        }
    }

    // MARK: Waiting

    static let readable = Int16(POLLIN)
    static let writable = Int16(POLLOUT)

    /// Waits until the socket is ready; `false` at the deadline.
    func wait(for events: Int16, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            let (seconds, fraction) = left.components
            let milliseconds = min(seconds, 1000) * 1000 + fraction / 1_000_000_000_000_000 + 1
            // SAFETY: one descriptor, in a local; libpq's socket is open, or poll(2) says not.
            var descriptor = unsafe pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let ready = unsafe poll(&descriptor, 1, CInt(clamping: milliseconds))
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return false }
        }
    }

    func flush(until deadline: ContinuousClock.Instant) -> Bool {
        // SAFETY: the connection is open.
        while true {
            switch unsafe PQflush(handle) {
            case 0: return true
            case 1:
                let either = PostgresConnection.readable | PostgresConnection.writable
                guard wait(for: either, until: deadline), unsafe PQconsumeInput(handle) == 1 else {
                    return false
                }
            default: return false
            }
        }
    }

    /// Waits until a result can be taken.
    func wait(until deadline: ContinuousClock.Instant) -> Bool {
        // SAFETY: the connection is open.
        while unsafe PQisBusy(handle) == 1 {
            guard wait(for: PostgresConnection.readable, until: deadline),
                unsafe PQconsumeInput(handle) == 1
            else { return false }
        }
        return true
    }
}
