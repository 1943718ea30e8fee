import CLinux
import Glibc
import OTPCore
import OTPPAM
import OTPStore

/// The options: those of our lines, and those of swiftotp.conf.
struct ConfigurationCheck {
    static let name = "options"

    /// What was looked at.
    let look: Look
    /// The options that hold; those of nobody where they cannot be read.
    let options: Options
    /// Whether they could be read.
    let isKnown: Bool
    /// The file and the store that a line or the command line names.
    let named: (configuration: String?, store: String?)

    /// `lines` are ours; `instead` are arguments of the command line, which win.
    init(_ lines: [PAMLine], instead: [[UInt8]]) {
        var findings: [Finding] = []
        for line in lines {
            var parser = OptionParser()
            for argument in line.words {
                do throws(StoreError) {
                    try parser.argument(argument)
                } catch {
                    let text = String(decoding: error.text, as: UTF8.self)
                    findings.append(
                        Finding(
                            .problem, "\(text): the module denies everybody", in: line.place.text,
                            change: line.text(
                                without: String(decoding: argument, as: UTF8.self))))
                }
            }
        }
        let own = lines.first?.words ?? []
        let names = instead.map { $0.prefix { $0 != UInt8(ascii: "=") } }
        let arguments = own.filter { one in !names.contains { one.starts(with: $0) } } + instead
        named = (Self.value("conf", arguments), Self.value("store", arguments))
        let path =
            named.configuration
            ?? String(decoding: ConfigurationFile.defaultPath, as: UTF8.self)
        let about =
            SystemFiles.exists(path) ? path : "the PAM line; there is no \(path)"
        guard findings.isEmpty else {
            (look, options, isKnown) = (Look(Self.name, about, findings), Options(), false)
            return
        }
        do throws(StoreError) {
            options = try ConfigurationFile.options(arguments)
            isKnown = true
            look = Look(Self.name, about, lines.compactMap(Self.elsewhere))
        } catch {
            (options, isKnown) = (Options(), false)
            look =
                error.code == .system && !Machine.isRoot
                ? .skipped(Self.name, "only root can read \(path)")
                : Look(Self.name, about, [Finding(error)])
        }
    }

    private static func value(_ key: String, _ arguments: [[UInt8]]) -> String? {
        let start = Array("\(key)=".utf8)
        return arguments.last { $0.starts(with: start) }
            .map { String(decoding: $0.dropFirst(start.count), as: UTF8.self) }
    }

    /// What screen lockers may not say: a place of their own for records or options.
    private static func elsewhere(_ line: PAMLine) -> Finding? {
        guard line.place.file.hasSuffix("/common-auth"),
            let argument = line.arguments.first(where: {
                $0.hasPrefix("store=") || $0.hasPrefix("conf=")
            })
        else { return nil }
        return Finding(
            .warning,
            "programs that are not root's may not name `\(argument)`: screen lockers stay locked",
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
    /// What is wrong with the store, the key or the configuration, and the command that mends it.
    init(_ error: StoreError) {
        let subject = String(decoding: error.subject, as: UTF8.self)
        let text = String(decoding: error.text, as: UTF8.self)
        self.init(.problem, text, in: subject, change: Finding.remedy(error, subject))
    }

    private static func remedy(_ error: StoreError, _ path: String) -> String {
        guard error.code == .unsafe else { return "" }
        // SafeOpen judges folder by folder, and so does this to say which one it was.
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
