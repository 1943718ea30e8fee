/// Changes to sshd's files that fix something: each was tested with sshd itself.
struct SSHProposal {
    /// Where to change what, and the diff; or what to do instead.
    let place: String
    let change: String

    /// A fix for a fault; `nil` if none was found.
    init?(
        _ fault: SSHFault, at spots: [SSHSurvey.Spot], _ survey: SSHSurvey,
        _ before: SSHSurvey.Result
    ) {
        guard !fault.lines.isEmpty else { return nil }
        let mends = { (changed: SSHConfiguration, daemon: SSHDaemon) throws(SSHSettings.Trouble) in
            let after = try survey.result(of: changed, by: daemon)
            let left = after.faults.filter { $0.fault.isLike(fault) }.flatMap(\.spots)
            return Set(left).isDisjoint(with: spots)
                && after.spots(.problem).isSubset(
                    of: before.spots(.problem).union(before.spots(.warning)).union(spots))
        }
        let logins = spots.map(survey.login)
        for attempt in SSHProposal.attempts(fault, logins, survey.configuration) {
            guard let changed = SSHProposal.tried(attempt, logins, survey, mends) else { continue }
            self.init(from: survey.configuration, to: changed)
            return
        }
        guard let daemon = SSHProposal.daemon(without: fault.lines, survey.daemon),
            (try? mends(survey.configuration, daemon)) == true
        else { return nil }
        self.init(
            place: SSHDaemon.optionsPlace,
            change: daemon.words().joined(separator: " "))
    }

    /// Makes sshd accept its configuration again, with settings for everybody.
    init?(accepted line: String, _ daemon: SSHDaemon, _ configuration: SSHConfiguration) {
        let changed = configuration.setting(line, for: [])
        guard SSHProposal.accepts(changed, daemon) else { return nil }
        self.init(from: configuration, to: changed)
    }

    /// Makes sshd accept its configuration again, without a line.
    init?(
        without place: SSHConfiguration.Place, _ daemon: SSHDaemon,
        _ configuration: SSHConfiguration
    ) {
        guard var lines = configuration.files[place.file], lines.indices.contains(place.line) else {
            return nil
        }
        lines.remove(at: place.line)
        let changed = configuration.replacing(place.file, with: lines)
        guard SSHProposal.accepts(changed, daemon) else { return nil }
        self.init(from: configuration, to: changed)
    }

    private init(place: String, change: String) { (self.place, self.change) = (place, change) }

    private init(from old: SSHConfiguration, to new: SSHConfiguration) {
        var places: [String] = []
        var changes: [String] = []
        for (file, lines) in new.files.sorted(by: { $0.key < $1.key }) {
            let before = old.files[file]
            let text = SSHProposal.diff(file, from: before, to: lines)
            guard !text.isEmpty else { continue }
            changes.append(text)
            let first = zip(before ?? [], lines).enumerated().first { $1.0 != $1.1 }?.offset
            places.append(
                before == nil
                    ? file : "\(file) line \((first ?? min(before?.count ?? 0, lines.count)) + 1)")
        }
        self.init(
            place: places.joined(separator: " and "), change: changes.joined())
    }

    private static func diff(_ file: String, from old: [String]?, to new: [String]) -> String {
        let written = new.map { $0 + "\n" }.joined()
        guard let old else { return UnifiedDiff(file, from: nil, to: written).text }
        guard old != new else { return "" }
        var before = old.map { $0 + "\n" }.joined()
        // The last line may lack its newline.
        if case .text(let text) = SystemFiles.read(file), text + "\n" == before { before = text }
        return UnifiedDiff(file, from: before, to: written).text
    }

    // MARK: What is tried

    /// A way to add the lines.
    private typealias Attempt = (SSHConfiguration, [String]) -> SSHConfiguration

