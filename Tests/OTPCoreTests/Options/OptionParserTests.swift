import Testing

@testable import OTPCore

@Suite("Options")
struct OptionParserTests {
    /// The options in `arguments`, or the text of the error.
    private func arguments(_ arguments: String...) -> Result<Options, StoreError> {
        read { (parser) throws(StoreError) in
            for argument in arguments { try parser.argument(ascii(argument)) }
        }
    }

    private func file(_ contents: String) -> Result<Options, StoreError> {
        read { (parser) throws(StoreError) in
            try parser.file(ascii(contents), path: ascii("/etc/x.conf"))
        }
    }

    private func read(
        _ body: (inout OptionParser) throws(StoreError) -> Void
    ) -> Result<Options, StoreError> {
        var parser = OptionParser()
        do throws(StoreError) {
            try body(&parser)
            return .success(parser.options)
        } catch {
            return .failure(error)
        }
    }

    private func expectDefaults(_ options: Options) {
        #expect(options.configurationFile == nil && options.store == nil)
        #expect(!options.nullok && options.echo == nil && !options.debug)
        #expect(options.retry == 1 && options.window == 1 && options.exemptGroup == nil)
        #expect(options.prompt == nil && options.echoes(atSSHD: true))
        #expect(!options.echoes(atSSHD: false))
        #expect(text(options.question(\.english)) == "Verification code: ")
        #expect(options.userMayDisable && options.temporaryHours == 72)
        #expect(!options.enrollsAfterTemporary && !options.notifiesByMail)
        #expect(options.mail == nil && options.firstEnrollment == .open)
        #expect(options.socket == nil && options.program == nil)
        #expect(options.enroll == .off && options.enrollUntil == nil && options.enrollGrace == 0)
        #expect(options.issuer == nil)
        #expect(!options.followsFirstFactor && !options.trustsKeys)
        #expect(options.trustDays == 30 && options.trustMaximum == 8)
        #expect(!options.triesFirstPass && !options.usesFirstPass && !options.forwardsPass)
    }

    @Test("Without options, something other than the defaults applies")
    func defaults() throws {
        expectDefaults(try arguments().get())
        for contents in ["", "\n", "# a comment\n\n   \n\t# another = one\r\n", "\r\n\r\n"] {
            expectDefaults(try file(contents).get())
        }
    }

    @Test("An option as an argument is read wrong")
    func everyArgument() throws {
        let options = try arguments(
            "conf=/etc/other.conf", "store=/srv/otp", "nullok", "prompt=Your code, please: ",
            "echo=no", "retry=3", "window=10", "exempt_group=staff", "user_may_disable=no",
            "temporary_hours=24", "after_temporary=enroll", "notify=mail", "mail=%u@example.org",
            "first_enrollment=at_login", "socket=/run/other.sock", "program=/opt/swiftotpd", "debug"
        ).get()
        #expect(options.configurationFile.map(text) == "/etc/other.conf")
        #expect(options.store.map(text) == "/srv/otp")
        #expect(options.prompt.map(text) == "Your code, please: ")
        #expect(options.nullok && options.echo == false && options.debug)
        #expect(options.retry == 3 && options.window == 10)
        #expect(options.exemptGroup.map(text) == "staff")
        #expect(!options.userMayDisable && options.temporaryHours == 24)
        #expect(options.enrollsAfterTemporary && options.notifiesByMail)
        #expect(options.mail == ascii("%u@example.org"))
        #expect(options.firstEnrollment == .atLogin)
        #expect(options.socket.map(text) == "/run/other.sock")
        #expect(options.program.map(text) == "/opt/swiftotpd")
    }

    @Test("An option in the file, with blanks, comments and quotes, is read wrong")
    func everyLine() throws {
        let options = try file(
            """
            # swiftotp.conf
            store = /srv/otp
            nullok=yes
            \tprompt\t=\t"Your code: "\t
              echo   =   no\r
            retry = 2

            window = 0
            exempt_group = domain users
            user_may_disable = no
            temporary_hours = 1
            after_temporary = "enroll"
            notify = mail
            mail = "%u@example.org"
            first_enrollment = root
            debug = no
            """
        ).get()
        #expect(options.store.map(text) == "/srv/otp")
        #expect(options.prompt.map(text) == "Your code: ")
        #expect(options.nullok && options.echo == false && !options.debug)
        #expect(options.retry == 2 && options.window == 0)
        #expect(options.exemptGroup.map(text) == "domain users")
        #expect(!options.userMayDisable && options.temporaryHours == 1)
        #expect(options.enrollsAfterTemporary && options.notifiesByMail)
        #expect(options.mail == ascii("%u@example.org"))
        #expect(options.firstEnrollment == .root)
    }

    @Test("A flag as an argument (alone, yes or no) is read wrong")
    func flags() throws {
        for (name, value) in [
            ("nullok", \Options.nullok), ("user_may_disable", \.userMayDisable),
            ("debug", \.debug),
        ] {
            #expect(try arguments(name).get()[keyPath: value])
            #expect(try arguments(name + "=yes").get()[keyPath: value])
            #expect(try !arguments(name + "=no").get()[keyPath: value])
        }
        for (argument, value) in [("echo", true), ("echo=yes", true), ("echo=no", false)] {
            #expect(try arguments(argument).get().echo == value)
        }
    }

