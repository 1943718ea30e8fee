import CLinux
import Glibc
import OTPCore
import OTPPAM
import OTPStore
import OTPWire

/// The options of one of our lines, and those of its configuration file.
struct ConfigurationCheck {
    static let name = "options"

    /// The result of the check.
    let look: Look
    /// The options in force; the defaults if they cannot be read.
    let options: Options
    /// Whether they could be read.
    let isKnown: Bool
    /// The configuration and the store named by the line or the command line.
    let named: (configuration: String?, store: String?)
    /// The configuration's file, whether or not there is one.
    let path: String

    /// Checks each of our lines; if there is none, the options in force without one.
    static func each(of lines: [PAMLine], _ reader: LineOptions) -> [ConfigurationCheck] {
        lines.isEmpty
            ? [ConfigurationCheck(nil, reader)] : lines.map { ConfigurationCheck($0, reader) }
    }

    private init(_ line: PAMLine?, _ reader: LineOptions) {
        let findings = line.map(Self.mistakes) ?? []
        let arguments = reader.arguments(of: line)
        named = (Self.value("conf", arguments), Self.value("store", arguments))
        path =
            named.configuration
            ?? String(decoding: ConfigurationFile.defaultPath, as: UTF8.self)
        let about =
            SystemFiles.exists(path) ? path : "the PAM line; there is no \(path)"
        guard findings.isEmpty else {
            (look, options, isKnown) = (Look(Self.name, about, findings), Options(), false)
            return
        }
        switch reader.read(line) {
        case .success(let read):
            (options, isKnown) = (read, true)
            look = Look(
                Self.name, about,
                [
                    line.flatMap(Self.elsewhere), Self.commonIssuer(read, path),
                    Self.missingLanguage(read, path),
                ].compactMap(\.self) + Self.helpDesk(read, path)
                    + Self.messages(read, path))
        case .failure(let error):
            (options, isKnown) = (Options(), false)
            look =
                error.code == .system && !Machine.isRoot
                ? .skipped(Self.name, "only root can read \(path)")
                : Look(Self.name, about, [Finding(error)])
        }
    }

    /// One result for all of them.
    static func look(_ checks: [ConfigurationCheck]) -> Look {
        let skipped = checks.first { $0.look.isSkipped }
        var findings: [Finding] = []
        for finding in checks.flatMap(\.look.findings) where !findings.contains(finding) {
            findings.append(finding)
        }
        if let skipped, findings.isEmpty { return skipped.look }
        var about: [String] = []
        for text in checks.map(\.look.about) where !about.contains(text) { about.append(text) }
        return Look(name, about.joined(separator: ", "), findings)
    }

    /// One for each store that they name.
    static func stores(_ checks: [ConfigurationCheck]) -> [ConfigurationCheck] {
        var stores: Set<[UInt8]?> = []
        let known = checks.filter { $0.isKnown && stores.insert($0.options.store).inserted }
        return known.isEmpty ? Array(checks.prefix(1)) : known
    }

    /// Invalid arguments of a line.
    private static func mistakes(_ line: PAMLine) -> [Finding] {
        var parser = OptionParser()
        return line.words.compactMap { argument -> Finding? in
            do throws(StoreError) {
                try parser.argument(argument)
                return nil
            } catch {
                let text = String(decoding: error.text, as: UTF8.self)
                return Finding(
                    .problem, "\(text): the module denies everybody", in: line.place.text,
                    change: line.text(without: String(decoding: argument, as: UTF8.self)))
            }
        }
    }

    /// A name that does not identify the machine among other codes.
    private static func commonIssuer(_ options: Options, _ path: String) -> Finding? {
        let host = SystemHost.name()
        guard options.issuer == nil, Issuer.isCommon(host) else { return nil }
        let name = String(decoding: host, as: UTF8.self)
        return Finding(
            .warning,
            "this machine is called \(name), as many are, and apps show that beside its codes:"
                + " say what they should show",
            in: path, change: "issuer = login.example.com")
    }

    /// A language without a catalog: logins go on in English.
    private static func missingLanguage(_ options: Options, _ path: String) -> Finding? {
        do throws(StoreError) {
            _ = try CatalogFile.find(options.language, version: Version.number)
            return nil
        } catch {
            let there = CatalogFile.languages.map(\.name).joined(separator: ", ")
            let text = String(decoding: error.text, as: UTF8.self)
            return Finding(
                .warning, "logins speak English: \(text); there are \(there)", in: path,
                change: "language = en")
        }
    }

    /// Groups of the help desk that are not there, and people whom it should leave alone.
    private static func helpDesk(_ options: Options, _ path: String) -> [Finding] {
        guard let group = options.helpdeskGroup else { return [] }
        var findings: [Finding] = []
        for (option, group) in [
            ("helpdesk_group", group), ("helpdesk_protected", options.helpdeskProtected),
        ] {
            guard let group, (try? SystemUsers().group(named: group)) == nil else { continue }
            let name = Output.printable(group)
            findings.append(
                Finding(
                    .problem,
                    "there is no group \(name) (\(option)): the help desk cannot help anybody",
                    in: path, change: "groupadd \(name)"))
        }
        if options.helpdeskProtected == nil {
            findings.append(
                Finding(
                    .warning,
                    "the help desk can reset everybody but root and itself, also those who can"
                        + " become root: name their group",
                    in: path, change: "helpdesk_protected = sudo"))
        }
        return findings
    }

    private static func value(_ key: String, _ arguments: [[UInt8]]) -> String? {
        let start = Array("\(key)=".utf8)
        return arguments.last { $0.starts(with: start) }
            .map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }

    /// An argument that screen lockers may not use: another place for records or options.
    private static func elsewhere(_ line: PAMLine) -> Finding? {
        guard line.place.file.hasSuffix("/common-auth"),
            let argument = line.arguments.first(where: {
                $0.hasPrefix("store=") || $0.hasPrefix("conf=")
            })
        else { return nil }
        return Finding(
            .warning,
            "only root's programs may set `\(argument)`: screen lockers stay locked",
            in: line.place.text, change: line.text(without: argument))
    }
}

extension PAMLine {
    /// The same line without one of its arguments.
    fileprivate func text(without argument: String) -> String {
        text(control: written, arguments: arguments.filter { $0 != argument })
    }
}

extension Finding {
    /// What is wrong with the store, the key or the configuration, and the command that fixes it.
    init(_ error: StoreError) {
        let subject = String(decoding: error.subject, as: UTF8.self)
        let text = String(decoding: error.text, as: UTF8.self)
        self.init(.problem, text, in: subject, change: Finding.remedy(error, subject))
    }

    private static func remedy(_ error: StoreError, _ path: String) -> String {
        guard error.code == .unsafe else { return "" }
        // SafeOpen checks folder by folder; do the same, to say which one it was.
        let parts = path.split(separator: "/")
        for count in 1..<(parts.count + 1) {
            let folder = "/" + parts.prefix(count).joined(separator: "/")
            guard let status = SystemFiles.status(folder, following: false) else { break }
            guard status.st_mode & S_IFMT == S_IFDIR else { break }
            if status.st_uid != 0 && status.st_uid != geteuid() { return "chown root: \(folder)" }
            if status.st_mode & 0o022 != 0 && status.st_mode & 0o1000 == 0 {
                return "chmod go-w \(folder)"
            }
        }
        for word in ["0644", "0600", "0700"] where error.detail.hasSuffix("chmod it to \(word)") {
            return "chmod \(word) \(path)"
        }
        return error.detail.hasSuffix("chown it to root") ? "chown root: \(path)" : ""
    }
}
