import TestSupport

// What is typed.
extension Reading {
    /// Types everything that users and a help desk have, and has the user log in.
    mutating func readAll() async throws {
        let crowd = try Crowd(1, at: [host], isRemote: false)
        try await look()
        try await tryCodes()
        try await trustKey(crowd)
        let codes = try await renewCodes()
        try await changeDevices(codes)
        try await getHelp()
        try await waitInVain(crowd)
        try await endAll(codes, crowd)
    }

    private mutating func look() async throws {
        noteScreen("enrolling", user.shown)
        for words in [
            ["status"], ["status", "--json"], ["trusted"], ["trusted", "--revoke", "laptop"],
            ["contact"], ["contact", "--mail", "ann@example.com"], ["contact", "--sms", "none"],
            ["language"], ["language", "xx"], ["language", "sv"], ["language", "default"],
            ["remove", "tablet"], ["remove", "phone"], ["verify", "root"], ["status", "root"],
            ["status", "nobody-at-all"], ["status", helper.name], ["issue", user.name], ["list"],
        ] {
            try await command(words)
        }
        try await command(["resync"], "abc", "def")
    }

    private mutating func tryCodes() async throws {
        let wrong = try await user.phone.wrongCode()
        for answer in [wrong, wrong, "abc", "", user.backupCodes[0], user.backupCodes[0]] {
            try await command(["verify"], answer)
        }
        // Both within one step of the clock.
        try await user.phone.settle(for: 15)
        let code = try await user.phone.code()
        try await command(["verify"], code)
        try await command(["verify", "--json"], code)
        try await command(["status"])
    }

    private mutating func trustKey(_ crowd: Crowd) async throws {
        let door = try await Door.trusting(at: host)
        let code = try await user.phone.code(steps: 1)
        noteScreen(
            "a key that gets trusted",
            try await door.trustKey(of: user.name, code, as: "laptop"))
        noteScreen(
            "a trusted key", try await door.login(user.name, "", key: door.userKey).shown)
        try await logIn("used code", code, by: crowd)
        try await logIn("wrong code", user.phone.wrongCode(), by: crowd)
        try await logIn("no code", "abc", by: crowd)

        try await command(["trusted"])
        try await command(["status"])
        try await help(["trusted", user.name], helper.phone.wrongCode())
        try await help(["trusted", user.name], helper.backupCodes[0])
        try await command(["trusted", "--revoke", "nothing"])
        try await command(["trusted", "--revoke", "laptop"], user.phone.wrongCode())
        try await command(["trusted", "--revoke", "laptop"], user.backupCodes[1])
        try await logIn("backup code", user.backupCodes[2], by: crowd)
        try await logIn("used backup code", user.backupCodes[2], by: crowd)
    }

    /// New backup codes.
    private mutating func renewCodes() async throws -> [String] {
        try await command(["codes", "--yes"])
        try await command(["codes", "--yes"], Member.wrongBackupCode)
        let done = try await command(["codes", "--yes"], user.backupCodes[3])
        let codes = Member.backupCodes(in: done.output)
        guard codes.count == 10 else { throw Trouble("no new codes: \(done)") }
        return codes
    }

    private mutating func changeDevices(_ codes: [String]) async throws {
        let words = ["add", "--qr", "none", "--name", "tablet"]
        let terminal = try Terminal(host.enroll(words, as: user.account))
        try await terminal.expect(": ")
        try await terminal.type(codes[0])
        try await terminal.expect("Code shown by the app:")
        let tablet = try Member.phone(in: await terminal.transcript)
        try await terminal.type(try await tablet.lastCode())
        guard try await terminal.finish() == 0 else {
            throw Trouble("no tablet: \(await terminal.transcript)")
        }
        noteScreen("a second device", await terminal.transcript)
        try await command(["remove", "tablet", "--yes"], Member.wrongBackupCode)
        try await command(["remove", "tablet", "--yes"], codes[1])
    }

    private mutating func getHelp() async throws {
        let (name, codes) = (user.name, helper.backupCodes)
        try await help(["status", name], codes[1])
        try await help(["issue", name], codes[2])
        try await helpByList(["issue", "--list"], codes[3])
        try await helpByList(["list"], codes[4])
        try await help(["issue", name, "--revoke"], codes[5])
        try await help(["issue", name, "--revoke"], codes[6])
        try await command(["status"])
    }

    /// Five wrong codes, once at logins and once by a command, and the next.
    private mutating func waitInVain(_ crowd: Crowd) async throws {
        for _ in 0..<5 {
            try await logIn("wrong code", Member.wrongBackupCode, by: crowd)
            try await command(["verify"], Member.wrongBackupCode)
        }
        try await logIn("sixth code", user.phone.code(), by: crowd)
        try await command(["verify"], user.phone.code())
        try await command(["status"])
        try await help(["unlock", user.name], helper.backupCodes[7])
        try await command(["status"])
    }

    private mutating func endAll(_ codes: [String], _ crowd: Crowd) async throws {
        try await command(["disable", "--yes"], Member.wrongBackupCode)
        try await command(["disable", "--yes"], codes[2])
        for words in [
            ["status"], ["verify"], ["codes", "--yes"], ["remove", "phone"], ["disable", "--yes"],
            ["trusted"],
        ] {
            try await command(words)
        }
        try await help(["reset", user.name, "--yes"], helper.backupCodes[8])
        try await command(["status"])
        try await logIn("not enrolled", codes[3], by: crowd)
    }
}
