import CPAM

/// The name of a PAM return code.
func resultName(_ code: CInt) -> String {
    guard let index = Int(exactly: code), resultNames.indices.contains(index) else {
        return "unknown"
    }
    return resultNames[index]
}

/// In the order of the numbers in `_pam_types.h`.
private let resultNames = [
    "PAM_SUCCESS", "PAM_OPEN_ERR", "PAM_SYMBOL_ERR", "PAM_SERVICE_ERR", "PAM_SYSTEM_ERR",
    "PAM_BUF_ERR", "PAM_PERM_DENIED", "PAM_AUTH_ERR", "PAM_CRED_INSUFFICIENT",
    "PAM_AUTHINFO_UNAVAIL", "PAM_USER_UNKNOWN", "PAM_MAXTRIES", "PAM_NEW_AUTHTOK_REQD",
    "PAM_ACCT_EXPIRED", "PAM_SESSION_ERR", "PAM_CRED_UNAVAIL", "PAM_CRED_EXPIRED", "PAM_CRED_ERR",
    "PAM_NO_MODULE_DATA", "PAM_CONV_ERR", "PAM_AUTHTOK_ERR", "PAM_AUTHTOK_RECOVERY_ERR",
    "PAM_AUTHTOK_LOCK_BUSY", "PAM_AUTHTOK_DISABLE_AGING", "PAM_TRY_AGAIN", "PAM_IGNORE",
    "PAM_ABORT", "PAM_AUTHTOK_EXPIRED", "PAM_MODULE_UNKNOWN", "PAM_BAD_ITEM", "PAM_CONV_AGAIN",
    "PAM_INCOMPLETE",
]

/// The results of many logins, as one line.
struct Tally {
    private var codes: [CInt] = []
    private var times: [Int] = []

    mutating func add(_ code: CInt, _ nanoseconds: Int) {
        codes.append(code)
        times.append(nanoseconds)
    }

    var line: [UInt8] {
        let sorted = times.sorted()
        var result = JSONLine()
        result.add("op", "rounds")
        result.add("rounds", codes.count)
        result.add("granted", codes.filter { $0 == PAM_SUCCESS }.count)
        result.add("min_ns", sorted[0])
        result.add("median_ns", sorted[sorted.count / 2])
        result.add("max_ns", sorted[sorted.count - 1])
        result.add("codes", list: counted())
        return result.line
    }

    /// How often each code occurred.
    private func counted() -> [[UInt8]] {
        resultNames.indices.compactMap { index in
            let count = codes.filter { Int($0) == index }.count
            guard count > 0 else { return nil }
            var entry = JSONLine()
            entry.add("code", index)
            entry.add("name", resultNames[index])
            entry.add("count", count)
            return entry.object
        }
    }
}
