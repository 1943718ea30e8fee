/// A `Match` line: which logins the lines after it apply to.
struct SSHMatch {
    /// One of its conditions.
    enum Criterion {
        case user(String), group(String)
        case host(String), address(String)
        case localAddress(String), localPort(String), domain(String)
        /// The same for all logins: `All`, and sshd's version.
        case everybody
        /// `Invalid-User`, and conditions unknown to sshd.
        case nobody
    }

    let criteria: [Criterion]

    /// Parses the words after `Match`.
    init(_ words: [String]) {
        var criteria: [Criterion] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            let name = (parts.first ?? "").lowercased()
            if name == "all" || name == "invalid-user" {
                criteria.append(name == "all" ? .everybody : .nobody)
                continue
            }
            guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else { break }
            criteria.append(SSHMatch.criterion(name, value))
        }
        self.criteria = criteria
    }

    private static func criterion(_ name: String, _ value: String) -> Criterion {
        switch name {
        case "user": .user(value)
        case "group": .group(value)
        case "host": .host(value)
        case "address": .address(value)
        case "localaddress": .localAddress(value)
        case "localport": .localPort(value)
        case "rdomain": .domain(value)
        case "version": .everybody
        default: .nobody
        }
    }

    /// Whether it matches a login.
    func holds(for login: SSHLogin) -> Bool { criteria.allSatisfy { $0.holds(for: login) } }
}

extension SSHMatch.Criterion {
    /// Whether a login meets the condition.
    func holds(for login: SSHLogin) -> Bool {
        switch self {
        case .user, .group: holds(for: login.user)
        case .host(let list): SSHPattern.answer(host: login.place.host, list) == .fits
        case .address(let list): SSHPattern.answer(address: login.place.address, list) == .fits
        case .localAddress(let list):
            SSHPattern.answer(address: login.place.localAddress, list) == .fits
        case .localPort(let port): login.place.localPort == port
        case .domain(let list): SSHPattern.answer(login.place.domain, list) == .fits
        case .everybody: true
        case .nobody: false
        }
    }

    /// The same, but only for conditions about the user.
    func holds(for user: SSHUser) -> Bool {
        switch self {
        case .user(let list): return SSHPattern.answer(user.name, list) == .fits
        case .group(let list):
            // The user must not be in any negated group.
            let answers = user.groups.map { SSHPattern.answer($0, list) }
            return answers.contains(.fits) && !answers.contains(.isExcluded)
        default: return true
        }
    }
}
