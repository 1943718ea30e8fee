import Foundation
import TestSupport

@testable import OTPCore
@testable import OTPStore

/// Looks at every state of the disk that a power cut can leave, at every moment.
///
/// A record has to be as it was at some moment since the last time that somebody was told
/// something, byte for byte; for the failures that were charged, the same holds by itself. So what
/// was told is never lost, what was taken away does not come back, and nothing else changes. Then
/// each code that somebody was let in by is tried again, and after it a fresh one.
final class PowerChecker {
    /// A state that was looked at.
    struct State {
        let picture: PowerDisk.Picture
        /// How many calls there had been.
        let after: Int
        /// The views that it could have been.
        fileprivate let views: [View]
    }

    /// The records as programs saw them at one moment.
    fileprivate typealias View = [UInt32: Content]

    fileprivate struct Content: Equatable {
        let body: [UInt8]
        let throttle: Throttle
    }

    private let recorded: RecordedStore
    private let folder: String
    /// The views that there were, each when it was new.
    private var views: [View] = []
    /// What a writing that an earlier cut had torn may still become: the next one into the same
    /// place can bring just the sector that it lacked. Nobody was ever told of it.
    private var torn: [View]
    private var lot: Seeded
    /// How many states were looked at, how many codes were tried in them, and some of the states.
    private(set) var states = 0, tries = 0
    private(set) var sample: [State] = []
    /// How many of the states are kept in `sample`, by lot.
    static let kept = 100
    /// How many moments had more states than were looked at.
    private(set) var sampled = 0

    /// Judges what happened on a recorded, which began with `state` where that is given.
    init(_ recorded: RecordedStore, from state: State? = nil, seed: UInt64 = 1) throws {
        self.recorded = recorded
        torn = state?.views ?? []
        lot = Seeded(seed)
        folder = try recorded.scratch.folder("looked-at-\(UUID().uuidString)", mode: 0o755)
    }

    /// Looks at all of it, at no more than `limit` states a moment.
    func check(atMost limit: Int) throws {
        var disk = PowerDisk(recorded.start)
        // The oldest view that may come back, and the states of it that were looked at.
        var oldest = 0
        var seen: Set<PowerDisk.Picture> = []
        views = [try view(of: disk.now)]
        for index in -1..<recorded.events.count {
            if index >= 0 {
                let event = recorded.events[index]
                try disk.take(event)
                let view = try view(of: disk.now)
                if view != views.last { views.append(view) }
                if event.isPromise { (oldest, seen, torn) = (views.count - 1, [], []) }
            }
            let found = disk.pictures(atMost: limit, by: &lot)
            if !found.isAll { sampled += 1 }
            for picture in found.pictures where seen.insert(picture).inserted {
                do {
                    try check(picture, since: oldest, after: index + 1)
                } catch {
                    throw Trouble(
                        "power cut after call \(index + 1) of \(recorded.events.count), "
                            + "\(recorded.events.prefix(index + 1).suffix(3).map(short)): \(error); "
                            + "files \(picture.files.mapValues(\.count))")
                }
                states += 1
                keep(
                    State(picture: picture, after: index + 1, views: Array(views[oldest...])))
            }
        }
    }

    /// Each state with the same chance, however many there are.
    private func keep(_ state: State) {
        if sample.count < PowerChecker.kept { return sample.append(state) }
        let place = lot.number(below: states)
        if place < PowerChecker.kept { sample[place] = state }
    }

    private func short(_ event: PowerTrace.Event) -> String { String("\(event)".prefix(60)) }

    // MARK: One state

    private func check(
        _ picture: PowerDisk.Picture, since oldest: Int, after count: Int
    ) throws {
        let view = try view(of: picture)
        for user in Set(views.flatMap(\.keys)).union(view.keys) {
            let before = (views[oldest...] + torn).map { $0[user] }
            guard before.contains(where: { $0?.body == view[user]?.body }) else {
                throw Trouble(view[user] == nil ? "a record is lost" : "a record of no moment")
            }
            // Failures alone may be as at another of these moments.
            guard before.contains(where: { $0?.throttle == view[user]?.throttle }) else {
                throw Trouble("failures of no moment")
            }
        }
        for (used, after) in recorded.used where after <= count && view[used.user] != nil {
            tries += 1
            guard try !attempt(used.code, of: used.user, at: used.time) else {
                throw Trouble("the same code lets in twice")
            }
        }
        for user in view.keys.sorted() { try tryFreshCode(of: user) }
    }

    /// The records in a state, read by the store. Throws where one does not open.
    private func view(of picture: PowerDisk.Picture) throws -> View {
        try picture.put(in: folder)
        guard let store = try store() else { return [:] }
        var view: View = [:]
        for number in try store.userIDs() {
            guard let user = try SystemUsers().user(withID: number),
                let session = try store.openForReading(user)
            else { throw Trouble("nobody's record: \(number)") }
            view[number] = session.withRecord { record in
                let throttle = record.throttle
                record.throttle = Throttle()
                return Content(body: record.encoded, throttle: throttle)
            }
        }
        return view
    }

    /// The store of the state that is looked at; `nil` where there is none yet.
    private func store() throws -> Store? {
        do throws(StoreError) {
            return try Store(path: Array("\(folder)/store".utf8))
        } catch {
            if error.code == .missing { return nil }
            throw error
        }
    }

    /// Whether a code lets in, as a login would find out.
    private func attempt(_ code: String, of number: UInt32, at time: UInt64) throws -> Bool {
        guard let user = try SystemUsers().user(withID: number),
            let session = try store()?.open(user)
        else { throw Trouble("no record any more") }
        defer { session.close() }
        session.withRecord { $0.throttle.unlock() }
        let (typed, source) = (Array(code.utf8), Array("here".utf8))
        let outcome = try Attempt(
            verifier: Verifier(window: 10), origin: source, source: SourceID(source.span)
        ).run(Answer(typed.span), on: session, at: time, boot: SystemClock().boot())
        if case .granted = outcome { return true }
        return false
    }

    /// What is left has to work as before: a code that nobody has used lets in, once.
    private func tryFreshCode(of number: UInt32) throws {
        guard let user = try SystemUsers().user(withID: number),
            let session = try store()?.openForReading(user)
        else { throw Trouble("no record any more") }
        let fresh: (code: String, time: UInt64)? = session.withRecord { record in
            guard let device = record.authenticators.first else { return nil }
            let now = UInt64(Date().timeIntervalSince1970)
            let step = max(now / 30, device.nextStep)
            let code = record.withKey(of: 0) {
                HOTP.code(key: $0, factor: step, algorithm: device.algorithm, digits: device.digits)
            }
            return (HOTP.text(code, digits: device.digits), step * 30)
        }
        session.close()
        guard let fresh else { return }
        tries += 2
        guard try attempt(fresh.code, of: number, at: fresh.time) else {
            throw Trouble("a fresh code is refused")
        }
        guard try !attempt(fresh.code, of: number, at: fresh.time) else {
            throw Trouble("a fresh code lets in twice")
        }
    }
}

extension Seeded {
    mutating func number(below end: Int) -> Int { Int(next() % UInt64(end)) }
}
