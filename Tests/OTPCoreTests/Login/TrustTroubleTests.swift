import Testing

@testable import OTPCore

@Suite("Trusted keys in trouble", .hereAndInFleet)
struct TrustTroubleTests {
    private func key(_ index: Int = 0) throws -> SSHKey {
        try #require(SSHMethods(ascii(try SSHRow.methods(index))).key)
    }

    /// Alice with these keys trusted, logging in with the first key of the list.
    private func host(trusting keys: [(index: Int, label: String)]) throws -> ScriptedHost {
        let host = ScriptedHost()
        try host.enroll()
        host.methods = try SSHRow.methods()
        for key in keys {
            let print = try self.key(key.index).fingerprint
            let label = try name(key.label)
            host.session?.withRecord { record in
                let isTrusted = record.trust(
                    print, named: label, at: noon, days: 30, most: 8, from: [])
                #expect(isTrusted)
            }
        }
        return host
    }

    @Test("A login that cannot be recorded, or with a broken store, is let in")
    func unwritable() throws {
        let host = try host(trusting: [(0, "laptop")])
        host.session?.commitFails = true
        #expect(host.trustingLogin() == .unavailable(StoreError(.system, [], "")))
        #expect(host.journal.entries.suffix(2) == ["close", "say " + UserText.unavailable.english])
        for code in [.damaged, .busy, .otherKey, .unsafe] as [StoreError.Code] {
            let broken = try self.host(trusting: [(0, "laptop")])
            broken.condition = .broken(code)
            #expect(broken.trustingLogin() == .unavailable(StoreError(code, [], "")))
        }
        let clockless = try self.host(trusting: [(0, "laptop")])
        clockless.time = nil
        #expect(clockless.trustingLogin() == .unavailable(StoreError(.clock, [], "")))
    }

    @Test("A trusted key bypasses a wait or a closed account", .hereOnly)
    func throttled() throws {
        let host = try host(trusting: [(0, "laptop")])
        let source = SourceID(key: try key())
        host.session?.withRecord { record in
            record.throttle.visit(at: noon, from: source)
            for _ in 0..<5 { record.throttle.charge(at: noon, from: source) }
        }
        #expect(host.trustingLogin(code(noonStep)) == .refused(.throttled(seconds: 30)))
        #expect(host.trustingLogin(at: noon + 30).isTrusted, "the wait is over")
        host.session?.withRecord { record in
            for _ in 0..<95 { record.throttle.charge(at: noon, from: source) }
        }
        #expect(host.trustingLogin(at: noon + 60, code(noonStep + 2)) == .refused(.closed))
    }

    @Test("A stranger's failures block a trusted key, or one that was not used for long", .hereOnly)
    func strangers() throws {
        for isSeen in [true, false] {
            let host = try host(trusting: [(0, "laptop")])
            let source = SourceID(key: try key())
            host.session?.withRecord { record in
                if isSeen { record.throttle.visit(at: noon, from: source) }
                record.throttle.shared = .init(failures: 100, last: noon)
            }
            #expect(host.trustingLogin(at: noon + 60).isTrusted, "it was refused, \(isSeen)")
            #expect(host.session?.record.throttle.knows(source) == true)
        }
    }

    @Test("With a clock before the last use, or before the first release, no code is asked for")
    func clock() throws {
        let host = try host(trusting: [(0, "laptop")])
        let early = host.trustingLogin(at: noon - 90, code(noonStep - 3), "n")
        #expect(early == .granted(.code(authenticator: try name("phone"), offset: 0)))
        let old = MachineTime.earliest - 1
        #expect(host.trustingLogin(at: old, code(old / 30)) == .refused(.clock))
    }

    @Test("Trust is offered without room, or a key that is renewed needs room")
    func room() throws {
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        let full = try host(trusting: [(1, "a"), (2, "b")])
        #expect(full.trustingLogin(code(noonStep)) { $0.trustMaximum = 2 } == .granted(factor))
        #expect(full.talk == ["ask Code: "])
        let renewed = try host(trusting: [(0, "a"), (2, "b")])
        renewed.session?.withRecord { $0.useTrust(0, at: noon + 500, from: []) }
        let result = renewed.trustingLogin(code(noonStep), "y") { $0.trustMaximum = 2 }
        #expect(result == .trusting(factor, try name("ed25519")))
        #expect(renewed.session?.record.trusted.map(\.name.text) == ["b", "ed25519"])
    }

    @Test("A name that another key has gets no number, or grows beyond 16 bytes")
    func names() throws {
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        for (taken, typed, kept) in [
            (["laptop"], "y laptop", "laptop-2"), (["laptop", "laptop-2"], "y laptop", "laptop-3"),
            (["sixteen letters!"], "y sixteen letters!", "sixteen letter-2"),
            (["ed25519"], "y", "ed25519-2"), (["Laptop"], "y laptop", "laptop"),
        ] {
            let host = try host(
                trusting: taken.enumerated().map { (index: $0.offset + 1, label: $0.element) })
            #expect(host.trustingLogin(code(noonStep), typed) == .trusting(factor, try name(kept)))
        }
    }

    @Test("A reset between code and yes does not prevent the trust")
    func meanwhile() throws {
        let host = try host(trusting: [])
        host.beforeAsking = { if $0.contains("Skip the code") { host.session = nil } }
        let factor = Outcome.Factor.code(authenticator: try name("phone"), offset: 0)
        #expect(host.trustingLogin(code(noonStep), "y") == .granted(factor))
        #expect(host.talk.last == "say " + UserText.notTrusted.english)
    }

    @Test("A lock is held while somebody reads the question")
    func unlocked() throws {
        let host = try host(trusting: [])
        _ = host.trustingLogin(code(noonStep), "y")
        let entries = host.journal.entries
        for index in entries.indices where entries[index].hasPrefix("ask") {
            let before = entries[..<index]
            #expect(before.count { $0 == "open" } == before.count { $0 == "close" })
        }
    }
}
