/// Where a PAM line is.
public struct PAMPlace: Hashable, Sendable {
    public let file: String
    public let number: Int

    public init(file: String, number: Int) { (self.file, self.number) = (file, number) }

    public var text: String { "\(file) line \(number)" }
}

/// An entry of a stack, as libpam has it after reading the files.
public struct PAMLine: Sendable {
    /// What libpam does when it reaches it.
    public enum Role: Sendable {
        /// It calls the module.
        case module
        /// There is no such module, or it lacks the function; the answer is `module_unknown`.
        case missing
        /// libpam could not read the line; the answer is `perm_denied`.
        case refusal
        /// The beginning of a substack, which does nothing itself but counts when lines are
        /// skipped.
        case substack
    }

    public let role: Role
    public let place: PAMPlace
    /// `auth`, `account`, `session` or `password`.
    public let kind: String
    /// Whether libpam logs nothing if the module is missing (`-auth`).
    public let isQuiet: Bool
    /// The control value as written, and what it means; `nil` if it means nothing.
    public let written: String
    public let control: PAMControl?
    public let module: String
    /// The arguments, byte for byte.
    public let words: [[UInt8]]
    /// How many substacks it is in.
    public let level: Int

    /// The arguments, as people read them.
    public var arguments: [String] { words.map { String(decoding: $0, as: UTF8.self) } }

    /// The module's name, without folder and suffix.
    public var name: String {
        let file = module.split(separator: "/").last.map(String.init) ?? module
        return file.hasSuffix(".so") ? String(file.dropLast(3)) : file
    }

    /// Whether it is ours; a build's own name for it counts as well.
    public var isOurs: Bool {
        role != .substack && (name == "pam_swiftotp" || name == "libpam_swiftotp")
    }

    /// The answer that libpam assumes without calling the module; `nil` if it is called.
    public var fixedAnswer: PAMAnswer? {
        switch role {
        case .module: nil
        case .missing: .moduleUnknown
        case .refusal: .permissionDenied
        case .substack: .ignore
        }
    }

    /// The action for an answer.
    public func action(for answer: PAMAnswer) -> PAMAction { control?.action(for: answer) ?? .bad }

    /// The same line with another control value, and optionally other arguments, as text.
    public func text(control: String, arguments: [String]? = nil) -> String {
        ([kind, control, module] + (arguments ?? self.arguments).map(PAMLine.quoted))
            .joined(separator: " ")
    }

    private static func quoted(_ argument: String) -> String {
        guard argument.contains(" ") else { return argument }
        return "[" + argument.escapingBrackets + "]"
    }
}
