import OTPCore
import SwiftASN1
import X509

/// The name by which hosts reach a server: a DNS name, or an address of IPv4 or IPv6.
enum ServerName {
    /// As a certificate has it. Throws if it is neither.
    static func general(_ name: String) throws(FleetProblem) -> GeneralName {
        if let address = IPAddress(Array(name.utf8)[...]) {
            return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
        }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy(isLabel),
            labels.last?.first?.isNumber != true
        else { throw FleetProblem("\"\(name)\" is neither a DNS name nor an address") }
        return .dnsName(name)
    }

    private static func isLabel(_ label: Substring) -> Bool {
        FleetName(label) != nil && label.first != "-" && label.last != "-"
    }
}
