/// Which form of a text a number takes: `Plural-Forms` in a catalog's header, as in gettext(3) (GNU
/// gettext manual, "Additional functions for plural forms").
struct PluralRule: Sendable {
    /// The number of forms.
    let forms: Int
    private let expression: Expression

    /// The maximum number of forms; Arabic, with the most, has 6.
    private static let maximumForms = 10
    /// The maximum length of the text, and the maximum depth of its expression.
    private static let maximumLength = 512
    private static let maximumDepth = 48

    /// Two forms, the first one for 1: English, and catalogs without this header.
    static let english = PluralRule(
        forms: 2, expression: .binary(.different, .number, .constant(1)))

    private init(forms: Int, expression: Expression) {
        (self.forms, self.expression) = (forms, expression)
    }

    /// Reads `nplurals=3; plural=...;`; `nil` if invalid.
    init?(_ text: String) {
        let bytes = Array(text.utf8).filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard bytes.count <= PluralRule.maximumLength else { return nil }
        var reader = Reader(rest: bytes[...])
        guard reader.take("nplurals="), let forms = reader.constant(),
            (1...UInt64(PluralRule.maximumForms)).contains(forms), reader.take(";plural="),
            let expression = reader.choice(depth: 0)
        else { return nil }
        _ = reader.take(";")
        guard reader.rest.isEmpty else { return nil }
        self.forms = Int(forms)
        self.expression = expression
    }

    /// The form for `count`, from 0 on; the last one if the rule's result does not exist.
    func form(for count: UInt64) -> Int {
        Int(min(expression.value(for: count), UInt64(forms - 1)))
    }

    private enum Operator: Sendable {
        case or, and, equal, different, less, greater, atMost, atLeast
        case plus, minus, times, divided, remainder
    }

    private indirect enum Expression: Sendable {
        case number
        case constant(UInt64)
        case not(Expression)
        case binary(Operator, Expression, Expression)
        case choice(Expression, Expression, Expression)

        /// Numbers wrap around like C's unsigned ones; division by zero gives 0.
        func value(for n: UInt64) -> UInt64 {
            switch self {
            case .number: n
            case .constant(let value): value
            case .not(let part): part.value(for: n) == 0 ? 1 : 0
            case .choice(let test, let yes, let no):
                test.value(for: n) != 0 ? yes.value(for: n) : no.value(for: n)
            case .binary(let sign, let left, let right):
                Expression.value(sign, left.value(for: n), right.value(for: n))
            }
        }

        private static func value(_ sign: Operator, _ a: UInt64, _ b: UInt64) -> UInt64 {
            switch sign {
            case .or: a != 0 || b != 0 ? 1 : 0
            case .and: a != 0 && b != 0 ? 1 : 0
            case .equal: a == b ? 1 : 0
            case .different: a != b ? 1 : 0
            case .less: a < b ? 1 : 0
            case .greater: a > b ? 1 : 0
            case .atMost: a <= b ? 1 : 0
            case .atLeast: a >= b ? 1 : 0
            case .plus: a &+ b
            case .minus: a &- b
            case .times: a &* b
            case .divided: b == 0 ? 0 : a / b
            case .remainder: b == 0 ? 0 : a % b
            }
        }
    }

    /// Reads an expression with C's precedences.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        /// Longer operators before their prefixes.
        private static let levels: [[(String, Operator)]] = [
            [("||", .or)], [("&&", .and)], [("==", .equal), ("!=", .different)],
            [("<=", .atMost), (">=", .atLeast), ("<", .less), (">", .greater)],
            [("+", .plus), ("-", .minus)],
            [("*", .times), ("/", .divided), ("%", .remainder)],
        ]

        mutating func take(_ word: String) -> Bool {
            guard rest.starts(with: word.utf8) else { return false }
            rest = rest.dropFirst(word.utf8.count)
            return true
        }

        /// A number of one to nine digits.
        mutating func constant() -> UInt64? {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            return digits.reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
        }

        mutating func choice(depth: Int) -> Expression? {
            guard depth < PluralRule.maximumDepth, let test = binary(level: 0, depth: depth) else {
                return nil
            }
            guard take("?") else { return test }
            guard let yes = choice(depth: depth + 1), take(":"), let no = choice(depth: depth + 1)
            else { return nil }
            return .choice(test, yes, no)
        }

        private mutating func binary(level: Int, depth: Int) -> Expression? {
            guard Reader.levels.indices.contains(level) else { return primary(depth: depth) }
            guard var left = binary(level: level + 1, depth: depth) else { return nil }
            while let (_, sign) = Reader.levels[level].first(where: { take($0.0) }) {
                guard let right = binary(level: level + 1, depth: depth) else { return nil }
                left = .binary(sign, left, right)
            }
            return left
        }

        private mutating func primary(depth: Int) -> Expression? {
            guard depth < PluralRule.maximumDepth else { return nil }
            if take("n") { return .number }
            if take("!") { return primary(depth: depth + 1).map { .not($0) } }
            if take("(") {
                guard let inside = choice(depth: depth + 1), take(")") else { return nil }
                return inside
            }
            return constant().map { .constant($0) }
        }
    }
}
