import FoundationEssentials
import HTTPTypes
import OTPCore

/// The names and forms on the wire that client and server share.
package enum WireFormat {
    package static let callPath = "/v1/call"
    package static let pingPath = "/v1/ping"
    static let joinPath = "/v1/join"
    static let renewPath = "/v1/renew"

    package static let requestField = "Swiftotp-Request"
    package static let withinField = "Swiftotp-Within"
    package static let receiptField = "Swiftotp-Receipt"

    /// The longest body of a call, and of its answer, in bytes.
    static let longestCall = 32_768
    /// The longest other body, in bytes.
    static let longestOther = 4096
    private static let longestReceipt = 200
    /// The length of a request's id, in bytes.
    package static let idLength = 16

    /// The id of a request, from 32 hexadecimal digits.
    static func id(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 2 * idLength, let id = Hex.decode(Array(text.utf8).span) else {
            return nil
        }
        return id.withBytes { $0.array }
    }

    /// A time from a number of milliseconds, 1 ms to 10 s.
    static func within(_ text: String) -> Duration? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int(text), (1...10_000).contains(number)
        else { return nil }
        return .milliseconds(number)
    }

    /// A receipt: visible ASCII, at most 200 bytes.
    static func receipt(_ text: String) -> String? {
        (1...longestReceipt).contains(text.utf8.count)
            && text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) ? text : nil
    }

    /// `{"error": "sentence"}`
    static func error(_ sentence: String) -> [UInt8] { encoded(ErrorBody(error: sentence)) }

    static func encoded(_ value: some Encodable) -> [UInt8] {
        (try? JSONEncoder().encode(value)).map { Array($0) } ?? Array("{}".utf8)
    }

    static func decoded<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    struct ErrorBody: Codable { var error: String }
    struct PingBody: Codable { var ready: Bool }
    /// The secret as hexadecimal digits; no request from a host that shows a certificate of the
    /// site's authority.
    struct JoinBody: Codable {
        var secret: String
        var request: String?
    }
    /// What such a host is called.
    struct JoinedBody: Codable { var host: String }
    struct RenewBody: Codable { var request: String }
    struct CertificateBody: Codable { var certificate: String }
}

extension HTTPFields {
    /// The only value of a field; `nil` if there is none, or more than one.
    func only(_ name: String) -> String? {
        guard let name = HTTPField.Name(name) else { return nil }
        let values = self[values: name]
        return values.count == 1 ? values.first : nil
    }

    /// Whether there is such a field.
    func has(_ name: String) -> Bool { HTTPField.Name(name).map { contains($0) } ?? false }

    mutating func set(_ name: String, _ value: String) {
        if let name = HTTPField.Name(name) { self[name] = value }
    }
}
