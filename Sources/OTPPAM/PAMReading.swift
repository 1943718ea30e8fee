/// A service being read, file by file (libpam's `_pam_init_handlers`).
struct PAMReading {
    let service: [UInt8]
    let rules: PAMRules
    let files: any PAMFiles
    /// The entries of the service, and those of `other`.
    var own: [PAMLine] = [], other: [PAMLine] = []
    var troubles: [PAMStack.Trouble] = []
    var oddities: [PAMOddity] = []
    /// Why libpam last gave up.
    var reason: PAMStack.Trouble?
    /// How much more may be read.
    private var linesLeft = 5_000, filesLeft = 1_000, bytesLeft = 4 << 20
    /// The most entries that a service may have: every path through them is tried.
    static let maximumCount = 500

    init(_ service: String, _ rules: PAMRules, _ files: any PAMFiles) {
        // Service names are lowercased.
        self.service = service.utf8.map(PAMWord.lower)
        (self.rules, self.files) = (rules, files)
    }

    /// A file that is open.
    struct Source {
        let path: String
        let bytes: [UInt8]
    }

    /// The position in a tree of files.
    struct Position {
        /// The only kind of line that counts.
        var kind: PAMKind?
        /// Whether it is for `other`; `nil` if each line names its service.
        var isOther: Bool?
        /// How deep it is in includes of both kinds, and in substacks.
        var depth = 0, level = 0
    }

    /// Reads the service and `other`; returns the file, and whether it is that of `other`.
    mutating func read() throws(PAMStack.Trouble) -> (file: String, isOther: Bool) {
        guard rules.folders.contains(where: { files.isFolder(Array($0.utf8)) }) else {
            return try readOnlyFile()
        }
        let isOther = service == Array("other".utf8)
        let mine = try open(service, in: rules.folders)
        if let mine { try readTop(mine, Position(isOther: isOther)) }
        let last = try open(Array("other".utf8), in: rules.folders)
        if let last {
            let before = (troubles, oddities)
            try readTop(last, Position(isOther: true))
            let kinds = Set(own.map(\.kind))
            // If none of its lines apply, it only matters that libpam got to its end.
            if other.allSatisfy({ kinds.contains($0.kind) }) { (troubles, oddities) = before }
        }
        guard let file = mine ?? last else {
            let name = String(decoding: service, as: UTF8.self)
            throw PAMStack.Trouble(
                effect: .givesUp,
                text: "there is no PAM service \"\(name)\", and no `other` in its place",
                place: PAMRules.mainFolder)
        }
        return (file.path, mine == nil)
    }

    private mutating func readOnlyFile() throws(PAMStack.Trouble) -> (file: String, isOther: Bool) {
        guard let file = try opened(Array(PAMRules.onlyFile.utf8)) else {
            throw PAMStack.Trouble(
                effect: .givesUp,
                text: "there is no /etc/pam.d and no \(PAMRules.onlyFile): nobody can log in",
                place: PAMRules.onlyFile)
        }
        try readTop(file, Position())
        return (file.path, own.isEmpty && service != Array("other".utf8))
    }

    private mutating func readTop(
        _ file: Source, _ position: Position
    ) throws(PAMStack.Trouble) {
        guard try read(file, position) else {
            throw reason.map {
                PAMStack.Trouble(
                    effect: .givesUp, text: $0.text + ": nobody can log in", place: $0.place)
            } ?? PAMStack.Trouble(effect: .givesUp, text: "libpam gives up", place: file.path)
        }
    }

    // MARK: Files

    /// The first file of this name that can be opened.
    mutating func open(
        _ name: [UInt8], in folders: [String]
    ) throws(PAMStack.Trouble) -> Source? {
        var broken: [String] = []
        for folder in folders {
            let path = Array(folder.utf8) + [UInt8(ascii: "/")] + name
            if let file = try opened(path) {
                for path in broken {
                    tell(
                        PAMOddity(
                            .doubtful, "libpam cannot open it, and takes \(file.path) instead",
                            in: path))
                }
                return file
            }
            if case .none(isThere: true) = files.file(path) {
                broken.append(String(decoding: path, as: UTF8.self))
            }
        }
        return nil
    }

    mutating func opened(_ path: [UInt8]) throws(PAMStack.Trouble) -> Source? {
        let name = String(decoding: path, as: UTF8.self)
        switch files.file(path) {
        case .bytes(let bytes):
            filesLeft -= 1
            bytesLeft -= bytes.count
            guard filesLeft >= 0, bytesLeft >= 0 else { throw tooMuch(name) }
            return Source(path: name, bytes: bytes)
        case .none: return nil
        case .unknown(let why):
            throw PAMStack.Trouble(effect: .unknown, text: "\(name): \(why)", place: name)
        }
    }

    func tooMuch(_ place: String) -> PAMStack.Trouble {
        PAMStack.Trouble(
            effect: .unknown,
            text: "there is more to read than is followed here: files that include each other?",
            place: place)
    }

    /// Reads the lines of a file; whether libpam got to its end.
    mutating func read(
        _ file: Source, _ position: Position
    ) throws(PAMStack.Trouble) -> Bool {
        // An old libpam counts only substacks, and opens files until it runs out of descriptors.
        guard position.depth < 100 else {
            throw PAMStack.Trouble(
                effect: .unknown, text: "files include each other without end", place: file.path)
        }
        var reader = PAMLineReader(file.bytes, rules)
        while true {
            switch reader.next() {
            case .end: return true
            case .unfinished(let number):
                reason = PAMStack.Trouble(
                    effect: .givesUp,
                    text: "the last line ends in a backslash, and libpam gives up where nothing"
                        + " follows", place: PAMPlace(file: file.path, number: number).text)
                return false
            case .endless(let number):
                throw PAMStack.Trouble(
                    effect: .hangs,
                    text: "libpam never ends at a line whose byte 1023 is a backslash: nobody can"
                        + " log in", place: PAMPlace(file: file.path, number: number).text)
            case .line(let line):
                linesLeft -= 1
                guard linesLeft >= 0 else { throw tooMuch(file.path) }
                for oddity in PAMOddity.all(in: line, of: file.path, rules) { tell(oddity) }
                let place = PAMPlace(file: file.path, number: line.number)
                guard try take(PAMWords(line.text), at: place, position) else { return false }
            }
        }
    }

    // MARK: Reporting

    mutating func tell(_ oddity: PAMOddity) {
        if !oddities.contains(oddity) { oddities.append(oddity) }
    }

    /// Reports a line that libpam cannot read.
    mutating func tell(_ text: String, at place: PAMPlace) {
        let trouble = PAMStack.Trouble(effect: .refuses, text: text, place: place.text)
        if !troubles.contains(trouble) { troubles.append(trouble) }
    }
}
