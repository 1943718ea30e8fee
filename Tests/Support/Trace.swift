import Foundation

/// The system calls of a program in order, as recorded by strace(1).
public struct Trace: Sendable {
    /// One call.
    public struct Call: Sendable, CustomStringConvertible {
        /// Its name, and how many calls of that name there were, including this one.
        public let name: String, number: Int
        /// The call with its arguments and its result.
        public let line: String

        /// The number that it returned; nil if it was not completed, or returned none.
        public let result: Int?

        init(name: Substring, number: Int, line: Substring) {
            self.name = String(name)
            self.number = number
            self.line = String(line)
            // What follows the last sign of equality between blanks. Bytes are enough, and quick.
            let words = self.line.utf8.split(separator: UInt8(ascii: " "))
            let sign = words.lastIndex { $0.elementsEqual("=".utf8) } ?? words.endIndex
            result = words.dropFirst(sign + 1).first.flatMap { Int(Substring($0)) }
        }

        public var description: String { "\(name) \(number)" }

        /// Whether strace made it fail.
        public var isInjected: Bool { line.hasSuffix("(INJECTED)") }

        /// The same call in another run of the program, for `inject`: killed as it begins.
        public var kill: String { "\(name):signal=KILL:when=\(number)" }

        /// The same call in another run, which fails, and if `lasting`, so do all after it. The
        /// kernel has no error for brk(2): it leaves the memory as it was.
        public func failure(_ error: String, lasting: Bool = false) -> String {
            let how = name == "brk" ? "retval=0" : "error=\(error)"
            return "\(name):\(how):when=\(number)\(lasting ? "+" : "")"
        }
    }

    public let calls: [Call]

    /// Reads what `words` wrote to `file`.
    public init(_ file: String) throws {
        var counts: [Substring: Int] = [:]
        // Each line begins with the process id if there may be several.
        var calls: [Call] = []
        for line in try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n") {
            // Each line begins with the process id if there may be several.
            let line = line.drop { $0.isNumber }.drop { $0 == " " }
            let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard !name.isEmpty, line.dropFirst(name.count).first == "(" else { continue }
            counts[name, default: 0] += 1
            calls.append(
                Call(name: name, number: counts[name] ?? 0, line: line))
        }
        self.calls = calls
    }

    /// The words before a program whose calls are written to `file`: all of them, or those in
    /// `calls`; `injection` says what happens to one. `follows` says whether its child processes
    /// are traced too, and `appends` whether several programs write one after the other.
    public static func words(
        to file: String, calls: [String] = ["all"], injection: String? = nil, follows: Bool = true,
        appends: Bool = false
    ) -> [String] {
        var words = ["strace", "-o", file, "-s", "256", "-e", "signal=none"]
        if appends { words.append("-A") }
        if follows { words.append("-f") }
        words += ["-e", "trace=" + calls.joined(separator: ",")]
        if let injection { words += ["-e", "inject=" + injection] }
        return words
    }

    /// The calls from the first one whose line contains this text.
    public func from(_ text: String) throws -> ArraySlice<Call> {
        guard let start = calls.firstIndex(where: { $0.line.has(text) }) else {
            throw Trouble("no call with \(text)")
        }
        return calls[start...]
    }
}

// MARK: Steps of a record

extension Trace {
    /// The calls that the following examine; for `words`.
    public static let changing = ["pwritev", "renameat2", "unlinkat", "fdatasync", "fsync"]

    /// How many steps a record has made: charge and slot were written, or a new one got its name
    /// and kept it. Writing the mark of 16 bytes, which only says what is on the disk, is not a
    /// step.
    public var steps: Int { stepIndices.count }

    /// Whether the disk has what the `number`th step wrote: it was synced before the next step.
    public func isDurable(step number: Int) -> Bool {
        let steps = stepIndices
        guard steps.count >= number else { return false }
        let end = steps.count > number ? steps[number] : calls.endIndex
        return calls[steps[number - 1]..<end].contains {
            ["fdatasync", "fsync"].contains($0.name) && $0.result == 0 && !$0.isInjected
        }
    }

    private var stepIndices: [Int] {
        calls.indices.filter { index in
            switch (calls[index].name, calls[index].result) {
            case ("pwritev", let count?): (17..<12_288).contains(count)
            // A name file is not a record.
            case ("renameat2", 0): !calls[index].line.has("\"name-") && !isTakenBack(index)
            default: false
            }
        }
    }

    /// Whether what got its name in call `index` lost it again because it could not be made
    /// durable.
    private func isTakenBack(_ index: Int) -> Bool {
        let names = calls[index].line.split(separator: "\"", omittingEmptySubsequences: false)
        guard names.count == 5 else { return false }
        return calls[index...].contains {
            $0.name == "unlinkat" && $0.result == 0 && $0.line.has("\"\(names[3])\"")
        }
    }
}
