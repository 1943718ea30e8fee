import Foundation
import TestSupport
import Testing

/// A user of `otp-enroll` with a store of their own.
struct Desk {
    let scratch: Scratch
    let store: String

    /// A store that does not exist yet.
    init() throws {
        scratch = try Scratch()
        store = scratch.file("store")
    }

    /// The words that run a command on this store; `program` replaces the built otp-enroll.
    func words(_ arguments: [String], by program: String? = nil) throws -> [String] {
        [try program ?? Build.product("otp-enroll")] + arguments + ["--store", store]
    }

    /// Runs a command without a terminal.
    func run(_ arguments: String..., input: String = "") async throws -> Command {
        try await Command.run(words(arguments), input: input)
    }

    /// Runs a command with its own /etc, where some files have other contents. Not with a file
    /// mounted over one: that ends when another test replaces the one below.
    func run(_ arguments: [String], with texts: [String: String]) async throws -> Command {
        let own = try Scratch()
        let files = FileManager.default
        for name in ["nsswitch.conf", "ld.so.cache", "passwd", "group", "login.defs"] {
            try files.copyItem(atPath: "/etc/\(name)", toPath: own.file(name))
        }
        for (name, text) in texts { try own.write(text, to: name, mode: 0o644) }
        let script = #"mount --bind "$0" /etc && exec "$@""#
        return try await Command.run(
            ["unshare", "-m", "sh", "-c", script, own.path] + words(arguments),
            within: .seconds(900))
    }

    /// Runs a command with `--json`, checks its exit status, and returns its object.
    func json(
        _ arguments: String..., input: String = "", status: Int32 = 0,
        at location: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let done = try await Command.run(words(arguments + ["--json"]), input: input)
        #expect(done.status == status, "\(done.errors)", sourceLocation: location)
        let value = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        return try #require(value as? [String: Any], sourceLocation: location)
    }

    /// Enrolls the caller without questions, and returns the phone and the backup codes.
    @discardableResult
    func enroll(_ arguments: String...) async throws -> (phone: Phone, codes: [String]) {
        let words = try words(["add", "--no-confirm", "--json"] + arguments)
        let object = try JSONSerialization.jsonObject(
            with: Data(try await Command.output(words).utf8))
        let members = try #require(object as? [String: Any])
        let uri = try #require(members["uri"] as? String)
        let codes = try #require(members["backup_codes"] as? [String])
        return (try Phone(scanning: uri), codes)
    }

    /// Runs a command with the clock off by an offset such as `+25h` (see faketime(1)). As when a
    /// clock is set, the time since boot does not change.
    func run(
        offClock offset: String, _ arguments: String..., input: String = ""
    ) async throws -> Command {
        let service = try WrappedService(in: scratch, behind: Desk.faketime + "'\(offset)'")
        return try await Command.run(
            ["faketime", "-f", offset] + words(arguments, by: service.program), input: input,
            environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1"])
    }

    /// The words before a service whose clock is off, up to the offset.
    static let faketime = "env FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "

    /// The user's events from `status`, the latest first.
    func events(_ user: String = "root") async throws -> [String] {
        let events = try #require(try await json("status", user)["events"] as? [[String: Any]])
        return events.compactMap { $0["event"] as? String }
    }

    /// Tries a code: the reason from `verify --json`, and whether the code was accepted.
    func verify(_ code: String, of user: String = "root") async throws -> (Bool, String) {
        let done = try await Command.run(words(["verify", user, "--json"]), input: code + "\n")
        let object = try JSONSerialization.jsonObject(with: Data(done.output.utf8))
        let members = try #require(object as? [String: Any], "\(done.errors)")
        let accepted = members["accepted"] as? Bool == true
        #expect(done.status == (accepted ? 0 : 1))
        return (accepted, try #require(members["reason"] as? String))
    }

    /// Types `count` wrong backup codes, which are never right by chance.
    func fail(_ count: Int, of user: String = "root") async throws {
        for _ in 0..<count {
            let (accepted, reason) = try await verify(Desk.wrongCode, of: user)
            #expect(!accepted && reason == "wrong")
        }
    }

    /// A backup code that was never made; a new one each time, since a repeated one is not counted.
    static var wrongCode: String {
        let symbols = (0..<13).compactMap { _ in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".randomElement()
        }
        let text = "0Z" + String(symbols)
        return [text.prefix(5), text.dropFirst(5).prefix(5), text.suffix(5)].joined(separator: "-")
    }

    /// Who the commands say gave them: the person who logged in, also through sudo.
    static let person: String = {
        let text = (try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8)) ?? ""
        guard let uid = UInt32(text), uid != .max, let entry = getpwuid(uid) else { return "root" }
        return String(cString: entry.pointee.pw_name)
    }()

    /// The words before a command that must run without a login session, as far as the kernel
    /// knows. Empty if that is already the case.
    static var withoutSession: [String] {
        let text = (try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8)) ?? ""
        if text.isEmpty || text == "4294967295" { return [] }
        return ["sh", "-c", #"echo 4294967295 >/proc/self/loginuid && exec "$@""#, "sh"]
    }

    /// The names of the caller's authenticators, from `status`.
    func names() async throws -> [String] {
        let status = try await json("status")
        let list = try #require(status["authenticators"] as? [[String: Any]])
        return list.compactMap { $0["name"] as? String }
    }

    /// Whether the caller is enrolled, from `status`.
    func isEnrolled() async throws -> Bool {
        let enrolled = try await json("status")["enrolled"] as? Bool
        return try #require(enrolled as Bool?)
    }

    /// The bytes of root's record; nil if there is none.
    var record: Data? { record(of: 0) }

    /// The bytes of a user's record; nil if there is none.
    func record(of uid: UInt32) -> Data? {
        FileManager.default.contents(atPath: "\(store)/\(uid)")
    }

    /// A command on a screen that the test can read.
    func screen(
        _ arguments: String..., columns: Int = 80, rows: Int = 24, locale: String = "C.UTF-8",
        environment: [String: String] = [:]
    ) async throws -> Screen {
        try await Screen(
            words(arguments), columns: columns, rows: rows, locale: locale,
            environment: environment)
    }
}

/// The words that run a program without root's rights. Reading stays allowed, so that the program
/// is found wherever it was built.
func withoutRoot(_ words: [String]) -> [String] {
    [
        "setpriv", "--reuid", "games", "--regid", "games", "--clear-groups",
        "--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search",
    ] + words
}

extension Terminal {
    /// Waits for the question of `add`, and returns a phone into which the key was typed.
    func typedPhone(_ parameters: String = "") async throws -> Phone {
        try await expect(Citizen.interview)
        let groups = transcript.matches(of: #/  ((?:[A-Z2-7]{4} ){3}[A-Z2-7]{4})\n/#).suffix(2)
        let key = groups.map(\.output.1).joined().filter { $0 != " " }
        return try Phone(scanning: "otpauth://totp/x:y?secret=\(key)&issuer=x\(parameters)")
    }
}
