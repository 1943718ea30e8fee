import SwiftASN1
import X509

extension PEMDocument {
    /// The certificates in a text that has nothing else between PEM's lines.
    ///
    /// Throws `problem` if it has, or if one is damaged.
    static func certificates(
        in text: String, or problem: String
    ) throws(FleetProblem) -> [Certificate] {
        try working(problem) {
            try parseMultiple(pemString: text).map { try Certificate(pemDocument: $0) }
        }
    }

    /// What is in a file: a key, and `count` certificates after it, each as PEM. Text between them
    /// does not count.
    ///
    /// Throws if there is more or less; `name` says which file it is.
    static func all(
        in text: String, _ name: String, _ count: Int
    ) throws(FleetProblem) -> (key: String, certificates: [String]) {
        let documents = try working("\(name) is damaged") {
            try PEMDocument.parseMultiple(pemString: text)
        }
        let certificates = documents.dropFirst()
        guard let key = documents.first, key.discriminator == "PRIVATE KEY",
            certificates.count == count,
            certificates.allSatisfy({ $0.discriminator == "CERTIFICATE" })
        else { throw FleetProblem("\(name) is damaged: something is missing in it") }
        return (key.pemString, certificates.map(\.pemString))
    }
}
