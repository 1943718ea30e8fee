import CLinux
import Glibc
import OTPCore
import OTPStore

/// What the files say about the seal key: how it is kept and how old it is, and what was left
/// unfinished.
struct SealKeyLook {
    /// How the key is kept and since when, for the line about the store; empty if unknown.
    private(set) var about = ""
    private(set) var findings: [Finding] = []

    private static let credential = KeyKeeper.folder + "/seal.key.cred"

    init(ofStoreAt path: String) {
        let key = StoreCheck.key(ofStoreAt: path)
        do throws(StoreError) {
            if StoreCheck.isDefault(path), let kept = try KeyKept.read() {
                look(at: kept, try KeyKeeper().standing())
            } else {
                look(atFile: key)
            }
        } catch {
            findings.append(Finding(error))
        }
    }

    private mutating func look(atFile key: String) {
        if SystemFiles.exists(key + ".next") { findings.append(Self.unfinished(key + ".next")) }
        about = Self.age(of: key).map { ", a seal key made \($0)" } ?? ""
    }

    private mutating func look(at kept: KeyKept, _ standing: KeyKeeper.Standing) {
        let place = KeyKeeper.folder + "/seal.kept"
        about = Self.age(of: Self.credential).map { ", sealed \($0)" } ?? ""
        about = ", a seal key \(KeyKept.words(kept))" + about
        if standing.isRekeying {
            findings.append(Self.unfinished(KeyKeeper.folder + "/seal.key.next.cred"))
        }
        if standing.hasFile {
            findings.append(
                Finding(
                    .problem,
                    "sealing was interrupted: the seal key is in a file as well, and whoever copies"
                        + " the disk has it", in: KeyKeeper.folder + "/seal.key",
                    change: "otp-enroll seal --to \(kept.way == .tpm2 ? "tpm2" : "credential")"))
        }
        if !standing.hasRecovery {
            findings.append(
                Finding(
                    .warning,
                    "there is nothing that the recovery key could open: if the machine no longer"
                        + " opens the seal key, all records are lost",
                    in: KeyKeeper.folder + "/seal.recovery",
                    change: "otp-enroll seal --to \(kept.way == .tpm2 ? "tpm2" : "credential")"))
        }
        if kept.way == .host {
            findings.append(
                Finding(
                    .note,
                    "the host key that seals the seal key is on this machine's disk"
                        + " (/var/lib/systemd/credential.secret): a copy of the whole disk opens"
                        + " the records", in: place))
        }
        if let device = Self.openSwap {
            findings.append(
                Finding(
                    .note,
                    "memory, and the seal key in it, may be written to \(device), which is not"
                        + " encrypted", in: device, change: "swapoff \(device)"))
        }
    }

    private static func unfinished(_ file: String) -> Finding {
        Finding(
            .problem,
            "a rekey was not finished: the old seal key still opens records, and backups"
                + " need both keys", in: file, change: "otp-enroll rekey")
    }

    private static func age(of file: String) -> String? {
        guard let made = SystemFiles.status(file, following: false)?.st_mtim.tv_sec,
            let now = try? SystemClock().now(), made > 0
        else { return nil }
        let days = Int(clamping: now / 86_400) - made / 86_400
        return days > 0 ? Words.count(days, "day") + " ago" : "today"
    }

    /// A place on a disk where memory is written to in clear. What is in memory itself (zram) or on
    /// dm-crypt is none.
    private static var openSwap: String? {
        SystemFiles.lines("/proc/swaps").dropFirst().lazy
            .compactMap { $0.split(separator: " ").first.map(String.init) }
            .first { device in
                let name = (SystemFiles.realPath(device) ?? device).split(separator: "/").last ?? ""
                let id = SystemFiles.lines("/sys/block/\(name)/dm/uuid").first ?? ""
                return !name.hasPrefix("zram") && !id.hasPrefix("CRYPT-")
            }
    }
}
