import FleetStore
import OTPCore

/// What becomes of each line of a map of renamed users.
struct MovePlan {
    /// The result for a line.
    enum Outcome: Equatable {
        /// It can be moved.
        case ready
        /// There is nothing to do any more, and since when.
        case done(String)
        /// It cannot be moved, and why.
        case refused(String)

        var text: String {
            switch self {
            case .ready: "would be moved"
            case .done(let since): "moved already\(since)"
            case .refused(let why): why
            }
        }
    }

    /// A line, and what was found.
    struct Row {
        let line: MoveMap.Line
        /// Whose record it means.
        fileprivate(set) var owner: User?
        fileprivate(set) var outcome = Outcome.ready
    }

    private(set) var rows: [Row]
    /// The lines to be moved, by their places in `rows`: a record leaves a name before another one
    /// gets it.
    private(set) var order: [Int] = []

    /// Has `look` find out what there is for each line, and decides what is to be done.
    init(
        _ lines: [MoveMap.Line],
        _ look: (MoveMap.Line) throws(StoreError) -> MoveLook
    ) throws(StoreError) {
        rows = lines.map { Row(line: $0) }
        var looks: [MoveLook?] = []
        for index in rows.indices {
            let line = rows[index].line
            if let why = MovePlan.fault(of: line) {
                rows[index].outcome = .refused(why)
                looks.append(nil)
                continue
            }
            do throws(StoreError) {
                let found = try look(line)
                looks.append(found)
                rows[index].owner = found.owner
                rows[index].outcome = MovePlan.outcome(of: line, found)
            } catch {
                guard Judge.isTheRecordsOwn(error) else { throw error }
                rows[index].outcome = .refused(error.detail.withoutSteering)
                looks.append(nil)
            }
        }
        refuseTwice()
        refuseEnrolled(looks)
        putInOrder()
    }

    /// Why no user can be called so.
    private static func fault(of line: MoveMap.Line) -> String? {
        let name = Array(line.new.utf8)
        guard !name.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return "the new user is a number, and a server does not know whose"
        }
        guard !name.contains(UInt8(ascii: ":")), line.new.withoutSteering == line.new,
            name.count <= User.maximumNameLength
        else { return "the new user cannot be called so" }
        return line.old == line.new ? "both are the same name" : nil
    }

    /// What becomes of a line, as far as it says by itself.
    private static func outcome(of line: MoveMap.Line, _ found: MoveLook) -> Outcome {
        // A map that was interrupted is given again.
        if found.target == .enrolled, let last = found.last, isFormer(line.old, in: last.detail) {
            return .done(", on \(Table.time(last.time))")
        }
        guard let owner = found.owner else { return .refused("there is no record of the old user") }
        return owner.shownName == line.new ? .done("") : .ready
    }

    /// Whether `text`, as `User.nameAndNumber` has it, is of this name or UID.
    private static func isFormer(_ old: String, in text: String) -> Bool {
        guard let blank = text.lastIndex(of: " ") else { return false }
        return text[..<blank] == old || text[blank...] == " (\(old))"
    }

    // MARK: Lines together

    /// A name and the UID of one user may both be in the map.
    private mutating func refuseTwice() {
        var lines: [[UInt8]: Int] = [:]
        for index in rows.indices where rows[index].outcome == .ready {
            guard let owner = rows[index].owner else { continue }
            let line = rows[index].line
            if let before = lines.updateValue(line.number, forKey: owner.name) {
                rows[index].outcome = .refused("it is the same user as in line \(before)")
            }
        }
    }

    /// Somebody else's record is in the way, unless it leaves.
    private mutating func refuseEnrolled(_ looks: [MoveLook?]) {
        let leaving = Set(leavers.keys)
        for (index, look) in zip(rows.indices, looks) where rows[index].outcome == .ready {
            let name = rows[index].line.new
            guard look?.target == .enrolled, !leaving.contains(Array(name.utf8)) else { continue }
            rows[index].outcome = .refused("\(name) is already enrolled")
        }
    }

    /// Which row moves the record of a name away.
    private var leavers: [[UInt8]: Int] {
        var found: [[UInt8]: Int] = [:]
        for index in rows.indices where rows[index].outcome == .ready {
            if let owner = rows[index].owner { found[owner.name] = index }
        }
        return found
    }

    private mutating func putInOrder() {
        let leavers = leavers
        var placed = Set<Int>()
        for start in rows.indices where rows[start].outcome == .ready {
            var (chain, next) = ([Int](), Int?.some(start))
            // Whoever has the name that this one gets goes first, and so on.
            while let index = next, !placed.contains(index), !chain.contains(index) {
                chain.append(index)
                next = leavers[Array(rows[index].line.new.utf8)]
            }
            if let next, chain.contains(next) {
                let numbers = chain.map { String(rows[$0].line.number) }.joined(separator: ", ")
                for index in chain {
                    rows[index].outcome = .refused(
                        "names go round in a circle, lines \(numbers): move one of them to another"
                            + " name first")
                }
            } else {
                order += chain.reversed()
            }
            placed.formUnion(chain)
        }
    }

    // MARK: What there is

    /// The lines that cannot be moved.
    var refused: [Row] {
        rows.filter { if case .refused = $0.outcome { true } else { false } }
    }

    /// How many lines there was nothing to do for.
    var done: Int { rows.count { if case .done = $0.outcome { true } else { false } } }
}
