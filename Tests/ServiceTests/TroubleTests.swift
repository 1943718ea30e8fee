import Foundation
import TestSupport
import Testing

/// A service that is stopped, killed, of another version or an impostor: where nothing was begun,
/// root's programs use a service of their own; all others are denied, in bounded time and with a
/// line in the log. No answer is ever counted twice.
@Suite("swiftotpd in trouble, and the module", .timeLimit(.minutes(5)))
struct TroubleTests {
    /// A service, an enrolled user, a program of that user and one of root's.
    private struct Scene {
        let service: Service
        let account: Account
        let person: Person
        let locker: Host
        let root: Host

        /// `socket` replaces the service's own.
        init(
            _ name: String, socket: String? = nil, around: [String] = [], arguments: String = ""
        ) async throws {
            _ = try SystemLog.shared()
            service = try await Service(around: around)
            account = try await Account.make(name)
            person = try Person(account.name, in: service.store)
            let path = socket ?? service.socket
            locker = try await Host(path, as: account, arguments: arguments)
            root = try await Host(
                path, name: "login", arguments: "store=\(service.store) \(arguments)")
        }

        /// Waits for the one line about a login that could not be checked.
        func expectLine(_ service: String, _ error: String) async throws {
            let log = try SystemLog.shared()
            let line = try await log.line(
                containing: "pam_swiftotp(\(service):auth): cannot check; reason=service ",
                "user=\(account.name) error=\"\(error)\"")
            #expect(line.severity == 2 && line.facility == 10)
        }
    }

    private static let sentence =
        "The code cannot be checked right now. Please tell your administrator."

    // MARK: Before anything is begun

    /// A right code while the service at `scene` gives no useful reply: root's program gets in by a
    /// service of its own, and the locker is denied, with this error in the log.
    private func expectOwnService(_ scene: Scene, _ error: String) async throws {
        let start = ContinuousClock.now
        let before = try scene.person.record
        let denied = try await scene.locker.login(scene.account.name, "123456")
        #expect(denied.name == Host.unavailable && denied.prompts == 0, "\(denied)")
        #expect(denied.said == [Self.sentence])
        #expect(try scene.person.record == before)
        try await scene.expectLine("locker", error)
        let wrong = try await scene.root.login(scene.account.name, "0ZZZZ-ZZZZZ-ZZZZZ")
        #expect(wrong.name == "PAM_AUTH_ERR" && wrong.prompts == 1)
        #expect(try scene.person.failures == 1)
        let code = try scene.person.code()
        #expect(try await scene.root.login(scene.account.name, code).name == "PAM_SUCCESS")
        #expect(try await scene.root.login(scene.account.name, code).name == "PAM_AUTH_ERR")
        #expect(ContinuousClock.now - start < .seconds(240))
    }

    @Test("Nobody listens: root's program starts no service of its own, or a locker is let in")
    func nobody() async throws {
        let scene = try await Scene("alone", socket: "/nonexistent/swiftotpd.sock")
        try await expectOwnService(
            scene, "swiftotpd is not listening; start swiftotpd.socket")
    }

    @Test("One stopped before anybody connects counts something when it goes on")
    func stopped() async throws {
        let scene = try await Scene("stopped")
        let client = try Client(scene.service, scene.account)
        try await client.run("status")
        try await scene.service.stop()
        try await expectOwnService(scene, "swiftotpd does not answer")
        let before = try scene.person.record
        scene.service.signal(SIGCONT)
        #expect(try await client.run("status").first?.account?.isEnrolled == true)
        try await scene.service.rest()
        #expect(try scene.person.record == before)
        let code = try scene.person.code()
        #expect(try await scene.locker.login(scene.account.name, code).name == "PAM_SUCCESS")
    }

    @Test(
        "One killed before it accepts anybody is noticed")
    func killedFirst() async throws {
        let scene = try await Scene("killed")
        for host in [scene.locker, scene.root] {
            let result = try await inTime {
                try await Client(scene.service, scene.account).run("status")
                try await scene.service.stop()
                try host.start(scene.account.name, try scene.person.code())
                try await Task.sleep(for: .seconds(1))
                scene.service.signal(SIGKILL)
                return try await host.next()
            }
            #expect(result.name == "PAM_SUCCESS", "\(result)")
        }
    }

    /// The end of a login for which a new service was there within the five seconds that the module
    /// waits for its first word: a very busy machine may need several.
    private func inTime(_ login: () async throws -> Host.Result) async throws -> Host.Result {
        for _ in 0..<5 {
            let result = try await login()
            guard result.name == Host.unavailable, result.ns ?? 0 > 5_000_000_000 else {
                return result
            }
        }
        return try await login()
    }

    @Test("One killed before the question: root's program starts no other, or a locker is let in")
    func killedBeforeQuestion() async throws {
        let scene = try await Scene("looked", arguments: "nullok")
        for (host, name) in [(scene.locker, Host.unavailable), (scene.root, "PAM_SUCCESS")] {
            let result = try await inTime {
                try await Client(scene.service, scene.account).run("status")
                let code = try scene.person.code()
                let file = open(try scene.person.file, O_RDWR | O_CLOEXEC)
                try #require(flock(file, LOCK_EX) == 0)
                try host.start(scene.account.name, code)
                try await scene.service.serves(1)
                try await Task.sleep(for: .seconds(1))
                scene.service.signal(SIGKILL)
                try await Task.sleep(for: .seconds(1))
                close(file)
                return try await host.next()
            }
            #expect(result.name == name, "\(result)")
            #expect(result.prompts == (name == "PAM_SUCCESS" ? 1 : 0))
        }
        try await scene.expectLine("locker", "swiftotpd ended without an answer")
    }

