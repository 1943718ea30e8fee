/// The address of a server: `https://NAME`, `https://NAME:PORT`, or with an address for the name.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// The name or address, without brackets.
    public let name: String
    /// The port.
    public let port: Int

    private static let scheme = "https://"
    /// The port if none is given.
    public static let defaultPort = 8463

    /// `nil` unless `text` is such an address, with nothing after it but a slash.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix(ServerURL.scheme) else { return nil }
        var rest = String(text.dropFirst(ServerURL.scheme.count))
        if rest.hasSuffix("/") { rest.removeLast() }
        var name = rest
        var number: Substring?
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            name = String(rest[rest.index(after: rest.startIndex)..<end])
            let after = rest[rest.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":"), name.contains(":") else { return nil }
            number = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = rest.firstIndex(of: ":") {
            name = String(rest[..<colon])
            number = rest[rest.index(after: colon)...]
        }
        guard (try? ServerName.general(name)) != nil else { return nil }
        if let number {
            guard (1...5).contains(number.utf8.count),
                number.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
                let port = Int(number), (1...65_535).contains(port)
            else { return nil }
            self.port = port
        } else {
            port = ServerURL.defaultPort
        }
        self.name = name
    }

    /// Reads addresses between commas. Throws if one is wrong, or if there are none or over 16.
    public static func list(_ text: String) throws(FleetProblem) -> [ServerURL] {
        var found: [ServerURL] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let url = ServerURL(part) else {
                throw FleetProblem(
                    "\"\(part)\" is not of the form https://NAME or https://NAME:PORT")
            }
            if !found.contains(url) { found.append(url) }
        }
        guard (1...16).contains(found.count) else { throw FleetProblem("give 1 to 16 servers") }
        return found
    }

    /// The address, with its port.
    public var description: String {
        "\(ServerURL.scheme)\(name.contains(":") ? "[\(name)]" : name):\(port)"
    }
}
