// Files written by other programs or by strangers.

private let now: UInt64 = 1_800_000_015

func fuzzURI(_ input: [UInt8]) {
    let result = KeyURIList.read(input.span)
    check(result)
    for token in result.tokens.prefix(16) { checkWriting(token) }
}

func fuzzGoogle(_ input: [UInt8]) {
    let result = GoogleAuthenticatorFile.read(input.span, now: now)
    check(result)
    expect(result.tokens.count <= 1, "two tokens in the file of one user")
    for token in result.tokens {
        expect(token.owner == nil && token.algorithm == .sha1 && token.digits == 6, "another token")
    }
}

func fuzzUsersOATH(_ input: [UInt8]) {
    let result = readUsersOATH(input)
    check(result)
    for token in result.tokens.prefix(16) { checkLine(token) }
}

func fuzzCSV(_ input: [UInt8]) {
    let result = PrivacyIDEACSV.read(input.span)
    check(result)
    for token in result.tokens {
        expect(token.algorithm == .sha1 && token.issuer == nil, "another token")
    }
}

/// Without a pre-shared key, and with that of RFC 6030.
func fuzzPSKC(_ input: [UInt8]) {
    let plain = PSKCFile.read(input.span)
    check(plain)
    var key: [UInt8] = [
        0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56, 0x78, 0x90,
        0x12,
    ]
    let opened = PSKCFile.read(input.span, preSharedKey: KeyBox(wiping: &key))
    check(opened)
    expect(opened.tokens.count >= plain.tokens.count, "a token that is lost by the key")
    expect(!opened.needsPreSharedKey, "a key that is needed twice")
    if !plain.needsPreSharedKey {
        expect(opened.tokens.count == plain.tokens.count, "a key that was not asked for")
    }
}

// MARK: Exports of apps

/// Readers of documents, in the format named by the first byte, so that one corpus serves all of
/// them.
func fuzzExports(_ input: [UInt8]) {
    let formats: [(Span<UInt8>) -> ImportResult] = [
        AegisVault.read, TwoFASBackup.read, AndOTPBackup.read, FreeOTPPlusBackup.read,
        EnteExport.read, BitwardenVault.read, MigrationURIList.read, TokenCSV.read,
        { SwiftOTPExport.read($0, now: now) },
    ]
    guard let first = input.first else { return }
    let text = Array(input.dropFirst())
    var result = formats[Int(first) % formats.count](text.span)
    check(result)
    checkChoice(&result)
    if let format = ImportFormat.guess(text.span) {
        expect(format != .privacyIDEA, "a format that has no sign")
    }
}

func fuzzKeePass(_ input: [UInt8]) {
    var result = KeePassExport.read(input.span)
    check(result)
    checkChoice(&result)
}

/// What is read from a document must match another reader's result.
func fuzzJSON(_ input: [UInt8]) {
    let document: JSONDocument
    do throws(JSONParser.Stop) {
        document = try JSONDocument(input.span)
    } catch {
        expect(isPlain(error.sentence.utf8) && error.line > 0, "a problem that cannot be shown")
        return
    }
    var count = 0
    checkJSON(document.root, depth: 0, &count)
    expect(count <= input.count, "more values than bytes")
}

private func checkJSON(_ value: JSONValue, depth: Int, _ count: inout Int) {
    count += 1
    expect(depth <= JSONParser.maximumDepth, "a document that is too deep")
    if let text = value.text {
        expect(Text.isUTF8(text.span), "a text that is not UTF-8")
        expect(value.integer == nil && value.elements.isEmpty, "a text that is something else")
    }
    for element in value.elements { checkJSON(element, depth: depth + 1, &count) }
    do throws(Refusal) {
        if let member = try value.member("secret") {
            checkJSON(member, depth: depth + 1, &count)
        }
    } catch {
        expect(error.sentence == "secret is given twice", "another problem")
    }
}

/// Choosing one entry returns nothing of another one.
private func checkChoice(_ result: inout ImportResult) {
    let count = result.entries.count
    for label in result.entries.prefix(16) {
        expect(isPlain(label.printable.utf8), "a label that cannot be shown")
    }
    for token in result.tokens {
        if case .entry(let number) = token.place, count > 0 {
            expect((1...count).contains(number), "an entry that is not there")
        }
    }
    guard count > 0 else { return }
    result.keepEntries([0])
    expect(result.tokens.allSatisfy { $0.place == .entry(1) }, "an entry that was not chosen")
}

// MARK: Properties of every result

private func check(_ result: ImportResult) {
    expect(
        result.tokens.count <= ImportResult.maximumTokens
            && result.problems.count <= ImportResult.maximumProblems, "more than there may be")
    for problem in result.problems {
        expect(
            isPlain(problem.description.utf8) && problem.description.utf8.count < 1000,
            "a problem that cannot be shown")
    }
    for token in result.tokens.prefix(64) { check(token) }
}

