/// Numbers of things in English, for admins. What users read is in `Phrase`.
public enum Counted {
    /// `1 day`, `3 days`.
    public static func text(_ number: some BinaryInteger, _ thing: String) -> String {
        number == 1 ? "1 \(thing)" : "\(number) \(thing)s"
    }
}
