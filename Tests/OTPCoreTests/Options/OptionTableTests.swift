import TestSupport
import Testing

@testable import OTPCore

@Suite("The table of options")
struct OptionTableTests {
    @Test("Arguments do not override the file")
    func argumentsWin() throws {
        var inFile = OptionParser()
        try inFile.file(ascii("retry = 3\nwindow = 5\ndebug = yes\n"), path: ascii("/x"))
        var parser = OptionParser(inFile.options)
        try parser.argument(ascii("retry=2"))
        try parser.argument(ascii("debug=no"))
        #expect(parser.options.retry == 2)
        #expect(parser.options.window == 5)
        #expect(!parser.options.debug)
    }

    private func isAccepted(_ argument: String) -> Bool {
        var parser = OptionParser()
        do throws(StoreError) {
            try parser.argument(ascii(argument))
            return true
        } catch {
            return false
        }
    }

    @Test("An option's text is longer than the table says")
    func lengths() {
        func a(_ count: Int) -> String { String(repeating: "a", count: count) }
        #expect(isAccepted("prompt=" + a(128)) && !isAccepted("prompt=" + a(129)))
        #expect(isAccepted("mail=%u" + a(126)) && !isAccepted("mail=%u" + a(127)))
        #expect(isAccepted("exempt_group=" + a(64)) && !isAccepted("exempt_group=" + a(65)))
        #expect(isAccepted("store=/" + a(1000)) && !isAccepted("store=/" + a(1023)))
        #expect(!isAccepted(a(1 << 20)))
        #expect(!isAccepted("prompt=" + a(1 << 20)))
    }

    @Test("An option lacks a name of its own, a default or documentation")
    func table() {
        let names = OptionKey.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count <= 64, "the parser has a bit for each")
        for option in OptionKey.all {
            #expect(!option.fallback.isEmpty && option.doc.hasSuffix(".") && option.doc.count <= 90)
        }
    }

    @Test("An option is found by a similar name")
    func names() {
        for option in OptionKey.all {
            let name = ascii(option.name)
            #expect(OptionKey.named(name[...]) == option)
            #expect(OptionKey.named((ascii("x") + name + ascii("x"))[1..<name.count + 1]) == option)
            #expect(OptionKey.named((name + ascii("s"))[...]) == nil)
            for place in name.indices {
                var near = name
                near[place] ^= 0x20
                #expect(OptionKey.named(near[...]) == nil)
                near.remove(at: place)
                #expect(OptionKey.named(near[...]) == nil)
            }
        }
        #expect(OptionKey.named([]) == nil && OptionKey.named(ascii("no_such_option")[...]) == nil)
    }

    @Test("A choice accepts another word, or two words mean the same")
    func choices() throws {
        for (name, words, value) in [
            ("after_temporary", ["tell", "enroll"], \Options.enrollsAfterTemporary),
            ("notify", ["login", "mail"], \.notifiesByMail),
            ("trust", ["off", "key", "sk"], \.trustsKeys),
        ] {
            for (index, word) in words.enumerated() {
                var parser = OptionParser()
                try parser.argument(ascii("\(name)=\(word)"))
                #expect(parser.options[keyPath: value] == (index == 1))
                for near in [word.uppercased(), word + "s", String(word.dropLast()), " " + word] {
                    #expect(!isAccepted("\(name)=\(near)"))
                }
            }
            var parser = OptionParser()
            do throws(StoreError) {
                try parser.argument(ascii("\(name)=x"))
                Issue.record("\(name)=x was accepted")
            } catch {
                let list = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
                #expect(text(error.text).contains(list))
            }
        }
    }

    @Test("trust = sk does not let security keys in, or trusts another key")
    func securityKeys() throws {
        for (word, isOn) in [("off", false), ("key", false), ("sk", true)] {
            var parser = OptionParser()
            try parser.argument(ascii("trust=\(word)"))
            #expect(parser.options.admitsSecurityKeys == isOn)
        }
        #expect(!Options().admitsSecurityKeys)
    }

    @Test("A file of 64 KiB in one line, or in 65,536 lines, takes too long to read")
    func large() throws {
        var parser = OptionParser()
        let comment = [UInt8(ascii: "#")] + [UInt8](repeating: 0x61, count: 65_535)
        try parser.file(comment, path: ascii("/x"))
        let lines = [UInt8](repeating: 0x0a, count: 65_535) + ascii("x")
        do throws(StoreError) {
            try parser.file(lines, path: ascii("/x"))
            Issue.record("the last line was not read")
        } catch {
            #expect(text(error.subject) == "/x line 65536")
        }
    }
}
