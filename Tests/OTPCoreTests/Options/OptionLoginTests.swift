import Testing

@testable import OTPCore

/// The options for enrolling at a login, for trusted keys, and for password and code in one field.
@Suite("Options of a login")
struct OptionLoginTests {
    /// The options in `arguments`.
    private func options(_ arguments: String...) throws(StoreError) -> Options {
        var parser = OptionParser()
        for argument in arguments { try parser.argument(ascii(argument)) }
        return parser.options
    }

    private func error(_ arguments: String...) -> StoreError? {
        var parser = OptionParser()
        do throws(StoreError) {
            for argument in arguments { try parser.argument(ascii(argument)) }
            return nil
        } catch {
            return error
        }
    }

    private func options(file: String) throws(StoreError) -> Options {
        var parser = OptionParser()
        try parser.file(ascii(file), path: ascii("/x"))
        return parser.options
    }

    private func error(file: String) -> StoreError? {
        do throws(StoreError) {
            _ = try options(file: file)
            return nil
        } catch {
            return error
        }
    }

    @Test("An option of a login is read wrong as an argument")
    func arguments() throws {
        let options = try options(
            "enroll=require", "enroll_until=2027-01-15", "enroll_grace=3", "after_first_factor",
            "trust=key", "trust_days=7", "trust_max=2", "try_first_pass", "use_first_pass=yes",
            "forward_pass")
        #expect(options.enroll == .require && options.enrollUntil == 1_799_971_200)
        #expect(options.enrollGrace == 3 && options.followsFirstFactor)
        #expect(options.trustsKeys && options.trustDays == 7 && options.trustMaximum == 2)
        #expect(options.triesFirstPass && options.usesFirstPass && options.forwardsPass)
    }

    @Test("`enroll` accepts something other than off, offer and require")
    func enroll() throws {
        #expect(try options("enroll=off").enroll == .off)
        #expect(try options("enroll=offer").enroll == .offer)
        #expect(try options("enroll=require").enroll == .require)
        for bad in [
            "enroll", "enroll=", "enroll=on", "enroll=yes", "enroll=no", "enroll=Offer",
            "enroll=offered", "enroll=require ", "enroll=offer,require",
        ] {
            #expect(error(bad)?.detail == "`enroll` takes off, offer or require")
        }
    }

    @Test("An option's number is beyond what the table says")
    func numbers() {
        for (name, range) in [
            ("enroll_grace", 0...100), ("trust_days", 1...90), ("trust_max", 1...8),
        ] {
            for number in 0...300 {
                let isGood = error("\(name)=\(number)") == nil
                #expect(isGood == range.contains(number), "\(name)=\(number)")
            }
            let words = "`\(name)` takes a number from \(range.lowerBound) to \(range.upperBound)"
            for bad in ["", "=", "=-1", "=1.0", "=2d", "= 2", "=1000", "=0x1", "=4294967297"] {
                #expect(error(name + bad)?.detail == words)
            }
        }
    }

    @Test("closed_for is read wrong, or accepts something other than hours")
    func hours() throws {
        #expect(try options().closedFor == nil)
        #expect(try options("closed_for=24h").closedFor == 86_400)
        #expect(try options(file: "closed_for = 720h").closedFor == 2_592_000)
        for bad in ["", "=", "=24", "=0h", "=721h", "=1d", "=24 h", "=h", "=-1h", "=1.5h", "=24hh"]
        {
            #expect(error("closed_for" + bad)?.detail == "`closed_for` takes 1h to 720h")
        }
    }

    @Test("The error for an invalid date does not say what a date looks like")
    func dates() throws {
        #expect(try options("enroll_until=1970-01-01").enrollUntil == 0)
        #expect(try options("enroll_until=9999-12-31").enrollUntil == 253_402_214_400)
        for bad in [
            "", "=", "=none", "=2026-02-30", "=2026-13-01", "=1969-12-31", "=10000-01-01",
            "= 2027-01-15", "=2027-01-15 ", "=\"2027-01-15\"", "=2027-1-15", "=15.01.2027",
            "=2027-01-15T00:00", "=1799971200",
        ] {
            let error = error("enroll_until" + bad)
            #expect(error?.detail == "`enroll_until` takes a date such as 2027-03-31")
        }
        #expect(error(file: "enroll_until = \" 2027-01-15\"")?.code == .configuration)
        #expect(error(file: "enroll_until = 2027-01-15 # then")?.code == .configuration)
    }

    @Test("All options together, once each, count as repeated")
    func together() throws {
        var parser = OptionParser()
        for option in OptionKey.all {
            switch option.kind {
            case .path: try parser.argument(ascii(option.name + "=/x"))
            case .hours: try parser.argument(ascii(option.name + "=24h"))
            case .date: try parser.argument(ascii(option.name + "=2027-01-15"))
            case .flag: try parser.argument(ascii(option.name + "=yes"))
            case .networks: try parser.argument(ascii(option.name + "=10.0.0.0/8"))
            case .services: try parser.argument(ascii(option.name + "=sshd"))
            case .verifiers: try parser.argument(ascii(option.name + "=postgres"))
            case .messages: try parser.argument(ascii(option.name + "=mail"))
            case .users: try parser.argument(ascii(option.name + "=admin"))
            default: try parser.argument(ascii(option.name + "=" + option.fallback))
            }
        }
        for option in OptionKey.all {
            do throws(StoreError) {
                try parser.argument(ascii(option.name + "=x"))
                Issue.record("\(option.name) was accepted twice")
            } catch {
                #expect(error.detail == "`\(option.name)` is given twice")
            }
        }
    }

    @Test("The question does not fit the answer, or a password is shown")
    func question() throws {
        #expect(text(Options().question(\.english)) == UserText.question.english)
        let joined = try options("forward_pass")
        #expect(text(joined.question(\.english)) == UserText.joinedQuestion.english)
        #expect(!joined.echoes(atSSHD: true) && joined.showsTyping(atSSHD: true))
        let own = try options("forward_pass", "prompt=Token? ", "echo=yes")
        #expect(text(own.question(\.english)) == "Token? " && !own.echoes(atSSHD: true))
        #expect(try text(options("prompt=Token? ").question(\.english)) == "Token? ")
        let code = try options("forward_pass=no")
        #expect(
            text(code.question(\.english)) == UserText.question.english && code.echoes(atSSHD: true)
        )
    }

    @Test("Typing is shown elsewhere than at sshd, or not as the admin says")
    func echo() throws {
        for words in [[], ["try_first_pass", "use_first_pass"], ["retry=3"]] {
            var parser = OptionParser()
            for word in words { try parser.argument(ascii(word)) }
            #expect(parser.options.echoes(atSSHD: true) && !parser.options.echoes(atSSHD: false))
        }
        for isSSHD in [true, false] {
            #expect(try options("echo=yes").echoes(atSSHD: isSSHD))
            #expect(try options(file: "echo = yes").showsTyping(atSSHD: isSSHD))
            #expect(try !options("echo=no").echoes(atSSHD: isSSHD))
            #expect(try !options(file: "echo = no").showsTyping(atSSHD: isSSHD))
        }
    }
}