    private static func attempts(
        _ fault: SSHFault, _ logins: [SSHLogin], _ configuration: SSHConfiguration
    ) -> [(lines: [String], write: Attempt)] {
        guard let header = fault.block else {
            return [
                (
                    fault.lines,
                    { configuration, lines in
                        lines.reduce(configuration) { $0.setting($1, for: logins) }
                    }
                )
            ]
        }
        let block = [header] + fault.lines.map { "    " + $0 }
        return [false, true].map { isFirst in
            (block, { configuration, lines in configuration.adding(lines, isFirst: isFirst) })
        }
    }

    /// The changed configuration that fixes it, with the required methods turned on.
    private static func tried(
        _ attempt: (lines: [String], write: Attempt), _ logins: [SSHLogin], _ survey: SSHSurvey,
        _ mends: (SSHConfiguration, SSHDaemon) throws(SSHSettings.Trouble) -> Bool
    ) -> SSHConfiguration? {
        var configuration = survey.configuration
        for _ in 0...SSHSettings.switches.count {
            do throws(SSHSettings.Trouble) {
                let changed = attempt.write(configuration, attempt.lines)
                return try mends(changed, survey.daemon) ? changed : nil
            } catch {
                guard case .refused(let why) = error, let line = line(after: why) else {
                    return nil
                }
                configuration = configuration.setting(line, for: [])
            }
        }
        return nil
    }

    /// What must be turned on, according to sshd's message about its configuration.
    static func line(after said: String) -> String? {
        SSHSettings.switches.first { said.hasPrefix("Disabled method \"\($0.method)\"") }
            .map { "\($0.key) yes" }
    }

    private static func daemon(without lines: [String], _ daemon: SSHDaemon) -> SSHDaemon? {
        lines.compactMap { SSHWords.split($0)?.key }.reduce(nil) { found, key in
            (found ?? daemon).without(key) ?? found
        }
    }

    private static func accepts(_ configuration: SSHConfiguration, _ daemon: SSHDaemon) -> Bool {
        guard let folder = try? TemporaryFolder(), let copy = try? configuration.write(to: folder)
        else { return false }
        return (try? SSHSettings(daemon, user: "root", from: nil, reading: copy)) != nil
    }
}

extension SSHConfiguration {
    /// The same with a line in force for these logins: it replaces each line that applies to one of
    /// them now, or if there is none, it is added for everybody. Without logins, it replaces the
    /// first line that applies to everybody.
    func setting(_ line: String, for logins: [SSHLogin]) -> SSHConfiguration {
        guard let key = SSHWords.split(line)?.key else { return self }
        var places: [Place] = []
        var isMissing = false
        for login in logins {
            guard let place = self.line(of: key, for: login)?.place else {
                isMissing = true
                continue
            }
            if !places.contains(place) { places.append(place) }
        }
        if logins.isEmpty {
            let first = settings.first { $0.key == key && $0.blocks.isEmpty }
            places = [first?.place].compactMap { $0 }
            isMissing = places.isEmpty
        }
        var changed = self
        for place in places {
            guard var lines = changed.files[place.file], lines.indices.contains(place.line) else {
                continue
            }
            lines[place.line] = String(lines[place.line].prefix { $0 == " " || $0 == "\t" }) + line
            changed = changed.replacing(place.file, with: lines)
        }
        return isMissing ? changed.adding([line], isFirst: true) : changed
    }

    /// The same with added lines: before the first Match of a file that is read for everybody, or
    /// at its end.
    func adding(_ new: [String], isFirst: Bool) -> SSHConfiguration {
        let folder = folders.first { SystemFiles.exists($0) }
        let dropIn = folder.map { "\($0)/10-swiftotp.conf" }
        let file = dropIn.flatMap { isForEverybody($0) ? $0 : nil } ?? main
        var lines = files[file] ?? []
        let match = lines.firstIndex { SSHWords.split($0)?.key == "match" }
        lines.insert(contentsOf: new, at: isFirst ? match ?? lines.count : lines.count)
        return replacing(file, with: lines)
    }
}
