import SwiftASN1

extension PEMDocument {
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
