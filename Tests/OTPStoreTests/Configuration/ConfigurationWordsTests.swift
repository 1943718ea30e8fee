import Testing

@testable import OTPCore
@testable import OTPStore

/// swiftotpd's command line, and a PAM line's arguments that override it.
@Suite("The command line, the PAM line and the file", .timeLimit(.minutes(1)))
struct ConfigurationWordsTests {
    private func options(
        _ settings: [String], then arguments: [String] = [], isBelieved: Bool = true
    ) -> Result<Options, StoreError> {
        func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }
        do throws(StoreError) {
            return .success(
                try ConfigurationFile.options(
                    bytes(settings), then: bytes(arguments), isBelieved: isBelieved))
        } catch {
            return .failure(error)
        }
    }

    /// A fixture with two files of options.
    private func place() throws -> StoreFixture {
        let fixture = try StoreFixture()
        try fixture.write(
            Array("window = 5\nretry = 2\nstore = /srv/one\n".utf8), to: "one", mode: 0o644)
        try fixture.write(
            Array("window = 7\nretry = 3\nstore = /srv/two\n".utf8), to: "two", mode: 0o644)
        return fixture
    }

    @Test(
        "The PAM line does not override the command line, or that the file",
        arguments: [true, false])
    func order(isBelieved: Bool) throws {
        let fixture = try place()
        let conf = "conf=" + fixture.file("one")
        var found = try options([conf, "echo=no"], isBelieved: isBelieved).get()
        #expect(found.window == 5 && found.retry == 2 && found.echo == false)
        found = try options([conf, "echo=no", "retry=1"], isBelieved: isBelieved).get()
        #expect(found.retry == 1)
        found = try options(
            [conf, "echo=no", "retry=1"], then: ["retry=3", "echo"], isBelieved: isBelieved
        ).get()
        #expect(found.retry == 3 && found.echo == true && found.window == 5)
        #expect(found.store.map { String(decoding: $0, as: UTF8.self) } == "/srv/one")
    }

    @Test("Root's PAM line cannot name another file and store, or others' can")
    func places() throws {
        let fixture = try place()
        let one = "conf=" + fixture.file("one")
        let two = "conf=" + fixture.file("two")
        let other = try options([one], then: [two]).get()
        #expect(other.window == 7 && other.retry == 3)
        let store = try options([one, "store=/srv/a"], then: ["store=/srv/b"]).get()
        #expect(store.store == Array("/srv/b".utf8) && store.window == 5)
        for word in [two, one, "store=/srv/one", "conf=/nonexistent"] {
            guard case .failure(let error) = options([one], then: [word], isBelieved: false) else {
                Issue.record("\(word) was taken")
                continue
            }
            #expect(error.code == .configuration)
            #expect(error.detail == "only root's programs may name another place")
        }
    }

    @Test("A PAM line that is not root's changes more than its own login")
    func passedOver() throws {
        let fixture = try place()
        let conf = "conf=" + fixture.file("one")
        let words = ["window=10", "retry=1", "nullok", "debug", "trust=key", "socket=/x"]
        let own = try options([conf], then: words, isBelieved: false).get()
        #expect(own.window == 5 && own.retry == 1 && own.nullok)
        #expect(!own.debug && !own.trustsKeys && own.socket == nil)
        let roots = try options([conf], then: words).get()
        #expect(roots.window == 10 && roots.debug && roots.trustsKeys && roots.socket != nil)
        for bad in ["window=11", "no_such_option", "debug=2"] {
            let result = options([conf], then: [bad], isBelieved: false)
            #expect(throws: StoreError(.configuration, [], "")) { try result.get() }
        }
    }

    @Test("Options of the command line do not count as root's")
    func settings() throws {
        let fixture = try place()
        let conf = "conf=" + fixture.file("two")
        let found = try options(
            [conf, "store=/srv/mine"], then: ["retry=1"], isBelieved: false
        ).get()
        #expect(found.window == 7 && found.store == Array("/srv/mine".utf8) && found.retry == 1)
    }

    @Test("A repeated or a bad option is accepted in one of the places")
    func each() throws {
        let fixture = try place()
        let conf = "conf=" + fixture.file("one")
        for isBelieved in [true, false] {
            let twice = options([conf], then: ["retry=1", "retry=1"], isBelieved: isBelieved)
            #expect(throws: StoreError(.configuration, [], "")) { try twice.get() }
            let bad = options([conf, "nulok"], isBelieved: isBelieved)
            #expect(throws: StoreError(.configuration, [], "")) { try bad.get() }
        }
        try fixture.write(Array("nulok = yes\n".utf8), to: "bad", mode: 0o644)
        let file = options(["conf=" + fixture.file("bad")], then: ["retry=1"])
        #expect(throws: StoreError(.configuration, [], "")) { try file.get() }
    }

    @Test("A PAM line of 64 arguments is refused, or a longer one read")
    func many() throws {
        let fixture = try place()
        let conf = "conf=" + fixture.file("one")
        // There are fewer options than that, and none may be given twice.
        for (count, detail) in [(64, "`debug` is given twice"), (65, "there are too many")] {
            let line = Array(repeating: "debug", count: count)
            guard case .failure(let error) = options([conf], then: line) else {
                Issue.record("\(count) arguments were taken")
                continue
            }
            #expect(error.code == .configuration && error.detail == detail)
        }
    }
}
