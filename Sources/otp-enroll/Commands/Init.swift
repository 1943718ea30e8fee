import ArgumentParser
import OTPCore
import OTPWire

/// `otp-enroll init`: makes the store, or says that it exists.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", _superCommandName: OTPEnroll.name,
        abstract: "Create the folder of records and its seal key, if there are none (as root).",
        usage: "otp-enroll init [--empty] [<options>]",
        discussion: """
              otp-enroll init                 make the store, or say what is wrong
              otp-enroll init --empty         the records are lost: start with none

            The package does this. The store has a marker that proves that folder and seal key belong \
            together. While the marker is missing, logins that find no record are refused, because it \
            may be the wrong folder: a disk is not mounted, or the folder was recreated.

            Restore copies of the whole folder and of the key together: the marker comes with them, and \
            nothing else is needed. Codes used after they were made would be accepted again, which \
            `otp-enroll restore` prevents; `otp-enroll list` shows whose records are there.

            If there are records without a marker, this makes a new one. If the key is there but its \
            records are lost for good, --empty starts again, with nobody enrolled.
            """)

    @Flag(help: "Start empty: the key is here, but its records are lost.")
    var empty = false

    @OptionGroup var global: GlobalOptions

    func run() throws {
        let context = try Context(global, user: nil)
        switch try context.ask(.makeStore(startsEmpty: empty)) {
        case .store(let store): try tell(of: store)
        case let other: throw context.failure(other)
        }
    }

    private func tell(of store: StoreDocument) throws {
        if global.json {
            try Output.json([
                "store": .text(store.path), "key": .text(store.keyPath),
                "made": .text(store.made), "records": .number(Int64(store.records)),
            ])
            return
        }
        let path = Output.printable(store.path)
        let records = Words.count(store.records, "record")
        switch store.made {
        case "new":
            try Output.line("\(path) is ready; nobody is enrolled yet.")
            try Output.line("Its seal key is \(Output.printable(store.keyPath)).")
            try Output.line("Back up both: neither is of use without the other.")
        case "marked": try Output.line("\(path) has its marker again, and \(records).")
        default: try Output.line("\(path) is there, with \(records).")
        }
    }
}
