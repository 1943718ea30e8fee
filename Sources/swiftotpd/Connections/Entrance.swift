import OTPWire
import Synchronization

/// Root's programs that are connected and have not sent anything yet. Their first frame shows who
/// started them, and so who could stop them. Until then they get no thread, and if there is no room
/// for another one, the one that has waited longest goes.
struct Entrance: ~Copyable {
    /// How long one may wait; a client has its first frame ready.
    private static let patience = Duration.seconds(5)

    /// In the order of arrival.
    private var guests: [Guest] = []

    /// When the first one has waited long enough; `nil` if there is none.
    var deadline: Deadline? { guests.first?.deadline }

    /// For poll(2).
    var descriptors: [CInt] { guests.map(\.descriptor) }

    mutating func take(_ connection: consuming Connection) {
        guests.append(Guest(connection, until: Deadline(in: Entrance.patience)))
    }

    /// Takes out those of `ready`, given by their index in `descriptors`, which have sent something
    /// or are gone.
    mutating func leave(_ ready: [Int]) -> [Guest] {
        let leaving = ready.map { guests[$0] }
        for index in ready.reversed() { guests.remove(at: index) }
        return leaving
    }

    /// Ends those that have waited long enough.
    mutating func endLate() { guests.removeAll { $0.deadline.isOver } }

    /// Ends the one that has waited longest; `false` if nobody waits.
    mutating func endFirst() -> Bool {
        guard !guests.isEmpty else { return false }
        guests.removeFirst()
        return true
    }
}

/// A connection on its way to a thread. It ends with its last owner, unless it is taken.
final class Guest: Sendable {
    let descriptor: CInt
    let deadline: Deadline
    private let connection: Mutex<Connection?>

    init(_ connection: consuming Connection, until deadline: Deadline) {
        descriptor = connection.descriptor
        self.deadline = deadline
        self.connection = Mutex(connection)
    }

    func take() -> Connection? { connection.withLock { $0.take() } }
}
