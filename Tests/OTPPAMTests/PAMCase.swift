import OTPPAM

/// PAM files, and a login that uses them.
struct PAMCase: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        case folder
        case brokenLink
    }

    /// The paths at which a case may put a file.
    static let paths = [
        "/etc/pam.d/s", "/etc/pam.d/other", "/etc/pam.d/a", "/etc/pam.d/b", "/etc/pam.d/c",
        "/usr/lib/pam.d/s", "/usr/lib/pam.d/other", "/usr/lib/pam.d/a", "/etc/pam.conf", "/etc/x",
    ]

    var service = "s"
    var hasMainFolder = true
    var hasSecondFolder = false
    /// 1: no empty passwords; 2: silent.
    var flags = 0
    var files: [String: Content] = [:]

    /// The bytes sent to the judge.
    func encoded(isSkipped: Bool) -> [UInt8] {
        var bytes: [UInt8] = [
            isSkipped ? 1 : 0, (hasMainFolder ? 1 : 0) | (hasSecondFolder ? 2 : 0), UInt8(flags),
        ]
        func put(_ count: Int) {
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: count >> shift)) }
        }
        put(service.utf8.count)
        bytes += Array(service.utf8)
        bytes.append(UInt8(files.count))
        for (index, path) in PAMCase.paths.enumerated() {
            guard let content = files[path] else { continue }
            bytes.append(UInt8(index))
            switch content {
            case .bytes(let text):
                bytes.append(0)
                put(text.count)
                bytes += text
            case .folder:
                bytes.append(1)
                put(0)
            case .brokenLink:
                bytes.append(2)
                put(0)
            }
        }
        return bytes
    }

    /// The case in a form that can be tried by hand.
    var description: String {
        let head = "service \(service)\(hasMainFolder ? "" : ", no /etc/pam.d")"
        return files.sorted { $0.key < $1.key }.reduce(into: head) { text, file in
            text += "\n--- \(file.key)"
            switch file.value {
            case .bytes(let bytes):
                text += "\n" + String(decoding: bytes, as: UTF8.self).debugDescription
            case .folder: text += ": a folder"
            case .brokenLink: text += ": a broken link"
            }
        }
    }
}

/// The outcome of a login, by libpam or by our reading.
struct PAMOutcome: Equatable, CustomStringConvertible {
    /// A call of a module.
    struct Call: Equatable, CustomStringConvertible {
        let function: Character, module: Character
        let arguments: [[UInt8]]

        var description: String {
            let words = arguments.map { String(decoding: $0, as: UTF8.self) }
            return "\(function) pam_\(module) \(words)"
        }
    }

    enum End: Equatable {
        /// The results of authentication and account; no account after an incomplete login, and a
        /// single result for both if there is no beginning.
        case results([Int])
        case crashed, endless
        /// Undefined.
        case unknown
    }

    var calls: [Call] = []
    var end: End

    var description: String { "\(end), calls: \(calls)" }
}

extension PAMOutcome {
    /// Our reading of the files.
    init(reading login: PAMCase, rules: PAMRules) {
        let stack: PAMStack
        do throws(PAMStack.Trouble) {
            stack = try PAMStack(
                service: login.service, rules: rules, files: CaseFiles(login, rules))
        } catch {
            switch error.effect {
            case .givesUp, .refuses: self.init(end: .results([26]))
            case .crashes: self.init(end: .crashed)
            case .hangs: self.init(end: .endless)
            case .unknown: self.init(end: .unknown)
            }
            return
        }
        var calls: [Call] = []
        var results: [Int] = []
        for (kind, function) in [("auth", Character("a")), ("account", "m")] {
            let lines = stack.lines.filter { $0.kind == kind }
            var run = PAMRun()
            while run.next < lines.count {
                let line = lines[run.next]
                var answer = line.fixedAnswer ?? .ignore
                if line.role == .module {
                    answer = Self.answer(to: line.words)
                    calls.append(
                        Call(
                            function: function, module: line.name.last ?? "?",
                            arguments: line.words))
                }
                run.take(answer, in: lines)
            }
            results.append(run.result.code)
            if run.result == .incomplete { break }
        }
        self.init(calls: calls, end: .results(results))
    }

    /// What the judge's modules answer.
    private static func answer(to words: [[UInt8]]) -> PAMAnswer {
        PAMAnswer.allCases.first { $0.rawValue.utf8.elementsEqual(words.first ?? []) } ?? .success
    }
}
