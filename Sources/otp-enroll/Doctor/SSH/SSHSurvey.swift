import OTPSystem

/// One sshd, asked about every user from every place that it can distinguish.
struct SSHSurvey {
    /// A user and a place, by their indices.
    struct Spot: Hashable {
        let kind: Int, place: Int
    }

    /// The result.
    struct Result {
        /// Each fault, and where it occurs.
        var faults: [(fault: SSHFault, spots: [Spot])] = []
        /// Where sshd lets the user try to log in.
        var allowed: Set<Spot> = []
        /// Whether sshd was asked about all of them.
        var isComplete = true

        /// The spots that have faults of this severity.
        func spots(_ severity: Finding.Severity) -> Set<Spot> {
            Set(faults.filter { $0.fault.severity == severity }.flatMap(\.spots))
        }
    }

    let daemon: SSHDaemon
    let configuration: SSHConfiguration
    let people: SSHPeople
    let places: SSHPlaces
    let rules: SSHRules

    /// How often sshd is asked at most; each time takes a few milliseconds.
    private static let limit = 400

    /// Asks sshd, or a variant of it.
    func result() throws(SSHSettings.Trouble) -> Result {
        try result(of: configuration, daemon, reading: nil)
    }

    /// Asks sshd what it would do with a changed configuration.
    func result(
        of configuration: SSHConfiguration, by daemon: SSHDaemon
    ) throws(SSHSettings.Trouble) -> Result {
        let folder: TemporaryFolder, copy: String
        do throws(SystemError) {
            folder = try TemporaryFolder()
            copy = try configuration.write(to: folder)
        } catch {
            throw .refused("a copy of the configuration cannot be made: \(error.text)")
        }
        // The folder must exist until sshd has answered.
        return try withExtendedLifetime(folder) { () throws(SSHSettings.Trouble) in
            try result(of: configuration, daemon, reading: copy)
        }
    }

    private func result(
        of configuration: SSHConfiguration, _ daemon: SSHDaemon, reading file: String?
    ) throws(SSHSettings.Trouble) -> Result {
        var result = Result()
        result.isComplete = places.isComplete
        var known: [[Bool]: SSHSettings] = [:]
        var progress = Progress("Asking sshd", of: people.kinds.count * places.all.count)
        defer { progress.finish() }
        for (number, kind) in people.kinds.enumerated() where !kind.user.name.contains(",") {
            for (index, place) in places.all.enumerated() {
                progress.advance()
                let login = SSHLogin(user: kind.user, place: place)
                let blocks = configuration.blocks(for: login)
                let settings: SSHSettings
                if let answer = known[blocks] {
                    settings = answer
                } else if known.count >= SSHSurvey.limit {
                    result.isComplete = false
                    continue
                } else {
                    settings = try SSHSettings(
                        daemon, user: kind.user.name, from: place, reading: file)
                    known[blocks] = settings
                }
                guard SSHPeople.isAllowed(login, settings) else { continue }
                let spot = Spot(kind: number, place: index)
                result.allowed.insert(spot)
                for fault in rules.faults(settings, login) { result.add(fault, at: spot) }
            }
        }
        return result
    }

    func login(_ spot: Spot) -> SSHLogin {
        SSHLogin(user: people.kinds[spot.kind].user, place: places.all[spot.place])
    }

    // MARK: In words

    /// To whom something applies, and from where, among those who may log in; empty for everybody.
    func words(for spots: [Spot], among allowed: Set<Spot>) -> String {
        let concerned = Set(spots)
        guard concerned.count < allowed.count else { return "" }
        var told: [String] = []
        var kinds: [String: [Int]] = [:]
        for kind in people.kinds.indices {
            let own = places.all.indices.map { Spot(kind: kind, place: $0) }
            let here = own.filter(concerned.contains)
            guard !here.isEmpty else { continue }
            let isAll = here.count == own.count(where: allowed.contains)
            let place = isAll ? "" : places.words(for: here.map { places.all[$0.place] })
            if kinds[place] == nil { told.append(place) }
            kinds[place, default: []].append(kind)
        }
        let everybody = Set(allowed.map(\.kind))
        return told.map { place in
            let some = kinds[place] ?? []
            let names = some.flatMap { people.kinds[$0].names }
            let who = Set(some) == everybody ? "" : Names.some(names)
            return who.isEmpty || place.isEmpty ? who + place : "\(who) \(place)"
        }.joined(separator: "; ")
    }
}

extension SSHSurvey.Result {
    /// Adds a fault to the known ones.
    fileprivate mutating func add(_ fault: SSHFault, at spot: SSHSurvey.Spot) {
        if let index = faults.firstIndex(where: { $0.fault == fault }) {
            faults[index].spots.append(spot)
        } else {
            faults.append((fault, [spot]))
        }
    }
}
