// Text from people and files: options and answers.

/// The first byte selects how the input is used: arguments separated by NULs, then the
/// configuration file.
func fuzzOptions(_ input: [UInt8]) {
    let parts = input.split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
    guard let contents = parts.last else { return }
    let path = Array("/etc/security/swiftotp.conf".utf8)
    var parser = OptionParser()
    var isRead = false
    do throws(StoreError) {
        try parser.file(contents, path: path)
        isRead = true
    } catch {
        expect(error.code == .configuration && isPlain(error.text), "an error that cannot be shown")
        expect(
            error.subject.starts(with: path + Array(" line ".utf8)),
            "an error that does not say where")
    }
    if isRead {
        check(parser.options)
        checkLines(contents, parser.options)
    }
    var over = OptionParser(isRead ? parser.options : Options())
    do throws(StoreError) {
        for argument in parts.dropLast() { try over.argument(argument) }
        check(over.options)
        // Arguments override the file, and mean the same when repeated.
        var again = OptionParser(over.options)
        for argument in parts.dropLast() { try again.argument(argument) }
        expect(again.options == over.options, "options that change")
    } catch {
        expect(error.code == .configuration && isPlain(error.text), "an error that cannot be shown")
    }
    checkClaims(Array(parts.dropLast()), isRead ? contents : nil, parser.options)
}

/// The same arguments from an unprivileged program count as far as such a program may set them.
private func checkClaims(_ arguments: [[UInt8]], _ file: [UInt8]?, _ options: Options) {
    let expected = Words(arguments, file, isBelieved: false).options
    var over = OptionParser(file == nil ? Options() : options, isBelieved: false)
    do throws(StoreError) {
        for argument in arguments { try over.argument(argument) }
        guard let expected else { mistake("a claim that nobody may make") }
        expect(over.options == expected, "a claim that is believed")
    } catch {
        expect(expected == nil && isPlain(error.text), "a claim that is refused")
    }
}

/// Each value must be in its range, however it was written.
private func check(_ options: Options) {
    expect(
        (1...3).contains(options.retry) && options.window <= 10
            && (1...72).contains(options.temporaryHours) && options.enrollGrace <= 100
            && (1...90).contains(options.trustDays) && (1...8).contains(options.trustMaximum),
        "a number out of its range")
    for path in [options.store, options.configurationFile, options.socket, options.program] {
        guard let path else { continue }
        expect(
            path.first == UInt8(ascii: "/") && path.count < 1024 && !path.contains(0),
            "a path that is none")
    }
    for text in [options.prompt, options.exemptGroup, options.mail] {
        guard let text else { continue }
        expect(!text.isEmpty && text.count <= 128 && isPlain(text), "a text that is none")
    }
    if let issuer = options.issuer {
        expect(KeyURI.allows(issuer.span), "an issuer that no key URI can have")
    }
    let letters = options.question(\.english).map { $0 | 0x20 }
    expect(!letters.contains(0) && !letters.isEmpty, "a question that cannot be asked")
}

/// Every line of an accepted file means the same as an argument.
private func checkLines(_ contents: [UInt8], _ options: Options) {
    var parser = OptionParser()
    let blanks = Array(" \t\r".utf8)
    func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop { blanks.contains($0) }
        while let last = text.last, blanks.contains(last) { text.removeLast() }
        return text
    }
    for line in contents.split(separator: UInt8(ascii: "\n")) {
        let line = trimmed(line)
        guard let first = line.first, first != UInt8(ascii: "#"),
            let equals = line.firstIndex(of: UInt8(ascii: "="))
        else { continue }
        var value = trimmed(line[(equals + 1)...])
        let quote = UInt8(ascii: "\"")
        if value.count >= 2, value.first == quote, value.last == quote {
            value = value.dropFirst().dropLast()
        }
        let argument = Array(trimmed(line[..<equals])) + [UInt8(ascii: "=")] + Array(value)
        // A line too long for an argument can only be in a file.
        guard argument.count <= 1024 else { return }
        do throws(StoreError) {
            try parser.argument(argument)
        } catch {
            mistake("a line that is no argument")
        }
    }
    expect(parser.options == options, "lines that differ from arguments")
}

// MARK: Answers

