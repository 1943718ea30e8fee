import OTPCore

/// The export of Google Authenticator: QR codes with one `otpauth-migration` URI each, here one per
/// line. Its `data` is a protocol buffer in Base64 with several entries.
public enum MigrationURIList {
    /// Reads the entries.
    public static func read(_ bytes: Span<UInt8>) -> ImportResult {
        if let complaint = ImportLimits.complaint(about: bytes, limit: ImportLimits.fileSize) {
            return ImportResult(complaint)
        }
        var result = ImportResult()
        var batches = Batches()
        let text = bytes.extracting(Text.start(of: bytes)..<bytes.count)
        result.eachLine(of: text) { result, _, line throws(Refusal) in
            var data = try payload(of: text.extracting(line))
            defer { Secret.wipe(&data) }
            return try readPayload(data.span, &batches, into: &result)
        }
        if let missing = batches.missing { result.report(.file, missing) }
        return result
    }

    /// Which QR codes of an export have been seen.
    private struct Batches {
        private var seen: [UInt64: Set<UInt64>] = [:]
        private var sizes: [UInt64: UInt64] = [:]

        mutating func note(_ index: UInt64, of size: UInt64, in export: UInt64) {
            // A screen shows at most ten entries; nobody has a thousand such codes.
            guard size <= 1000, seen.count < 1000 || seen[export] != nil else { return }
            seen[export, default: []].insert(index)
            sizes[export] = size
        }

        /// What is wrong if some are missing.
        var missing: String? {
            for (export, size) in sizes {
                let count = UInt64(seen[export]?.count { $0 < size } ?? 0)
                if count < size {
                    return "only \(count) of \(size) QR codes of the export are here"
                }
            }
            return nil
        }
    }

    /// The contents of `data`. The caller wipes them.
    private static func payload(of uri: Span<UInt8>) throws(Refusal) -> [UInt8] {
        guard Text.begins(uri, "otpauth-migration://offline?") else {
            throw Refusal(
                "not an otpauth-migration URI (the line is not shown: it may contain keys)")
        }
        let start = "otpauth-migration://offline?".utf8.count
        for pair in Text.parts(
            start..<uri.count, of: uri, at: UInt8(ascii: "&"), limit: uri.count)
        {
            guard Text.begins(uri.extracting(pair), "data=") else { continue }
            let value = uri.extracting(pair.lowerBound + 5..<pair.upperBound)
            var text = try PercentEncoding.decode(value)
            defer { Secret.wipe(&text) }
            guard let data = Base64.decode(text.span) else {
                throw Refusal("the data is not written in Base64")
            }
            return data
        }
        throw Refusal("the URI has no data")
    }

    /// Reads the contents of one QR code; whether there was room.
    private static func readPayload(
        _ data: Span<UInt8>, _ batches: inout Batches, into result: inout ImportResult
    ) throws(Refusal) -> Bool {
        var (size, index, export) = (UInt64(1), UInt64(0), UInt64(0))
        var entries: [Range<Int>] = []
        var reader = ProtobufReader(0..<data.count)
        while let (field, value) = try reader.next(in: data) {
            switch (field, value) {
            case (1, .bytes(let range)): entries.append(range)
            case (3, .number(let number)): size = number
            case (4, .number(let number)): index = number
            case (5, .number(let number)): export = number
            default: break
            }
        }
        batches.note(index, of: size, in: export)
        for range in entries {
            let entry = try MigrationEntry(range, of: data)
            let label = entry.label(in: data)
            guard
                result.addEntry(
                    label, { place throws(Refusal) in try entry.token(at: place, data) })
            else { return false }
        }
        return true
    }
}

/// One entry of an export, by the positions of its parts.
private struct MigrationEntry {
    private var secret = 0..<0
    private var name = 0..<0
    private var issuer = 0..<0
    private var algorithm: UInt64 = 0
    private var digits: UInt64 = 0
    private var type: UInt64 = 0
    private var counter: UInt64 = 0

    init(_ range: Range<Int>, of data: Span<UInt8>) throws(Refusal) {
        var reader = ProtobufReader(range)
        while let (field, value) = try reader.next(in: data) {
            switch (field, value) {
            case (1, .bytes(let range)): secret = range
            case (2, .bytes(let range)): name = range
            case (3, .bytes(let range)): issuer = range
            case (4, .number(let number)): algorithm = number
            case (5, .number(let number)): digits = number
            case (6, .number(let number)): type = number
            case (7, .number(let number)): counter = number
            default: break
            }
        }
    }

    /// The name is an account, or an issuer, a colon and an account.
    func label(in data: Span<UInt8>) -> EntryLabel {
        let name = data.extracting(name).array
        let issuer = data.extracting(issuer).array
        guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else {
            return EntryLabel(issuer: issuer, account: name)
        }
        let account = name[(colon + 1)...].drop { $0 == UInt8(ascii: " ") }
        return EntryLabel(
            issuer: issuer.isEmpty ? Array(name[..<colon]) : issuer, account: Array(account))
    }

    func token(at place: ImportPlace, _ data: Span<UInt8>) throws(Refusal) -> ImportedToken {
        var settings = TokenSettings()
        switch type {
        case 1: settings.kind = .hotp
        case 0, 2: settings.kind = .totp
        default: throw Refusal("the type is not supported: \(type)")
        }
        switch algorithm {
        case 0, 1: settings.algorithm = .sha1
        case 2: settings.algorithm = .sha256
        case 3: settings.algorithm = .sha512
        default: throw Refusal("the hash function is not supported: \(algorithm)")
        }
        switch digits {
        case 0, 1: settings.digits = 6
        case 2: settings.digits = 8
        default: throw Refusal("the number of digits is not supported: \(digits)")
        }
        settings.counter = settings.kind == .hotp ? counter : 0
        for field in [name, issuer] where !Text.isUTF8(data.extracting(field)) {
            throw Refusal("the name is not written in UTF-8")
        }
        return try settings.token(at: place, key: KeyBox(Secret(copying: data.extracting(secret))))
    }
}
