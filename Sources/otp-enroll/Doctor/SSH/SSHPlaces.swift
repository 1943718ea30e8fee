import OTPCore

/// The places to ask about: one for each kind that the Match lines can distinguish.
struct SSHPlaces {
    /// What describes a place.
    enum Aspect: Int, CaseIterable {
        case address, host, localAddress, localPort, domain

        /// The words for everything that no line mentions.
        var elsewhere: String {
            switch self {
            case .address: "from elsewhere"
            case .host: "from other hosts"
            case .localAddress: "to other addresses"
            case .localPort: "at other ports"
            case .domain: "in no routing domain"
            }
        }
    }

    /// One value of an aspect, and its description.
    private struct Sample {
        let value: String, label: String
    }

    /// All of them, the most usual one first.
    let all: [SSHPlace]
    /// Whether these are all.
    let isComplete: Bool

    /// The most that are asked about.
    private static let limit = 512
    /// Addresses reserved for documentation (RFC 5737, RFC 3849).
    private static let nobodys = ["192.0.2.1", "203.0.113.1", "198.51.100.1", "2001:db8::1"]

    init(_ configuration: SSHConfiguration, _ settings: SSHSettings, _ options: Options) {
        var (addresses, hosts, locals): ([String], [String], [String]) = ([], [], [])
        var (ports, domains): ([String], [String]) = ([], [])
        for criterion in configuration.criteria {
            switch criterion {
            case .address(let list): addresses += SSHPlaces.entries(list)
            case .host(let list): hosts += SSHPlaces.entries(list)
            case .localAddress(let list): locals += SSHPlaces.entries(list)
            case .localPort(let port): ports.append(port)
            case .domain(let list): domains += SSHPlaces.entries(list)
            case .user, .group, .everybody, .nobody: break
            }
        }
        // Settings that say who may log in from where.
        for key in ["allowusers", "denyusers"] {
            let words =
                configuration.settings.filter { $0.key == key }.flatMap(\.words)
                + settings.values(key)
            let lists = words.compactMap { SSHPattern.parts(userPattern: $0).hosts }
            addresses += lists.flatMap(SSHPlaces.entries)
            hosts += lists.flatMap(SSHPlaces.entries).filter { SSHNetwork($0) == nil }
        }
        let usesNames = settings.isOn("usedns")
        // A host without a name is identified by its address, and sshd does not take an address for
        // a name.
        addresses += usesNames ? hosts.filter(SSHPlaces.isNumeric) : hosts
        hosts.removeAll(where: SSHPlaces.isNumeric)
        let exempt = options.exemptNetworks ?? []
        let exemptNames = exempt.map { String(decoding: $0.text, as: UTF8.self) }
        let isExempt = { (text: String) -> Bool in
            guard let address = IPAddress(Array(text.utf8)[...]) else { return false }
            return exempt.contains { $0.contains(address) }
        }
        let samples = [
            SSHPlaces.addresses(addresses, beside: exemptNames, from: SSHPlaces.nobodys),
            usesNames ? SSHPlaces.hosts(hosts) : [Sample(value: "", label: "")],
            SSHPlaces.localAddresses(locals, settings),
            SSHPlaces.ports(ports, settings),
            SSHPlaces.domains(domains),
        ]
        isComplete = samples.reduce(1) { min($0, SSHPlaces.limit) * $1.count } <= SSHPlaces.limit
        all = SSHPlaces.combined(samples).prefix(SSHPlaces.limit).map { numbers in
            let chosen = zip(samples, numbers).map { $0[$1] }
            let address = chosen[Aspect.address.rawValue].value
            let name = chosen[Aspect.host.rawValue].value
            return SSHPlace(
                address: address,
                host: name.isEmpty ? address : name,
                localAddress: chosen[Aspect.localAddress.rawValue].value,
                localPort: chosen[Aspect.localPort.rawValue].value,
                domain: chosen[Aspect.domain.rawValue].value, labels: chosen.map(\.label),
                numbers: numbers, isExempt: isExempt(address))
        }
    }

    /// The entries of a list without their negation.
    private static func entries(_ list: String) -> [String] {
        SSHPattern.entries(list).map { String($0.hasPrefix("!") ? $0.dropFirst() : $0) }
    }

    /// Whether a pattern for hosts is for addresses.
    private static func isNumeric(_ pattern: String) -> Bool {
        pattern.allSatisfy { "0123456789.:*?".contains($0) }
    }

    /// Every combination of one sample of each kind, as indices.
    private static func combined(_ samples: [[Sample]]) -> [[Int]] {
        samples.reduce([[]]) { chosen, kind in
            // Beyond the limit none are used, so none need be made.
            chosen.prefix(limit).flatMap { one in kind.indices.map { one + [$0] } }
        }
    }

    // MARK: The samples of each aspect

