import OTPPAM

/// The files of a case, as the kernel would find them.
struct CaseFiles: PAMFiles {
    private enum Node {
        case folder
        case file([UInt8])
        case module(isForSessions: Bool)
        case brokenLink
    }

    private var nodes: [[Substring]: Node] = [[]: .folder]

    init(_ login: PAMCase, _ rules: PAMRules) {
        for path in ["/etc", "/usr/lib", rules.modules, Self.isa(rules)] { add(folder: path) }
        if login.hasMainFolder { add(folder: "/etc/pam.d") }
        if login.hasSecondFolder { add(folder: "/usr/lib/pam.d") }
        for (path, content) in login.files {
            switch content {
            case .bytes(let bytes): nodes[Self.parts(path)] = .file(bytes)
            case .folder: nodes[Self.parts(path)] = .folder
            case .brokenLink: nodes[Self.parts(path)] = .brokenLink
            }
        }
        for letter in "abcs" {
            nodes[Self.parts(rules.modules + "/pam_\(letter).so")] =
                .module(isForSessions: letter == "s")
        }
        nodes[Self.parts(Self.isa(rules) + "/pam_i.so")] = .module(isForSessions: false)
    }

    /// Where the judge puts the modules in `$ISA`.
    static func isa(_ rules: PAMRules) -> String {
        rules.isa.hasPrefix("/") ? rules.isa : "/usr/lib/isa/security"
    }

    private mutating func add(folder path: String) {
        let parts = Self.parts(path)
        for count in 0...parts.count { nodes[Array(parts.prefix(count))] = .folder }
    }

    /// The path's parts without symbolic links: /lib is /usr/lib.
    private static func parts(_ path: String) -> [Substring] {
        let parts = path.split(separator: "/")
        return parts.first == "lib" ? ["usr"] + parts : parts
    }

    /// What a path leads to.
    private func node(_ path: [UInt8]) -> Node? {
        guard path.first == 47, path.count < 4096 else { return nil }
        var place: [Substring] = []
        var current = Node.folder
        let words = path.dropFirst().split(separator: 47, omittingEmptySubsequences: false)
        for (index, word) in words.enumerated() {
            guard case .folder = current else { return nil }
            if word.isEmpty || word.elementsEqual(".".utf8) { continue }
            if word.elementsEqual("..".utf8) {
                place = Array(place.dropLast())
            } else {
                guard word.count < 256 else { return nil }
                place.append(Substring(decoding: word, as: UTF8.self))
                if place == ["lib"] { place = ["usr", "lib"] }
            }
            guard let next = nodes[place] else { return nil }
            current = next
            if case .brokenLink = current, index + 1 < words.count { return nil }
        }
        return current
    }

    func file(_ path: [UInt8]) -> PAMFile {
        switch node(path) {
        case .folder: .bytes([])
        case .file(let bytes): .bytes(bytes)
        case .module: .unknown(why: "a module")
        case .brokenLink: .none(isThere: true)
        case nil: .none(isThere: false)
        }
    }

    func isFolder(_ path: [UInt8]) -> Bool {
        if case .folder = node(path) { return true }
        return false
    }

    func module(_ path: [UInt8], has function: String) -> Bool? {
        guard case .module(let isForSessions) = node(path) else { return nil }
        return !isForSessions || function == "pam_sm_open_session"
    }
}