/// The input is a typed answer; after a first byte of 1, a code is made from it instead.
func fuzzAnswer(_ input: [UInt8]) {
    check(answer: input)
    guard input.count >= 16, input[0] == 1 else { return }
    let random = Array(input[1...])
    let (backup, temporary) = (
        Array(random.prefix(BackupCode.randomLength)),
        Array(random.prefix(TemporaryCode.randomLength))
    )
    if let code = BackupCode(index: Int(input[1] % 10), random: backup.span) {
        let text = Array(code.text.utf8)
        guard case .backupCode(let read) = Answer(text.span) else {
            mistake("a backup code that is not read")
        }
        expect(read.index == code.index && read.text == code.text, "another backup code")
        check(joined: Array(random.suffix(64)) + text, length: text.count)
    }
    if let code = TemporaryCode(random: temporary.span) {
        let text = Array(code.text.utf8)
        guard case .temporaryCode(let read) = Answer(text.span) else {
            mistake("a temporary code that is not read")
        }
        expect(read.text == code.text, "another temporary code")
        check(joined: Array(random.suffix(64)) + text, length: text.count)
    }
}

private func check(answer typed: [UInt8]) {
    let kept = typed.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
    let isNumber = kept.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    switch Answer(typed.span) {
    case .code(let value, let digits):
        let text = String(value)
        let zeros = String(repeating: "0", count: max(0, Int(digits) - text.utf8.count))
        expect(
            isNumber && Int(digits) == kept.count && (zeros + text).utf8.elementsEqual(kept),
            "a code that was not typed")
    case .empty: expect(typed.count <= 64 && kept.isEmpty, "something that counts as nothing")
    case .backupCode(let code):
        let text = Array(code.text.utf8)
        expect(kept.count == BackupCode.length && text.count == 17, "a backup code of another size")
        guard case .backupCode(let again) = Answer(text.span), again.text == code.text else {
            mistake("a backup code that changes")
        }
    case .temporaryCode(let code):
        let text = Array(code.text.utf8)
        expect(kept.count == TemporaryCode.length, "a temporary code of another size")
        guard case .temporaryCode(let again) = Answer(text.span), again.text == code.text else {
            mistake("a temporary code that changes")
        }
    case .joinedCode: mistake("a joined code out of one field")
    case .malformed:
        expect(
            typed.count > 64 || !isNumber || !(6...8).contains(kept.count),
            "a code that is not taken")
    }
    check(joined: typed, length: nil)
}

/// A joined answer; `length` is that of the code at its end, if known.
private func check(joined typed: [UInt8], length: Int?) {
    for digits in HOTP.digitsRange {
        let found = JoinedAnswer.codeLength(typed.span, digits: digits)
        expect((0...typed.count).contains(found), "a password of another length")
        if let length { expect(found == length, "a code with a piece of the password") }
    }
    switch JoinedAnswer.answer(typed.span) {
    case .joinedCode(let value, let digits):
        let tail = typed.suffix(Int(digits))
        let number = tail.reduce(UInt32(0)) { $0 &* 10 &+ UInt32($1 &- UInt8(ascii: "0")) }
        expect(number == value && (6...8).contains(digits), "a joined code that was not typed")
        expect(length == nil, "a code that was not seen as such")
    case .code: mistake("a code that is not joined")
    case .backupCode: expect(typed.count >= 17, "a backup code that is too short")
    case .temporaryCode: expect(typed.count >= 14, "a temporary code that is too short")
    case .empty: expect(typed.isEmpty, "something that counts as nothing")
    case .malformed: expect(length == nil, "a code that is not taken")
    }
}

/// A terminal's answers, or typed text: it never crashes the program, no escape stays in typed
/// text, and a character's size is plausible.
func fuzzTerminalAnswers(_ input: [UInt8]) {
    let answers = TerminalAnswers(input)
    if let cell = answers.cell {
        expect((3...200).contains(cell.width) && (3...200).contains(cell.height), "no such cell")
    }
    let rest = TerminalAnswers.removed(from: input)
    expect(!rest.contains(0x1b) && rest.count <= input.count, "an escape that stays")
    expect(TerminalAnswers.removed(from: rest) == rest, "typed text that changes")
    let plain = input.filter { $0 != 0x1b }
    expect(TerminalAnswers.removed(from: plain) == plain, "typed text that is lost")
}
