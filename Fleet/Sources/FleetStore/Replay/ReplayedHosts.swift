/// The hosts of a fleet, as the logs of their machines are told apart.
///
/// A log has the machine's name, and the fleet the name that its host was invited by; one of them
/// may have a domain. So only the part before the first dot is compared, and where that leaves two
/// realms, a line counts in each.
public struct ReplayedHosts: Equatable, Sendable {
    private var realms: [[UInt8]: Set<String>] = [:]
    private var names: [[UInt8]: [String]] = [:]

    /// Hosts by name and realm; "" for a realm that is not known.
    public init(_ hosts: [(name: String, realm: String)]) {
        for (name, realm) in hosts {
            let label = ReplayedHosts.label(of: Array(name.utf8)[...])
            realms[label, default: []].insert(realm)
            names[label, default: []].append(name)
        }
    }

    /// What is compared.
    static func label(of name: ArraySlice<UInt8>) -> [UInt8] {
        name.prefix { $0 != UInt8(ascii: ".") }.map { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
        }
    }

    /// Whether there is a host that may be the machine with this label.
    func has(_ label: [UInt8]) -> Bool { names[label] != nil }

    /// The realm of the users at a machine; "" if it can be one of several, or is not known.
    func realm(of label: [UInt8]) -> String {
        guard let found = realms[label], found.count == 1 else { return "" }
        return found.first ?? ""
    }

    /// The names of the hosts that are none of these machines, in order.
    func names(without labels: Set<[UInt8]>) -> [String] {
        names.filter { !labels.contains($0.key) }.flatMap(\.value).sorted()
    }
}
