import Crypto
import Foundation
import OTPCore

/// Users with keys of their own, and which of their codes were used. No code is sent twice.
struct Users {
    let seed: String
    /// The first step whose code a user has not used.
    private var next: [UInt64]
    /// Where to look for the next user.
    private var cursor = 0

    /// What somebody types.
    struct Try {
        let user: Int
        let code: String
    }

    init(seed: String, count: Int) {
        self.seed = seed
        next = [UInt64](repeating: 0, count: count)
    }

    var count: Int { next.count }

    static func name(_ number: Int) -> String { "bench\(number)" }
    static func uid(_ number: Int) -> UInt32 { UInt32(100_000 + number) }

    /// The key of a user's phone.
    static func key(_ number: Int, seed: String) -> [UInt8] {
        let mac = HMAC<SHA256>.authenticationCode(
            for: Data("\(number)".utf8), using: SymmetricKey(data: Data(seed.utf8)))
        return Array(mac.prefix(20))
    }

    /// A code that is good and that nobody has used, of one of the `among` users from `first` on;
    /// `nil` if none of them has one now.
    mutating func right(first: Int, among: Int) -> Try? {
        let now = Date().timeIntervalSince1970
        let step = UInt64(now / 30)
        // A code of the step before must not become older on its way.
        let lowest = now - Double(step) * 30 < 20 ? step - 1 : step
        for _ in 0..<among {
            let user = following(first, among)
            let unused = max(next[user], lowest)
            guard unused <= step + 1 else { continue }
            next[user] = unused + 1
            return Try(user: user, code: code(of: user, at: unused))
        }
        return nil
    }

    /// A code that is none of a user's.
    mutating func wrong(first: Int, among: Int) -> Try {
        let user = following(first, among)
        let step = UInt64(Date().timeIntervalSince1970 / 30)
        let near = Set((step - 100...step + 100).map { code(of: user, at: $0) })
        let others = ["000000", "111111"]
        return Try(user: user, code: others.first { !near.contains($0) } ?? "222222")
    }

    /// All over the table, not in the order in which users were made.
    private mutating func following(_ first: Int, _ among: Int) -> Int {
        cursor = (cursor + 7_368_787) % among
        return first + cursor
    }

    private func code(of user: Int, at step: UInt64) -> String {
        let key = Users.key(user, seed: seed)
        return HOTP.text(
            HOTP.code(key: key.span, factor: step, algorithm: .sha1, digits: 6), digits: 6)
    }
}
