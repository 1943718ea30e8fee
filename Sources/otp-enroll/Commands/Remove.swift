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
        guard let names = try workplace.look({ $0.authenticators.map(\.name) }) else {
            throw workplace.notEnrolled
        }
        let name = try find(wanted, among: names, workplace).get()
        guard yes || Terminal.agrees("Remove \"\(name.text)\" of \(workplace.userName)?") else {
            throw Failure("\"\(name.text)\" stays")
        }
        let now = try SystemClock().now()
        let left = try workplace.change { remove(wanted, from: &$0, workplace, at: now) }
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
        _ wanted: String, from record: inout Record, _ workplace: Workplace, at now: UInt64
    ) -> Result<[String], Failure> {
        // Afresh: what was true when we looked may not be any more.
        let found = find(wanted, among: record.authenticators.map(\.name), workplace)
        guard case .success(let name) = found else { return found.map { [$0.text] } }
        do throws(Record.ChangeError) {
            try record.remove(name)
        } catch {
            return .failure(unknown(wanted, workplace))
        }
        record.events.append(
            Event(.removed, at: now, detail: name.bytes, origin: Enrollment.origin))
        return .success(record.authenticators.map(\.name.text))
    }

    private func find(
        _ wanted: String, among names: [Name], _ workplace: Workplace
    ) -> Result<Name, Failure> {
        guard let name = names.first(where: { $0.text == wanted }) else {
            return .failure(unknown(wanted, workplace))
        }
        guard names.count > 1 else {
            return .failure(
                Failure(
                    "\"\(name.text)\" is the last authenticator of \(workplace.userName)",
                    hint: "`otp-enroll disable \(workplace.userName)` ends the second factor"))
        }
        return .success(name)
    }

    private func unknown(_ wanted: String, _ workplace: Workplace) -> Failure {
        Failure(
            "\(workplace.userName) has no authenticator \"\(Output.printable(wanted))\"",
            hint: "`otp-enroll status \(workplace.userName)` lists them")
    }
}
