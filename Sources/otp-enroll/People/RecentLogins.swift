import CLinux
import OTPSystem

/// Users who have logged in, as far as the system has recorded it: utmp(5), lastlog(8), and its
/// successor lastlog2(8).
struct RecentLogins {
    private(set) var names: Set<[UInt8]> = []
    private(set) var numbers: Set<UInt32> = []

    /// How many of the latest logins in a file are read.
    private static let most = 20_000
    /// USER_PROCESS of utmp(5): a user's login.
    private static let session: UInt8 = 7

    init() {
        for file in ["/run/utmp", "/var/log/wtmp", "/var/log/wtmp.1"] { addSessions(file) }
        addLastLogins("/var/log/lastlog")
        addFirstWords(of: Tool.ask(["/usr/bin/lastlog2"])?.output ?? "")
    }

    private mutating func addSessions(_ path: String) {
        let size = swiftotp_utmp_size
        guard let bytes = SystemFiles.bytes(path, lastly: RecentLogins.most * size) else { return }
        // A remainder at the beginning is part of a record.
        var records = bytes.dropFirst(bytes.count % size)
        while records.count >= size {
            let record = records.prefix(size)
            records = records.dropFirst(size)
            let type = record.dropFirst(swiftotp_utmp_type).first ?? 0
            guard type == RecentLogins.session else { continue }
            let name = record.dropFirst(swiftotp_utmp_user).prefix(swiftotp_utmp_user_size)
            names.insert(Array(name.prefix { $0 != 0 }))
        }
    }

    /// lastlog has an entry for every UID, most of which were never written.
    private mutating func addLastLogins(_ path: String) {
        let size = swiftotp_lastlog_size
        for piece in SystemFiles.pieces(path, limit: RecentLogins.most * size) {
            // The first record that begins in the piece.
            var place = (piece.offset + size - 1) / size
            var records = piece.bytes.dropFirst(place * size - piece.offset)
            while records.count >= size, let uid = UInt32(exactly: place) {
                if records.prefix(size).contains(where: { $0 != 0 }) { numbers.insert(uid) }
                records = records.dropFirst(size)
                place += 1
            }
        }
    }

    /// A table with names in the first column; words that are nobody's name, as in the header, do
    /// no harm.
    private mutating func addFirstWords(of text: String) {
        for line in text.split(separator: "\n") {
            if let word = line.split(separator: " ").first { names.insert(Array(word.utf8)) }
        }
    }
}
