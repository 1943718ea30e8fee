import Testing

@testable import OTPCore

/// What counts in a PAM line that root did not write.
@Suite("Options of a program that is not root's")
struct ClaimTests {
    /// Every option, how it is treated there, and a value that is not the default.
    static let rows: [(option: OptionKey, claim: OptionKey.Claim, value: String)] = [
        (.configurationFile, .denied, "/etc/other.conf"), (.store, .denied, "/srv/otp"),
        (.nullok, .believed, "yes"), (.language, .believed, "sv"), (.prompt, .believed, "Token? "),
        (.echo, .believed, "no"),
        (.retry, .believed, "3"), (.window, .passedOver, "10"),
        (.closedFor, .passedOver, "24h"),
        (.exemptGroup, .believed, "staff"), (.exemptNetworks, .passedOver, "10.0.0.0/8"),
        (.userMayDisable, .passedOver, "no"),
        (.temporaryHours, .passedOver, "1"), (.afterTemporary, .passedOver, "enroll"),
        (.notify, .passedOver, "mail"), (.mail, .passedOver, "%u@example.org"),
        (.firstEnrollment, .passedOver, "root"), (.helpdeskGroup, .passedOver, "support"),
        (.helpdeskProtected, .passedOver, "board"), (.helpdeskDaily, .passedOver, "20"),
        (.mayVerify, .passedOver, "postgres"), (.deliver, .passedOver, "mail sms"),
        (.deliverFor, .passedOver, "travelers"), (.deliverHourly, .passedOver, "20"),
        (.fleet, .passedOver, "yes"), (.fleetUsers, .passedOver, "5000-"),
        (.localUsers, .passedOver, "admin"), (.offline, .passedOver, "answer"),
        (.offlineHours, .passedOver, "24"), (.offlineLogins, .passedOver, "5"),
        (.enroll, .believed, "require"),
        (.enrollUntil, .believed, "2027-01-15"), (.enrollGrace, .believed, "3"),
        (.issuer, .passedOver, "Example Corp"), (.qrServices, .believed, "sshd"),
        (.afterFirstFactor, .believed, "yes"), (.trust, .passedOver, "key"),
        (.trustDays, .passedOver, "90"), (.trustMaximum, .passedOver, "1"),
        (.tryFirstPass, .believed, "yes"), (.useFirstPass, .believed, "yes"),
        (.forwardPass, .believed, "yes"), (.socket, .passedOver, "/run/other.sock"),
        (.program, .passedOver, "/opt/swiftotpd"), (.debug, .passedOver, "yes"),
    ]

    /// What `arguments` change in the defaults: each property as text, or the error.
    private func read(_ arguments: [String], isBelieved: Bool) -> Result<String, StoreError> {
        var parser = OptionParser(isBelieved: isBelieved)
        do throws(StoreError) {
            for argument in arguments { try parser.argument(ascii(argument)) }
            return .success("\(parser.options)")
        } catch {
            return .failure(error)
        }
    }

    @Test("An option is missing from the table, is in it twice, or has another claim")
    func table() {
        #expect(Self.rows.map(\.option) == OptionKey.all)
        for (option, claim, _) in Self.rows { #expect(option.claim == claim, "\(option.name)") }
    }

    @Test("An option of root's programs has no effect", arguments: OptionKey.all)
    func believed(_ option: OptionKey) throws {
        let row = try #require(Self.rows.first { $0.option == option })
        let argument = "\(option.name)=\(row.value)"
        let read = try read([argument], isBelieved: true).get()
        #expect(read != "\(Options())", "\(argument) has no effect")
    }

    @Test(
        "An option of other programs counts, is ignored or denies, differently from the table",
        arguments: OptionKey.all)
    func ofOthers(_ option: OptionKey) throws {
        let row = try #require(Self.rows.first { $0.option == option })
        let argument = "\(option.name)=\(row.value)"
        switch (row.claim, read([argument], isBelieved: false)) {
        case (.believed, let result):
            #expect(try result.get() == (try read([argument], isBelieved: true).get()))
        case (.passedOver, let result): #expect(try result.get() == "\(Options())")
        case (.denied, .failure(let error)):
            #expect(error.code == .configuration)
            #expect(
                text(error.text)
                    == "argument \(argument): only root's programs may name another place")
        case (.denied, .success): Issue.record("\(argument) was accepted")
        }
    }

    @Test("An invalid or repeated option of other programs is accepted", arguments: OptionKey.all)
    func wrong(_ option: OptionKey) throws {
        let row = try #require(Self.rows.first { $0.option == option })
        guard row.claim != .denied else { return }
        let argument = "\(option.name)=\(row.value)"
        var bad = ["\(option.name)=", "\(option.name)s=\(row.value)"]
        if case .text(let maximum, _) = option.kind {
            bad.append("\(option.name)=%u" + String(repeating: "a", count: maximum))
        } else {
            bad.append("\(option.name)=\u{1}")
        }
        for word in bad {
            #expect(throws: StoreError(.configuration, [], ""), "\(word)") {
                try read([word], isBelieved: false).get()
            }
        }
        guard case .failure(let error) = read([argument, argument], isBelieved: false) else {
            Issue.record("\(argument) was accepted twice")
            return
        }
        #expect(error.detail == "`\(option.name)` is given twice")
    }

    @Test("An ignored option changes the service's own configuration")
    func underneath() throws {
        var settings = OptionParser()
        try settings.file(
            ascii("window = 5\ntrust = key\nretry = 2\nnullok = yes\n"), path: ascii("/x"))
        var line = OptionParser(settings.options, isBelieved: false)
        for argument in ["window=10", "trust=off", "retry=3", "nullok=no"] {
            try line.argument(ascii(argument))
        }
        #expect(line.options.window == 5 && line.options.trustsKeys)
        #expect(line.options.retry == 3 && !line.options.nullok)
    }
}
