import ArgumentParser
import OTPCore
import OTPStore

/// `otp-enroll remove`: one authenticator less.
struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remove one authenticator, such as a lost phone; the others stay.",
        usage: "otp-enroll remove [<options>] [<user>] <name>",
        discussion: """
            The last one cannot be removed: `otp-enroll disable` ends the second factor.

              otp-enroll remove phone         your authenticator "phone"
              otp-enroll remove alice tablet  alice's "tablet" (as root)
            """)

    @Argument(
        help: ArgumentHelp(
            "The authenticator's name, with a user before it where it is not yourself.",
            valueName: "name"))
    var words: [String]

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        guard (1...2).contains(words.count) else {
            throw ValidationError("It takes an authenticator's name, and a user before it.")
        }
    }

    func run() throws {
        let workplace = try Workplace(global, user: words.count == 2 ? words.first : nil)
        let wanted = words.last ?? ""
        let names = try workplace.lookAtEnrolled { $0.authenticators.map(\.name) }
        let name = try find(wanted, among: names, workplace)
        guard yes || Terminal.agrees("Remove \"\(name.text)\" of \(workplace.userName)?") else {
            throw Failure("\"\(name.text)\" stays")
        }
        let left = try workplace.change(.removed, detail: name.bytes) { record, _ in
            try remove(wanted, from: &record, workplace)
        }
        if global.json {
            try Output.json([
                "user": .text(workplace.userName), "removed": .text(name.text),
                "authenticators": .list(left.map(JSON.text)),
            ])
            return
        }
        let rest = left.map { "\"\($0)\"" }.joined(separator: ", ")
        try Output.line("\"\(name.text)\" was removed; \(rest) stays.")
    }

    /// Removes it, and gives the names that are left.
    private func remove(
        _ wanted: String, from record: inout Record, _ workplace: Workplace
    ) throws -> [String] {
        // Afresh: what was true when we looked may not be any more.
        let name = try find(wanted, among: record.authenticators.map(\.name), workplace)
        do throws(Record.ChangeError) {
            try record.remove(name)
        } catch {
            throw unknown(wanted, workplace)
        }
        return record.authenticators.map(\.name.text)
    }

    private func find(
        _ wanted: String, among names: [Name], _ workplace: Workplace
    ) throws -> Name {
        guard let name = names.first(where: { $0.text == wanted }) else {
            throw unknown(wanted, workplace)
        }
        guard names.count > 1 else {
            throw Failure(
                "\"\(name.text)\" is the last authenticator of \(workplace.userName)",
                hint: "`otp-enroll disable \(workplace.userName)` ends the second factor")
        }
        return name
    }

    private func unknown(_ wanted: String, _ workplace: Workplace) -> Failure {
        Failure(
            "\(workplace.userName) has no authenticator \"\(Output.printable(wanted))\"",
            hint: "`otp-enroll status \(workplace.userName)` lists them")
    }
}
