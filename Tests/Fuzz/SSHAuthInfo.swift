// What sshd reports as checked.

/// The input is the text of SSH_AUTH_INFO_0. To reach a key's fields without guessing Base64, an
/// input whose first byte is 1 also counts as a type, a space, and a blob in plain bytes.
func fuzzKeys(_ input: [UInt8]) {
    check(SSHMethods(input), of: input)
    guard input.first == 1, let blank = input.firstIndex(of: UInt8(ascii: " ")) else { return }
    let blob = Array(input[(blank + 1)...])
    let text = padded(blob)
    guard Base64.decode(text.span) == blob else {
        mistake("what was encoded cannot be decoded")
    }
    let line = Array("publickey ".utf8) + input[1...blank]
    let methods = SSHMethods(line + text)
    check(methods, of: line + text)
    // A key has exactly one length.
    if methods.key != nil, read(line, Array(blob.dropLast())) || read(line, blob + [0]) {
        mistake("a key of two lengths")
    }
}

/// The Base64 of a blob, with padding.
private func padded(_ blob: [UInt8]) -> [UInt8] {
    let text = Base64.encode(blob.span)
    let padding = text.count.isMultiple(of: 4) ? 0 : 4 - text.count % 4
    return text + [UInt8](repeating: UInt8(ascii: "="), count: padding)
}

/// Whether a line with this beginning and this blob contains a key.
private func read(_ line: [UInt8], _ blob: [UInt8]) -> Bool {
    SSHMethods(line + padded(blob)).key != nil
}

/// Stops if a key was read from a text that cannot contain one.
private func check(_ methods: SSHMethods, of text: [UInt8]) {
    guard let key = methods.key else { return }
    guard methods.provesUser, key.fingerprint.count == 32, Name(key.kind) != nil,
        SSHKey.text(of: key.fingerprint).utf8.count == 50, SSHMethods(text).key == key,
        text.count <= SSHMethods.maximumLength
    else { mistake("a key that cannot be") }
    // The same login twice names two keys, and so none.
    guard SSHMethods(text + [UInt8(ascii: "\n")] + text).key == nil else {
        mistake("two keys that count as one")
    }
}
