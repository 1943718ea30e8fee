import ArgumentParser

/// `@Option` is ArgumentParser's here; the commands do not use the core's type of that name.
typealias Option<Value> = ArgumentParser.Option<Value>

/// The options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the options from this file (default: /etc/security/swiftotp.conf).",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Keep records and seal key in this folder (default: /var/lib/swiftotp).",
            valueName: "folder"),
        completion: .directory)
    var store: String?

    @Option(
        help: ArgumentHelp(
            "Talk to the swiftotpd that listens here (default: /run/swiftotp/swiftotpd.sock).",
            valueName: "socket"),
        completion: .file())
    var socket: String?

    @Flag(help: "Act on the record here, although the user belongs to a fleet (as root).")
    var local = false

    @Flag(help: "Print one JSON object, for scripts.")
    var json = false
}

/// The user that a command is about.
struct UserArgument: ParsableArguments {
    @Argument(
        help: "The user; default: yourself. Others need root.", completion: .users)
    var user: String?
}