    @Test(
        "Arguments that are not exactly an option are accepted",
        arguments: [
            "", "=", "=yes", "nulok", "NULLOK", "Nullok", "nullok ", " nullok", "nullok=",
            "nullok=1", "nullok=true", "nullok=YES", "nullok=\"yes\"", "echo=off", "debug=2",
            "retry", "retry=", "retry=0", "retry=4", "retry=+1", "retry=-1", "retry= 1", "retry=1 ",
            "retry=1.0", "retry=0x1", "retry=257", "retry=1000", "retry=１",
            "window=11", "window=-1", "window=256", "window=99999999999999999999",
            "store", "store=", "store=relative", "store=./x", "store=~/x", "store= /x",
            "store=/x\u{0}y", "store=/x\ny", "socket=run", "program=", "helper=/run/x", "conf=",
            "conf=swiftotp.conf",
            "prompt", "prompt=", "prompt=Password: ", "prompt=alice's PASSWORD:", "prompt=Code\n",
            "prompt=C\u{f4}de", "prompt=\u{1b}[31m",
            "exempt_group", "exempt_group=", "exempt_group=a\u{0}b", "exemptgroup=x",
            "user_may_disable=maybe", "temporary_hours", "temporary_hours=0", "temporary_hours=73",
            "temporary_hours=24h", "after_temporary", "after_temporary=", "after_temporary=yes",
            "after_temporary=Enroll", "after_temporary=enroll ", "after_temporary=tell or enroll",
            "notify", "notify=", "notify=no", "notify=mails", "mail", "mail=", "mail=a\nb",
            "mail=alice", "mail=%", "mail=%%u", "mail=%u%u", "mail=%x@y",
            "--debug", "-d", "secret=/etc/x", "use_first_password", "#debug", "debug #x",
        ])
    func badArguments(_ argument: String) {
        guard case .failure(let error) = arguments(argument) else {
            Issue.record("\(argument.debugDescription) was accepted")
            return
        }
        #expect(error.code == .configuration)
        let subject = "argument " + text(LogLine.sanitized(ascii(argument)))
        #expect(text(error.subject) == subject)
        #expect(error.text.allSatisfy { (0x20...0x7e).contains($0) })
    }

    @Test(
        "Lines that are not exactly an option are accepted, or the error lacks file and line",
        arguments: [
            "nullok", "debug", "= yes", "nulok = yes", "Nullok = yes", "nullok = ", "nullok = 1",
            "nullok == yes", "nullok: yes", "nullok yes", "nullok = yes # why not",
            "retry = 0", "retry = 4", "retry = \"\"", "retry = one", "retry = 1, 2", "retry = 1 2",
            "window = 11", "window = -1", "window = 1\u{0}", "store = var/lib", "store =",
            "store = \"var\"", "prompt =", "prompt = \"Password: \"", "prompt = \"\"",
            "prompt = C\u{f4}de",
            "conf = /etc/x.conf", "exempt_group =", "[section]", "include /etc/y",
            "export debug=yes",
            "\u{feff}debug = yes", "debug = yes\u{0}", "debug\u{a0}= yes", "; debug = yes",
        ])
    func badLines(_ line: String) {
        for (before, number) in [("", 1), ("# a comment\n\nretry2 \n", 3), ("#\r\n\n\n", 4)] {
            guard case .failure(let error) = file(before + line + "\n# more\n") else {
                Issue.record("\(line.debugDescription) was accepted")
                return
            }
            #expect(error.code == .configuration)
            #expect(text(error.subject) == "/etc/x.conf line \(number)")
            #expect(text(error.text).hasPrefix("/etc/x.conf line \(number): "))
        }
    }

    @Test("A repeated option is accepted, in the arguments or in the file")
    func twice() {
        for (first, second) in [
            ("debug=yes", "debug=yes"), ("debug=yes", "debug=no"), ("retry=1", "retry=2"),
            ("store=/a", "store=/a"), ("prompt=a", "prompt=b"),
        ] {
            guard case .failure(let error) = arguments(first, second),
                case .failure(let inFile) = file(first + "\n\n" + second)
            else {
                Issue.record("\(first), \(second) was accepted")
                return
            }
            let name = first.split(separator: "=")[0]
            #expect(error.detail == "`\(name)` is given twice")
            #expect(text(inFile.text) == "/etc/x.conf line 3: `\(name)` is given twice")
        }
    }

    @Test("An option's error does not say what it accepts")
    func words() {
        for (argument, detail) in [
            ("window=11", "`window` takes a number from 0 to 10"),
            ("retry=0", "`retry` takes a number from 1 to 3"),
            ("echo=off", "`echo` takes yes or no"),
            ("store=x", "`store` takes a path that begins with `/`"),
            ("prompt=", "`prompt` takes 1 to 128 characters of plain ASCII"),
            ("nulok", "there is no such option"),
        ] {
            guard case .failure(let error) = arguments(argument) else {
                Issue.record("\(argument) was accepted")
                return
            }
            #expect(error.detail == detail)
        }
    }
}
