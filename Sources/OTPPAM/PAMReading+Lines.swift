/// Single lines (libpam's `_pam_parse_conf_file`).
extension PAMReading {
    /// A line that is being parsed, word by word.
    private struct Draft {
        var role = PAMLine.Role.module
        var isQuiet = false
        var kind = PAMKind.auth
        var control: PAMWord?
        /// Why it counts as a refusal.
        var trouble: String?
        let place: PAMPlace
        var position: Position

        mutating func refuse(_ text: String) {
            role = .refusal
            trouble = trouble ?? text
        }
    }

    /// The ways to include another file.
    private enum Inclusion {
        /// `@include`, for all kinds of lines.
        case wholly
        case include, substack
    }

    /// Processes a line; whether libpam goes on.
    mutating func take(
        _ line: PAMWords, at place: PAMPlace, _ position: Position
    ) throws(PAMStack.Trouble) -> Bool {
        var words = line
        var draft = Draft(place: place, position: position)
        if position.isOther == nil {
            guard let name = words.next() else { return true }
            draft.position.isOther = name.means("other")
            let isMine = name.bytes.map(PAMWord.lower) == service
            guard isMine || name.means("other") else { return true }
        }
        if let word = words.next() {
            draft.isQuiet = word.bytes.first == UInt8(ascii: "-")
            let name = draft.isQuiet ? word.droppingFirst : word
            if rules.isDebian, name.means("@include") {
                draft.kind = position.kind ?? .auth
                return try include(words.next(), draft, .wholly)
            }
            if let kind = PAMKind.allCases.first(where: { name.means($0.rawValue) }) {
                draft.kind = kind
            } else {
                draft.kind = position.kind ?? .auth
                draft.refuse("\"\(word.text)\" is no kind of PAM line")
            }
        } else {
            draft.kind = position.kind ?? .auth
            draft.refuse("there is a service and nothing behind it")
        }
        if let only = position.kind, only != draft.kind { return true }
        draft.control = words.next()
        guard let control = draft.control else {
            draft.refuse("there is no control value")
            return try add(draft, module: nil, [])
        }
        if control.means("include") { return try include(words.next(), draft, .include) }
        if control.means("substack") { return try include(words.next(), draft, .substack) }
        let module = words.next()
        if module == nil { draft.refuse("no module is named") }
        return try add(draft, module: module, words.rest().map(\.bytes))
    }

    // MARK: Entries

    /// Adds an entry; whether libpam goes on.
    private mutating func add(
        _ draft: Draft, module: PAMWord?, _ arguments: [[UInt8]]
    ) throws(PAMStack.Trouble) -> Bool {
        guard max(own.count, other.count) < PAMReading.maximumCount else {
            throw tooMuch(draft.place.text)
        }
        var draft = draft
        let bytes = module?.bytes ?? []
        if draft.role == .refusal, let text = draft.trouble {
            tell("\(text): libpam takes this for one that says no", at: draft.place)
        }
        if draft.role == .module {
            let function = draft.kind.function
            let found = rules.files(of: bytes)
                .compactMap { files.module($0, has: function) }.first
            if found != true { draft.role = .missing }
        }
        // Without a control word, every answer is a refusal; the same goes for an invalid one,
        // which is `nil`.
        let control = draft.control.map { PAMControl($0, rules) } ?? .failing
        append(
            PAMLine(
                role: draft.role, place: draft.place, kind: draft.kind.rawValue,
                isQuiet: draft.isQuiet, written: draft.control?.written ?? "",
                control: draft.role == .substack ? .failing : control,
                module: module?.text ?? "", words: arguments, level: draft.position.level),
            draft.position)
        guard let module else { return true }
        return try isNamed(module, at: draft.place)
    }

    private mutating func append(_ line: PAMLine, _ position: Position) {
        if position.isOther == true { other.append(line) } else { own.append(line) }
    }

    /// Whether libpam can derive a name for its log from a module's path; otherwise it gives up
    /// (`extract_modulename`).
    private mutating func isNamed(
        _ module: PAMWord, at place: PAMPlace
    ) throws(PAMStack.Trouble) -> Bool {
        let file =
            module.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .last ?? []
        let name = file.lastIndex(of: UInt8(ascii: ".")).map { file[..<$0] } ?? file
        guard name.isEmpty || name.elementsEqual("?".utf8) else { return true }
        let trouble = PAMStack.Trouble(
            effect: rules.isNew ? .givesUp : .unknown,
            text: "\"\(module.text)\" cannot be the name of a module, and libpam gives up",
            place: place.text)
        // An old libpam leaves an uninitialized pointer, and may crash.
        guard rules.isNew else { throw trouble }
        reason = trouble
        return false
    }

    // MARK: Includes

    /// Reads another file in place of a line; whether libpam goes on.
    private mutating func include(
        _ name: PAMWord?, _ draft: Draft, _ way: Inclusion
    ) throws(PAMStack.Trouble) -> Bool {
        var position = draft.position
        position.depth += 1
        if way != .wholly {
            position.kind = draft.kind
            if let text = draft.trouble {
                tell("\(text): libpam takes this for \(draft.kind.rawValue)", at: draft.place)
            }
        }
        if way == .substack {
            position.level += 1
            var beginning = draft
            beginning.role = .substack
            guard try add(beginning, module: name, []) else { return false }
        }
        let text: String
        if let name {
            if (rules.isNew ? position.depth : position.level) >= PAMRules.maximumLevel {
                text = "files include each other more than \(PAMRules.maximumLevel - 1) deep"
            } else if let file = try find(name) {
                if try read(file, position) { return true }
                text = "it includes \"\(name.text)\", of which libpam cannot read all"
            } else {
                text = "it includes \"\(name.text)\", which is missing"
            }
        } else {
            guard !rules.includesFromMainFolder else {
                throw PAMStack.Trouble(
                    effect: .crashes,
                    text: "an include without a name crashes every program that asks PAM",
                    place: draft.place.text)
            }
            text = "an include without a name"
        }
        guard way == .wholly else { return try refuse(draft, text) }
        let effect: PAMStack.Trouble.Effect = position.kind == nil ? .givesUp : .unknown
        let trouble = PAMStack.Trouble(effect: effect, text: text, place: draft.place.text)
        // Debian's libpam sets no action here: it uses whatever is in its memory.
        guard effect == .givesUp else { throw trouble }
        reason = trouble
        return false
    }

    /// Finds the included file.
    private mutating func find(_ name: PAMWord) throws(PAMStack.Trouble) -> Source? {
        if name.bytes.first == UInt8(ascii: "/") { return try opened(name.bytes) }
        guard rules.includesFromMainFolder else { return try open(name.bytes, in: rules.folders) }
        guard files.isFolder(Array(PAMRules.mainFolder.utf8)) else { return nil }
        return try open(name.bytes, in: [PAMRules.mainFolder])
    }

    /// Adds an entry that refuses, in place of a failed include.
    private mutating func refuse(
        _ line: Draft, _ text: String
    ) throws(PAMStack.Trouble) -> Bool {
        var draft = line
        draft.control = nil
        draft.refuse(text)
        return try add(draft, module: nil, [])
    }
}
