import OTPCore

/// A place in a file.
public enum ImportPlace: Equatable, Sendable {
    /// The file as a whole.
    case file
    /// A line, counted from 1.
    case line(Int)
    /// A key of a PSKC file, by its id (printable) or its number.
    case key(String)
    /// An entry of an app's export, counted from 1.
    case entry(Int)

    /// The place in words: `line 3`, `key 4711`.
    public var text: String {
        switch self {
        case .file: "the file"
        case .line(let number): "line \(number)"
        case .key(let id): "key \(id)"
        case .entry(let number): "entry \(number)"
        }
    }
}

/// Why something in a file is not a token.
public struct ImportProblem: Equatable, Sendable, CustomStringConvertible {
    /// If it is.
    public let place: ImportPlace
    /// What is wrong: one plain sentence in printable ASCII, without a full stop.
    public let sentence: String

    /// Both in one line.
    public var description: String { "\(place.text): \(sentence)" }
}

/// The contents of a file. One bad line does not hide the others.
public struct ImportResult {
    /// The most tokens that are taken from one file.
    public static let maximumTokens = 100_000
    /// The most problems that are kept; more are counted.
    public static let maximumProblems = 1000

    /// The tokens, in the order of the file.
    public private(set) var tokens: [ImportedToken] = []
    /// What is wrong, in the order of the file.
    public private(set) var problems: [ImportProblem] = []
    /// How many more problems there were than are kept.
    public private(set) var problemsLeftOut = 0
    /// What else is worth knowing about the file as a whole.
    public internal(set) var notes: [String] = []
    /// The names of an app's export entries, in the order of the file, including those that cannot
    /// be read.
    public private(set) var entries: [EntryLabel] = []
    /// Whether keys could not be read without the pre-shared key (PSKC).
    public internal(set) var needsPreSharedKey = false

    /// A result with one problem about the file, or an empty one.
    init(_ problem: String? = nil) {
        if let problem { report(.file, problem) }
    }

    /// Keeps a token if there is room; whether there was.
    @discardableResult
    mutating func add(_ token: ImportedToken) -> Bool {
        guard tokens.count < ImportResult.maximumTokens else {
            report(token.place, "more than \(ImportResult.maximumTokens) tokens; the rest is left")
            return false
        }
        tokens.append(token)
        return true
    }

    /// Adds a note about the file as a whole.
    public mutating func add(note: String) { notes.append(note) }

    /// Keeps a problem if there is room.
    mutating func report(_ place: ImportPlace, _ sentence: String) {
        guard problems.count < ImportResult.maximumProblems else {
            problemsLeftOut += 1
            return
        }
        problems.append(ImportProblem(place: place, sentence: sentence))
    }

    /// Keeps the next entry of an app's export if there is room; whether there was. `token` reads
    /// it; issuer, account and name come from the label unless it sets them.
    @discardableResult
    mutating func addEntry(
        _ label: EntryLabel, _ token: (ImportPlace) throws(Refusal) -> ImportedToken
    ) -> Bool {
        let place = ImportPlace.entry(entries.count + 1)
        guard entries.count < ImportResult.maximumTokens else {
            report(place, "more than \(ImportResult.maximumTokens) entries; the rest is left")
            return false
        }
        entries.append(label)
        do throws(Refusal) {
            var token = try token(place)
            if token.owner == nil { token.owner = try label.field(label.account, "account") }
            if token.issuer == nil { token.issuer = try label.field(label.issuer, "issuer") }
            token.name = token.name ?? token.issuer.flatMap { Name($0.bytes) }
            return add(token)
        } catch {
            report(place, error.sentence)
            return true
        }
    }

    /// Keeps only these entries of an app's export, counted from 0.
    public mutating func keepEntries(_ indices: Set<Int>) {
        func isKept(_ place: ImportPlace) -> Bool {
            guard case .entry(let number) = place else { return true }
            return indices.contains(number - 1) || number > entries.count
        }
        tokens.removeAll { !isKept($0.place) }
        problems.removeAll { !isKept($0.place) }
    }

    /// Reads each line that is not empty and, with `comments`, does not begin with `#`. A line that
    /// `body` refuses becomes a problem; if `body` returns `nil`, the line is skipped.
    mutating func readLines(
        of bytes: Span<UInt8>, comments: Bool = true,
        _ body: (ImportPlace, Range<Int>) throws(Refusal) -> ImportedToken?
    ) {
        eachLine(of: bytes, comments: comments) { result, place, line throws(Refusal) in
            guard let token = try body(place, line) else { return true }
            return result.add(token)
        }
    }

    /// Calls `body` with each such line; it returns whether to go on.
    mutating func eachLine(
        of bytes: Span<UInt8>, comments: Bool = true,
        _ body: (inout ImportResult, ImportPlace, Range<Int>) throws(Refusal) -> Bool
    ) {
        var lines = Lines()
        while let range = lines.next(in: bytes) {
            let line = Text.trimmed(range, in: bytes)
            if line.isEmpty || comments && bytes[line.lowerBound] == UInt8(ascii: "#") { continue }
            let place = ImportPlace.line(lines.number)
            do throws(Refusal) {
                guard line.count <= ImportLimits.lineLength else {
                    throw Refusal("longer than \(ImportLimits.lineLength) bytes")
                }
                guard try body(&self, place, line) else { return }
            } catch {
                report(place, error.sentence)
            }
        }
    }
}

/// Limits on the size of input.
public enum ImportLimits {
    /// The largest `.google_authenticator`, in bytes: as much as its own module reads.
    public static let googleAuthenticatorSize = 65_536
    /// The largest file of the other formats, in bytes.
    public static let fileSize = 8 << 20
    /// The longest line, in bytes.
    static let lineLength = 8192
    /// The highest counter: nobody presses a button more often, and sums cannot overflow.
    static let counter = UInt64(Int64.max)
    /// The most steps that a clock may be off; `google-authenticator` itself writes no more.
    static let drift: Int16 = 1500

    /// A problem, if `bytes` are empty, too many, or of no format here.
    static func complaint(about bytes: Span<UInt8>, limit: Int) -> String? {
        if bytes.isEmpty { return "it is empty" }
        if bytes.count > limit { return "it is larger than \(limit) bytes" }
        return EncryptedFile.complaint(about: bytes)
    }
}

/// Why a line or key is not a token, in one sentence.
struct Refusal: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}
