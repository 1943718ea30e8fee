/// A telephone number for text messages: `+4915112345678`, or as dialed from here (`015112345678`).
public struct PhoneNumber: Equatable, Sendable {
    /// The number: `+`, if there was one, and digits.
    public let text: String

    /// What a number looks like, for error messages.
    public static let expectation =
        "use a number such as +4915112345678, of 5 to 15 digits; spaces, dots and hyphens between "
        + "them are ignored"

    private static let lengths = 5...15
    private static let plus = UInt8(ascii: "+")
    private static let zero = UInt8(ascii: "0")

    /// `nil` if `text` is not a number.
    ///
    /// Not with brackets: nobody dials the 0 of `+49 (0)151`, but the area code of `(030) 123`.
    public init?(_ text: [UInt8]) {
        let isInternational = text.first == PhoneNumber.plus
        var digits: [UInt8] = []
        // A sign stands between two digits.
        var isAfterDigit = false
        for byte in isInternational ? text.dropFirst() : text[...] {
            switch byte {
            case PhoneNumber.zero...UInt8(ascii: "9"):
                digits.append(byte)
                isAfterDigit = true
            case UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "-"):
                guard isAfterDigit else { return nil }
                isAfterDigit = false
            default: return nil
            }
        }
        // No country's code begins with 0.
        guard isAfterDigit, PhoneNumber.lengths.contains(digits.count),
            !isInternational || digits.first != PhoneNumber.zero
        else { return nil }
        self.text = (isInternational ? "+" : "") + String(decoding: digits, as: UTF8.self)
    }

    /// Enough of it for its owner to know which one it is: `...42`.
    public var masked: String { "...\(text.suffix(2))" }
}
