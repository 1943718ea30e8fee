// What sshd says it has checked.

/// The input is the text of SSH_AUTH_INFO_0. To reach the fields of a key without guessing its
/// Base64, an input whose first byte is 1 is a type, a blank, and a blob in plain bytes as well.
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
    // A key is as long as it is.
    if methods.key != nil, read(line, Array(blob.dropLast())) || read(line, blob + [0]) {
        mistake("a key of two lengths")
    }
}

/// The text of a blob, with padding.
private func padded(_ blob: [UInt8]) -> [UInt8] {
    let text = Base64.encode(blob.span)
    let padding = text.count.isMultiple(of: 4) ? 0 : 4 - text.count % 4
    return text + [UInt8](repeating: UInt8(ascii: "="), count: padding)
}

/// Whether a line that begins so and ends in this blob has a key.
private func read(_ line: [UInt8], _ blob: [UInt8]) -> Bool {
    SSHMethods(line + padded(blob)).key != nil
}

/// Stops where a key came out of a text that cannot have one.
private func check(_ methods: SSHMethods, of text: [UInt8]) {
    guard let key = methods.key else { return }
    guard methods.provesUser, key.fingerprint.count == 32, Name(key.kind) != nil,
        SSHKey.text(of: key.fingerprint).utf8.count == 50, SSHMethods(text).key == key,
        text.count <= SSHMethods.maximumLength
    else { mistake("a key that cannot be") }
    // The same login again is one of two keys, and so neither.
    guard SSHMethods(text + [UInt8(ascii: "\n")] + text).key == nil else {
        mistake("two keys that count as one")
    }
}