    /// Addresses inside and outside each network and pattern.
    private static func addresses(
        _ entries: [String], beside others: [String], from usual: [String]
    ) -> [Sample] {
        let edges = (entries + others).compactMap { SSHNetwork($0) }.flatMap(\.edges).map(\.text)
        let patterns = entries.filter { SSHNetwork($0) == nil }
        let filled = patterns.compactMap(SSHPlaces.address(like:))
        return distinct(usual + edges + filled) { address in
            (entries + others).map { SSHPattern.answer(address: address, $0) == .fits }
        }.map { address in
            // The smallest network is the most specific.
            let around = (entries + others).filter {
                $0 != "*" && SSHPattern.answer(address: address, $0) == .fits
            }
            let name = around.max { (SSHNetwork($0)?.length ?? 0) < (SSHNetwork($1)?.length ?? 0) }
            return Sample(value: address, label: name.map { "from \($0)" } ?? "")
        }
    }

    /// An address that matches a pattern such as `10.1.*`; `nil` if none is found.
    private static func address(like pattern: String) -> String? {
        let parts = pattern.split(separator: ".").map {
            $0.replacing("*", with: $0 == "*" ? "1" : "").replacing("?", with: "1")
        }
        guard (1...4).contains(parts.count) else { return nil }
        let text = (parts + Array(repeating: "1", count: 4 - parts.count)).joined(separator: ".")
        return SSHPattern.fits(text, pattern) && SSHNetwork(text) != nil ? text : nil
    }

    private static func hosts(_ entries: [String]) -> [Sample] {
        let filled = entries.map {
            $0.lowercased().replacing("*", with: "host").replacing("?", with: "h")
        }
        return distinct(["", "unknown.invalid"] + filled) { host in
            entries.map { SSHPattern.answer(host: host, $0) == .fits }
        }.map { host in
            let name = entries.first { $0 != "*" && SSHPattern.answer(host: host, $0) == .fits }
            return Sample(value: host, label: name.map { "from \($0)" } ?? "")
        }
    }

    private static func localAddresses(
        _ entries: [String], _ settings: SSHSettings
    ) -> [Sample] {
        let listening = settings.listenAddresses.map(\.address)
        let isOpen = listening.isEmpty || listening.contains { $0 == "0.0.0.0" || $0 == "::" }
        // If it listens only on some, no login comes to another one.
        let found = addresses(
            isOpen ? entries : [], beside: [], from: isOpen ? nobodys : listening)
        return found.map { sample in
            let name = entries.first {
                $0 != "*" && SSHPattern.answer(address: sample.value, $0) == .fits
            }
            return Sample(value: sample.value, label: name.map { "to \($0)" } ?? "")
        }
    }

    private static func ports(_ asked: [String], _ settings: SSHSettings) -> [Sample] {
        let own = settings.values("port") + settings.listenAddresses.compactMap(\.port)
        // systemd may listen where sshd's configuration does not say.
        let all = own + (SSHDaemon.isStartedBySocket ? asked : [])
        return distinct(all.isEmpty ? ["22"] : all) { port in asked.map { $0 == port } }.map {
            Sample(value: $0, label: asked.contains($0) ? "at port \($0)" : "")
        }
    }

    private static func domains(_ entries: [String]) -> [Sample] {
        let filled = entries.map { $0.replacing("*", with: "vrf").replacing("?", with: "v") }
        return distinct([""] + filled) { domain in
            entries.map { SSHPattern.fits(domain, $0) }
        }.map { domain in
            let name = entries.first { SSHPattern.fits(domain, $0) }
            return Sample(value: domain, label: name.map { "in routing domain \($0)" } ?? "")
        }
    }

    /// The first of each set of values that no test distinguishes.
    private static func distinct(_ values: [String], by signs: (String) -> [Bool]) -> [String] {
        var seen: Set<[Bool]> = []
        return values.filter { seen.insert(signs($0)).inserted }
    }
}

extension SSHPlaces {
    /// The places to which something applies, in words: empty for everywhere.
    func words(for chosen: [SSHPlace]) -> String {
        let numbers = Set(chosen.map(\.numbers))
        guard numbers.count < all.count else { return "" }
        // Aspects that make no difference are left out.
        let telling = Aspect.allCases.filter { aspect in
            !chosen.allSatisfy { place in
                all.allSatisfy { other in
                    Aspect.allCases.contains { one in
                        one != aspect && other.numbers[one.rawValue] != place.numbers[one.rawValue]
                    } || numbers.contains(other.numbers)
                }
            }
        }
        var told: [String] = []
        for place in chosen {
            let words = telling.map { aspect in
                let label = place.labels[aspect.rawValue]
                return label.isEmpty ? aspect.elsewhere : label
            }.joined(separator: " ")
            if !told.contains(words) { told.append(words) }
        }
        return Names.some(told, most: 4)
    }
}
