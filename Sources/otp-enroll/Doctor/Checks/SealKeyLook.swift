import CLinux
import Glibc
import OTPStore

/// What the files say about the seal key: how old it is, and whether a rekey was left unfinished.
struct SealKeyLook {
    /// The key's age, for the line about the store; empty if unknown.
    private(set) var about = ""
    private(set) var findings: [Finding] = []

    init(ofStoreAt path: String) {
        let key = StoreCheck.key(ofStoreAt: path)
        if SystemFiles.exists(key + ".next") {
            findings.append(
                Finding(
                    .problem,
                    "a rekey was not finished: the old seal key still opens records, and backups"
                        + " need both keys", in: key + ".next", change: "otp-enroll rekey"))
        }
        guard let made = SystemFiles.status(key, following: false)?.st_mtim.tv_sec,
            let now = try? SystemClock().now(), made > 0
        else { return }
        let days = Int(clamping: now / 86_400) - made / 86_400
        about = ", a seal key made \(days > 0 ? Words.count(days, "day") + " ago" : "today")"
    }
}
