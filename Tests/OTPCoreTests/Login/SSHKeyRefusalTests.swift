import Testing

@testable import OTPCore

@Suite("SSH keys with unusual fields")
struct SSHKeyRefusalTests {
    @Test("A truncated or overlong blob is read as a key")
    func lengths() throws {
        for row in try SSHRow.keys() {
            let blob = row.blob
            for count in 0..<blob.count {
                #expect(SSHRow(row.type, blob: Array(blob[..<count])).key == nil, "\(row.type)")
            }
            #expect(SSHRow(row.type, blob: blob).key != nil)
            for more in [[0], [0, 0, 0, 0], blob] {
                #expect(SSHRow(row.type, blob: blob + more).key == nil, "\(row.type)")
            }
        }
    }

    @Test("A type that differs from the one in the blob is accepted")
    func types() throws {
        let rows = try SSHRow.all()
        for row in rows {
            for other in Set(rows.map(\.type)) where other != row.type {
                #expect(SSHRow(other, blob: row.blob).key == nil, "\(row.type) as \(other)")
            }
        }
        let blob = rows[0].blob
        for type in [
            "", "ssh-ed2551", "ssh-ed255199", "SSH-ED25519", "ssh-ed25519@openssh.com",
            "@openssh.com", "-cert-v01@openssh.com", "ssh-ed25519-cert-v01",
            "ssh-ed25519-cert-v01@openssh.com@openssh.com", "ssh-ed25519-cert-v02@openssh.com",
            "sk-ssh-ed25519", "rsa-sha2-512", "ssh-ed25519\u{0}",
        ] {
            #expect(SSHRow(type, blob: blob).key == nil, "\(type)")
            // Nor if both agree on a type that does not exist.
            let fields = [ascii(type)] + rows[0].fields.dropFirst()
            #expect(SSHRow(type, fields).key == nil, "\(type)")
        }
    }

    @Test("Lengths beyond the end, up to the largest, are accepted")
    func hugeLengths() throws {
        for row in try SSHRow.keys() {
            let (blob, places) = (row.blob, row.lengthPlaces)
            // At any place, since it must never trap; in a length field it makes the key invalid.
            for place in 0...blob.count - 4 {
                for length in [.max, 0x8000_0000, 0x7fff_ffff, UInt32(blob.count)] {
                    var bytes = blob
                    bytes.replaceSubrange(
                        place..<place + 4,
                        with: (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) })
                    let key = SSHRow(row.type, blob: bytes).key
                    if places.contains(place) { #expect(key == nil, "\(row.type) at \(place)") }
                }
            }
        }
    }

    @Test("A key with one changed bit is read as the same key")
    func bits() throws {
        for row in try SSHRow.keys() where !row.type.contains("cert") {
            let key = try #require(row.key)
            for bit in 0..<row.blob.count * 8 {
                var bytes = row.blob
                bytes[bit / 8] ^= 1 << (bit % 8)
                let other = SSHRow(row.type, blob: bytes).key
                #expect(other?.fingerprint != key.fingerprint)
            }
        }
    }

    @Test("A key whose fields do not match its type is accepted")
    func fields() throws {
        let rows = try SSHRow.all()
        for (type, field, values) in [
            ("ssh-ed25519", 1, [[], bytes(31), bytes(33), bytes(64)]),
            ("ssh-rsa", 1, numbers), ("ssh-rsa", 2, numbers),
            ("ecdsa-sha2-nistp256", 1, curves.filter { $0 != ascii("nistp256") }),
            ("ecdsa-sha2-nistp384", 1, curves.filter { $0 != ascii("nistp384") }),
            ("ecdsa-sha2-nistp521", 1, curves.filter { $0 != ascii("nistp521") }),
            ("sk-ecdsa-sha2-nistp256@openssh.com", 1, curves.filter { $0 != ascii("nistp256") }),
            // Compressed, at infinity, too short, too long, of another form.
            ("ecdsa-sha2-nistp256", 2, points(65)), ("ecdsa-sha2-nistp384", 2, points(97)),
            ("ecdsa-sha2-nistp521", 2, points(133)),
            ("sk-ecdsa-sha2-nistp256@openssh.com", 2, points(65)),
            ("sk-ecdsa-sha2-nistp256@openssh.com", 3, [[]]),
            ("sk-ssh-ed25519@openssh.com", 1, [[], bytes(31), bytes(33)]),
            ("sk-ssh-ed25519@openssh.com", 2, [[]]),
        ] as [(String, Int, [[UInt8]])] {
            let row = try #require(rows.first { $0.type == type })
            #expect(SSHRow(type, row.fields).key?.fingerprint == row.key?.fingerprint)
            for value in values {
                var fields = row.fields
                fields[field] = value
                #expect(SSHRow(type, fields).key == nil, "\(type) \(field) \(value)")
            }
            #expect(SSHRow(type, row.fields.dropLast()).key == nil)
            #expect(SSHRow(type, row.fields + [[]]).key == nil)
        }
    }

    /// None of these is a positive number in its shortest form.
    private let numbers: [[UInt8]] = [[], [0], [0, 0], [0, 1], [0, 0x7f, 1], [0x80], [0xff, 1]]
    private let curves = ["", "nistp256", "nistp384", "nistp521", "nistp25", "nistp2560"].map(ascii)

    private func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 7, count: count) }

    private func points(_ length: Int) -> [[UInt8]] {
        [
            [], [0], [2] + bytes(length / 2), [3] + bytes(length / 2), [4] + bytes(length - 2),
            [4] + bytes(length), [2] + bytes(length - 1), [6] + bytes(length - 1),
        ]
    }
}
