import OTPWire
import Synchronization

/// Root's programs that are connected and have not said a word yet. Who has started them, and could
/// stop them before that word, is known with it; until then they get no thread, and where others
/// come for whom there is no room, the one that has waited longest goes.
struct Entrance: ~Copyable {
    /// How long one may wait: whoever connects has its first frame ready.
    private static let patience = Duration.seconds(5)

    /// In the order in which they came.
    private var guests: [Guest] = []

    /// When the first one has waited long enough, where there is one.
    var deadline: Deadline? { guests.first?.deadline }

    /// What poll(2) is to look at.
    var descriptors: [CInt] { guests.map(\.descriptor) }

    mutating func take(_ connection: consuming Connection) {
        guests.append(Guest(connection, until: Deadline(in: Entrance.patience)))
    }

    /// Those of `ready`, by their place in `descriptors`, which have said something or are gone.
    mutating func leave(_ ready: [Int]) -> [Guest] {
        let leaving = ready.map { guests[$0] }
        for index in ready.reversed() { guests.remove(at: index) }
        return leaving
    }

    /// Ends those that have waited long enough.
    mutating func endLate() { guests.removeAll { $0.deadline.isOver } }

    /// Ends the one that has waited longest; `false` where nobody waits.
    mutating func endFirst() -> Bool {
        guard !guests.isEmpty else { return false }
        guests.removeFirst()
        return true
    }
}

/// A connection on its way to a thread. It ends with the last one who has it, unless it is taken.
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