    @Test("One of another version: root's program starts no other, or a locker is let in")
    func otherVersion() async throws {
        let other = try await ScriptedService(saying: FrameBytes.frame(64, [3]))
        try await expectOwnService(
            try await Scene("newer", socket: other.socket),
            "swiftotpd is of another version; restart swiftotpd.service")
    }

    @Test("Another program answers there: root's program starts no service, or a locker is let in")
    func otherProtocol() async throws {
        let other = try await ScriptedService(saying: FrameBytes.frame(200, [1]))
        try await expectOwnService(
            try await Scene("strange", socket: other.socket),
            "the answer is not from swiftotpd, or from another version")
    }

    @Test("A socket of a user who is not root is used")
    func impostor() async throws {
        let impostor = try await Account.make("impostor")
        let other = try await ScriptedService(
            saying: FrameBytes.frame(64, [2]) + FrameBytes.frame(73, [0]), as: impostor)
        try await expectOwnService(
            try await Scene("fooled", socket: other.socket),
            "the program that listens in place of swiftotpd is not root's")
    }

    @Test("One sends its welcome and nothing more: root's program starts no other, or waits longer")
    func welcomeOnly() async throws {
        let other = try await ScriptedService(saying: FrameBytes.frame(64, [2]))
        try await expectOwnService(
            try await Scene("waiting", socket: other.socket), "swiftotpd does not answer")
    }

    // MARK: Halfway through

    @Test("One killed at the question: let in, counted, or the code is used up")
    func killedAtQuestion() async throws {
        let scene = try await Scene("asked")
        let user = scene.account.name
        for host in [scene.locker, scene.root] {
            let code = try scene.person.code()
            let before = try scene.person.record
            _ = try await host.begin(user)
            scene.service.signal(SIGKILL)
            let result = try await host.answer(code)
            #expect(result.name == Host.unavailable && result.said == [Self.sentence])
            #expect(try scene.person.record == before)
            #expect(try await host.login(user, code).name == "PAM_SUCCESS")
        }
        try await scene.expectLine("locker", "swiftotpd ended without an answer")
        try await scene.expectLine("login", "swiftotpd ended without an answer")
    }

    @Test("One killed while it waits for the record: let in, or counted")
    func killedAtLock() async throws {
        let scene = try await Scene("locked")
        let user = scene.account.name
        for host in [scene.locker, scene.root] {
            let code = try scene.person.code()
            let before = try scene.person.record
            _ = try await host.begin(user)
            let file = open(try scene.person.file, O_RDWR | O_CLOEXEC)
            try #require(flock(file, LOCK_EX) == 0)
            try host.type(code)
            try await Task.sleep(for: .seconds(1))
            scene.service.signal(SIGKILL)
            #expect(try await host.next().name == Host.unavailable)
            close(file)
            #expect(try scene.person.record == before)
            #expect(try await host.login(user, code).name == "PAM_SUCCESS")
        }
    }

    @Test("One killed as the code is used up: let in, or the code counts twice")
    func killedAtCommit() async throws {
        let scratch = try Scratch()
        for host in ["locker", "login"] {
            let scene = try await Scene(
                "burnt",
                around: Service.traced(
                    to: scratch.file("trace"), calls: ["fdatasync"],
                    injection: "fdatasync:signal=KILL:when=1"))
            let user = scene.account.name
            // Started before anybody waits for it, as tracing takes time.
            try await Client(scene.service, scene.account).run("status")
            let code = try scene.person.code()
            let program = host == "locker" ? scene.locker : scene.root
            let result = try await program.login(user, code)
            #expect(result.name == Host.unavailable && result.prompts == 1)
            try await scene.expectLine(host, "swiftotpd ended without an answer")
            #expect(try scene.person.failures <= 1)
            scene.service.end()
            let sound = try await Service(store: scene.service.store)
            let again = try await Host(sound.socket, as: scene.account).login(user, code)
            // It was written before the disk was told to flush it.
            #expect(again.name == "PAM_AUTH_ERR")
            #expect(try scene.person.failures <= 2)
        }
    }

    @Test("One stopped after the answer: let in, or the answer counts twice")
    func stoppedLater() async throws {
        let scene = try await Scene("halted")
        let user = scene.account.name
        for host in [scene.locker, scene.root] {
            try await scene.service.rest()
            let code = try scene.person.code()
            _ = try await host.begin(user)
            try await scene.service.stop()
            let start = ContinuousClock.now
            let result = try await host.answer(code)
            #expect(result.name == Host.unavailable && result.said == [Self.sentence])
            #expect((.seconds(19)...(.seconds(90))).contains(ContinuousClock.now - start))
            #expect(try scene.person.failures == 0)
            scene.service.signal(SIGCONT)
            try await scene.service.rest()
            // The answer was right, but nobody was there to hear it: burned, and not counted as a
            // failure.
            #expect(try scene.person.failures == 0)
            #expect(try await host.login(user, code).name == "PAM_AUTH_ERR")
        }
        try await scene.expectLine("locker", "swiftotpd does not answer")
        try await scene.expectLine("login", "swiftotpd does not answer")
    }
}
