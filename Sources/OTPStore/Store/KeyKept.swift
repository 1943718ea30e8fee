import Glibc
import OTPCore

/// How the seal key of the default store is kept, if it is sealed: by which keys, and what opens it.
///
/// It is the file `seal.kept` on the disk, of lines such as `KEPT=tpm2`. While that is there, the
/// key is sealed: `seal.key` on the disk counts for nothing, and a key that was not opened is not
/// taken for one that was never made.
public struct KeyKept: Equatable, Sendable {
    /// The keys of systemd that seal ours: words of systemd-creds(1).
    public enum Way: String, CaseIterable, Sendable {
        case tpm2
        case host
        case both = "host+tpm2"

        /// Whether it takes this machine's TPM to open it.
        public var needsTPM: Bool { self != .host }
    }

    public let way: Way
    /// The TPM's registers that have to stay as they are, such as `7` or `7+11`; empty for none.
    public let registers: String
    /// The TPM, if it is not the machine's own.
    public let device: String?

    public init(_ way: Way, registers: String, device: String?) {
        (self.way, self.registers, self.device) = (way, registers, device)
    }

    static let name = Array("seal.kept".utf8)
    private static let maximumLength = 1024

    /// Whether the key is sealed, as the folder on the disk says.
    static func isSealed(in folder: borrowing FileDescriptor) throws(StoreError) -> Bool {
        let path = KeyPlace.disk.path(of: name)
        do throws(StoreError) {
            let file = try SafeOpen.open(name, in: folder, path: path, O_RDONLY | O_NONBLOCK)
            _ = try SafeOpen.check(file, path: path, forbidden: 0o077)
            return true
        } catch {
            guard error.code == .missing else { throw error }
            return false
        }
    }

    /// How the key is kept; `nil` if it is in a file.
    public static func read() throws(StoreError) -> KeyKept? {
        guard let text = try KeyPlace.disk.contents(of: name, limit: maximumLength) else {
            return nil
        }
        guard let kept = KeyKept(decoding: text) else {
            throw StoreError(
                .damaged, KeyPlace.disk.path(of: name),
                "it does not say how the seal key is kept; see `otp-enroll help seal`")
        }
        return kept
    }

    init?(decoding bytes: [UInt8]) {
        var settings: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            guard !line.hasPrefix("#"), let equals = line.firstIndex(of: "=") else { continue }
            settings[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        guard let way = settings["KEPT"].flatMap({ Way(rawValue: $0) }),
            let registers = settings["TPM2_PCRS"], KeyKept.areRegisters(registers)
        else { return nil }
        let device = settings["TPM2_DEVICE"] ?? ""
        guard KeyKept.isDevice(device) else { return nil }
        self.init(way, registers: registers, device: device.isEmpty ? nil : device)
    }

    var encoded: [UInt8] {
        let lines = [
            "# How the seal key is kept, written by `otp-enroll seal`: see otp-enroll(1).",
            "KEPT=\(way.rawValue)", "TPM2_PCRS=\(registers)", "TPM2_DEVICE=\(device ?? "")",
        ]
        return Array(lines.map { $0 + "\n" }.joined().utf8)
    }

    /// Whether this names a TPM as systemd-creds(1) takes it, without anything that a shell or a
    /// line could take for more.
    public static func isDevice(_ text: String) -> Bool {
        let others = Array("/:=,._-".utf8)
        return text.utf8.count <= 256 && !text.hasPrefix("-")
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: others.contains(byte)
                }
            }
    }

    /// Whether these are numbers of registers, 0 to 23, with a plus between two.
    public static func areRegisters(_ text: String) -> Bool {
        text.isEmpty
            || text.split(separator: "+", omittingEmptySubsequences: false).allSatisfy { word in
                UInt8(word).map { $0 < 24 && String($0) == word } ?? false
            }
    }
}
