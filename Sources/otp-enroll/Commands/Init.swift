import ArgumentParser
import OTPWire

/// `otp-enroll init`: makes the store, or says that it is there.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", _superCommandName: OTPEnroll.name,
        abstract: "Make the folder of records and its seal key, where there are none (as root).",
        usage: "otp-enroll init [--empty] [<options>]",
        discussion: """
            The package does this. The store has a marker that is sealed with the seal key. Where \
            the marker is missing, logins that find no record are refused, because it may be the \
            wrong folder: a disk is not mounted, or the folder was made anew.

            Bring back the whole folder and the key together, from one backup: the marker comes \
            with them, and nothing is left to do. Codes that were used after the backup was made \
            would count again; `otp-enroll list` shows whose records are there.

            Where records are there without the marker, this makes a new marker. Where the key is \
            there and its records are lost for good, --empty begins anew, and nobody is enrolled.

              otp-enroll init                 make the store, or find out what is wrong with it
              otp-enroll init --empty         the records are lost: begin with none
            """)

    @Flag(help: "Begin with no records where the key's store is not here.")
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
            try Output.line("\(path) is ready, and nobody is enrolled yet.")
            try Output.line("Its seal key is \(Output.printable(store.keyPath)).")
            try Output.line("Back up both together: neither is of use without the other.")
        case "marked": try Output.line("\(path) has its marker again, and \(records).")
        default: try Output.line("\(path) is there, with \(records).")
        }
    }
}
