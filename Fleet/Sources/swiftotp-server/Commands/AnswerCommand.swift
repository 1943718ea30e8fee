import ArgumentParser
import FleetNetwork
import FleetStore
import OTPCore
import OTPWire

/// `swiftotp-server answer`
struct AnswerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer",
        abstract: "Print the answer that lets a user in at a host that reaches no server.",
        discussion: """
            The host asks `Offline. Answer 3 of web17:`, if its swiftotp.conf has `offline = answer`. \
            Be sure whom you read it to: it lets that user in, once, at that host alone. A sheet with \
            the next ones is for somebody who will be there when nobody can be called.

            The answers of a host change when it joins again, and some minutes after a `rotate-key`.
            """)

    @OptionGroup var folder: FolderOption
    @Argument(help: "The host's name.")
    var host: String
    @Argument(help: "The user's name.")
    var user: String
    @Argument(help: "The number that the host asks for.")
    var number: UInt64
    @Option(help: "Print so many answers, from that number on: 1 to 100.")
    var sheet = 1

    func run() throws {
        guard (1...100).contains(sheet), (1...1_000_000_000).contains(number) else {
            throw FleetProblem("a number is 1 to 1000000000, and a sheet has 1 to 100 answers")
        }
        let folder = try folder.open()
        let database = try folder.database()
        guard let row = try database.host(named: host) else {
            throw FleetProblem("there is no host \"\(host)\"")
        }
        var act = try folder.act()
        act.host = host
        let name = UserName(realm: row.realm, name: user)
        guard row.revoked == nil else {
            try note("answer \(number): revoked", granted: false, of: name, by: act, in: database)
            throw FleetProblem("\(host) was revoked")
        }
        let highest = try database.offlineHistory(of: user, at: row, detail: "").highest
        guard number > highest else {
            let why = "answer \(number) after answer \(highest)"
            try note(why, granted: false, of: name, by: act, in: database)
            throw FleetProblem(
                "\(host) has told that answer \(highest) of \(user) is used already: whoever asks "
                    + "for \(number) is not at that host, or its ledger went back")
        }
        let last = number + UInt64(sheet - 1)
        let keys = try database.offlineKeys(of: row)
        // Before anybody sees it.
        let what = sheet == 1 ? "answer \(number)" : "answers \(number) to \(last)"
        try note(what, granted: true, of: name, by: act, in: database)
        for next in number...last {
            // While a new master key is brought in, a host may still have the key of the old one.
            let texts = keys.map {
                OfflineAnswer.text(of: Array(user.utf8), number: next, key: $0)
            }
            let text = texts.joined(separator: ", or if that is refused ")
            print(sheet == 1 ? text : "\(next)  \(text)")
        }
    }

    private func note(
        _ detail: String, granted: Bool, of user: UserName, by act: AdminAct, in database: Database
    ) throws(StoreError) {
        _ = try database.note(
            AuditEntry(kind: "offline-given", granted: granted, detail: detail), of: user, by: act)
    }
}