/// A token must fit into a record, and come out of it unchanged.
private func check(_ token: ImportedToken) {
    expect(
        (HOTP.keyLengthRange.contains(token.key.count) || token.hasShortKey)
            && HOTP.digitsRange.contains(token.digits)
            && TOTP.periodRange.contains(token.period), "a token that no record can keep")
    expect(
        token.nextStep <= ImportLimits.counter && token.drift.magnitude <= 1500,
        "a step out of range")
    expect(
        token.notes.count <= 64 && token.notes.allSatisfy { isPlain($0.utf8) },
        "a note that cannot be shown")
    for text in [token.owner, token.issuer, token.serial] {
        guard let text else { continue }
        expect(
            (1...256).contains(text.bytes.count)
                && text.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
                && isPlain(text.printable.utf8),
            "a text that no system has")
    }
    guard let name = token.name ?? Name("phone".utf8),
        let authenticator = token.authenticator(name: name, added: now)
    else { mistake("a token that is no authenticator") }
    var record = Record()
    token.key.withBytes { key in
        do throws(Record.ChangeError) {
            try record.add(authenticator, key: key)
        } catch {
            mistake("a token that a record refuses")
        }
    }
    let bytes = record.encoded
    guard let read = Record(decoding: bytes.span), read.authenticators == [authenticator],
        read.withKey(of: 0, { $0.array }) == token.key.withBytes({ $0.array })
    else { mistake("a token that a record changes") }
}

/// The URI of a token must be read as the same token.
private func checkWriting(_ token: ImportedToken) {
    let owner = token.owner?.bytes ?? Array("somebody".utf8)
    let issuer = token.issuer?.bytes ?? Array("somewhere".utf8)
    guard let name = Name("phone".utf8),
        let authenticator = token.authenticator(name: name, added: now),
        KeyURI.allows(owner.span), KeyURI.allows(issuer.span),
        // Spaces before an account are style, and are skipped.
        owner.first != UInt8(ascii: " ")
    else { return }
    for isBrief in [false, true] {
        let uri = token.key.withBytes {
            KeyURI.make(
                authenticator, key: $0, issuer: issuer.span, account: owner.span, isBrief: isBrief)
        }
        guard let text = uri?.withBytes({ $0.array }) else { mistake("a URI that is not made") }
        let again = KeyURIList.read(text.span)
        guard let read = again.tokens.first, again.tokens.count == 1, again.problems.isEmpty else {
            mistake("a URI of ours that is not read")
        }
        expect(
            read.kind == token.kind && read.algorithm == token.algorithm
                && read.digits == token.digits && read.period == token.period
                && (read.kind == .totp || read.nextStep == token.nextStep)
                && read.key.withBytes { $0.array } == token.key.withBytes { $0.array }
                && read.owner?.bytes == owner && read.issuer?.bytes == issuer,
            "a URI of ours that is read as another")
    }
}

private func readUsersOATH(_ text: [UInt8]) -> ImportResult {
    UsersOATH.read(text.span, now: now) { time in
        // Not a real calendar, but in the same order.
        UInt64(((time.year - 1970) * 12 + time.month - 1) * 31 + time.day - 1) * 86_400
            + UInt64(time.hour * 3600 + time.minute * 60 + time.second)
    }
}

/// The line of a token must be read as the same token, with used codes still used.
private func checkLine(_ token: ImportedToken) {
    guard let name = Name("phone".utf8),
        let authenticator = token.authenticator(name: name, added: now)
    else { return }
    let owner = token.owner?.bytes ?? Array("somebody".utf8)
    let line: [UInt8]
    do throws(UsersOATHWriter.Unwritable) {
        line = try token.key.withBytes { key throws(UsersOATHWriter.Unwritable) in
            try UsersOATHWriter.line(user: owner.span, authenticator, key: key)
                .withBytes { $0.array }
        }
    } catch {
        expect(isPlain(error.reason.utf8), "a reason that cannot be shown")
        return
    }
    let again = readUsersOATH(line)
    guard let read = again.tokens.first, again.tokens.count == 1 else {
        // The highest counter has no successor.
        expect(token.nextStep >= ImportLimits.counter, "a line of ours that is not read")
        return
    }
    expect(
        read.kind == token.kind && read.digits == token.digits && read.period == token.period
            && (read.kind == .totp || read.nextStep == token.nextStep)
            && read.key.withBytes { $0.array } == token.key.withBytes { $0.array }
            && read.owner?.bytes == owner,
        "a line of ours that is read as another")
}
