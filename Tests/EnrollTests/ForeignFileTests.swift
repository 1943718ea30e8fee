import Foundation
import TestSupport
import Testing

/// Files in users' homes, arranged to make root read something else.
@Suite struct ForeignFileTests {
    let desk: Desk
    let account: Account

    init() async throws {
        desk = try Desk()
        account = try await Account.make("home")
    }

    private var home: String { "/home/\(account.name)" }
    private var file: String { home + "/.google_authenticator" }

    /// A file made by google-authenticator.
    private func makeReal() async throws {
        try await Command.output(
            account.running(
                ["google-authenticator", "-t", "-d", "-f", "-q", "-u", "-w", "3"]
                    + ["-C", "-s", file]))
    }

    private func take() async throws -> Command {
        try await desk.run(
            "import", "--from", "google-authenticator", "--user", account.name)
    }

    /// A home closed to others, as on a file server that does not trust root.
    @Test func aClosedHomeIsReadAsItsUser() async throws {
        try await makeReal()
        chmod(home, 0o700)
        let trace = desk.scratch.file("trace")
        let done = try await Command.run(
            ["strace", "-o", trace, "-e", "trace=setresuid,setresgid,setgroups,openat"]
                + desk.words(["import", "--from", "google-authenticator", "--user", account.name]))
        #expect(done.status == 0, "\(done.errors)")
        let calls = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n")
        let uid = try Account.numbers(of: account.name).uid
        let taken = try #require(calls.firstIndex { $0.contains("setresuid(-1, \(uid), -1)") })
        let opened = try #require(calls.firstIndex { $0.contains(#"".google_authenticator""#) })
        let back = try #require(calls.lastIndex { $0.contains("setresuid(-1, 0, -1)") })
        #expect(taken < opened && opened < back)
        #expect(calls[opened].contains("O_NOFOLLOW") && calls[opened].contains("O_NONBLOCK"))
    }

    /// What lies in the home instead, and the message about it.
    enum Trick: String, CaseIterable {
        case nothing, link, hardLink, pipe, folder, socket, foreignOwner, empty, large, unreadable

        var words: String {
            switch self {
            case .nothing: "there is no .google_authenticator in the home of"
            case .link: ".google_authenticator: it is a symbolic link, not a regular file"
            case .hardLink: ".google_authenticator: it has 2 links, and may only have one"
            case .pipe: ".google_authenticator: it is a named pipe, not a regular file"
            case .folder: ".google_authenticator: it is a directory, not a regular file"
            case .socket: ".google_authenticator: it is a socket, not a regular file"
            case .foreignOwner: ".google_authenticator: it does not belong to home"
            case .empty: ".google_authenticator: it is empty"
            case .large: ".google_authenticator: it is larger than 64 KiB"
            case .unreadable: ".google_authenticator: permission denied"
            }
        }
    }

    private func asUser(_ words: [String]) async throws {
        try await Command.output(account.running(words))
    }

    private func lay(_ trick: Trick) async throws {
        switch trick {
        case .nothing: break
        // Readable for root, but not for the user.
        case .link: try await asUser(["ln", "-s", "/etc/shadow", file])
        case .hardLink:
            try await makeReal()
            try await asUser(["ln", file, home + "/other"])
        case .pipe: try await asUser(["mkfifo", file])
        case .folder: try await asUser(["mkdir", file])
        case .socket:
            try await asUser(
                ["/usr/bin/python3", "-c", "import socket; socket.socket(1).bind('\(file)')"])
        case .foreignOwner:
            try await makeReal()
            chown(file, 65534, 65534)
            chmod(file, 0o444)
        case .empty: try await asUser(["touch", file])
        case .large: try await asUser(["truncate", "--size", "65537", file])
        case .unreadable:
            try await makeReal()
            chmod(file, 0)
        }
    }

    @Test(arguments: Trick.allCases)
    func aTrickIsRefused(trick: Trick) async throws {
        try await lay(trick)
        let done = try await take()
        #expect(done.status == 1)
        #expect(done.errors.contains(trick.words), "\(done.errors)")
        #expect(
            done.errors.split(separator: "\n").filter { $0.hasPrefix("otp-enroll:") }.count == 1)
        let status = try await desk.json("status", account.name)
        #expect(status["enrolled"] as? Bool == false)
    }

    /// Files named by root: limited in size, and never waited for.
    @Test(arguments: [
        ("missing", "no such file or directory"), ("folder", "it is a directory, not"),
        ("pipe", "it is a named pipe, not a regular file"), ("empty", "it is empty"),
        ("large", "it is larger than"), ("/dev/zero", "it is a device, not a regular file"),
    ])
    func aFileOnTheCommandLineIsRegular(name: String, words: String) async throws {
        _ = try desk.scratch.folder("folder")
        try await Command.output(["mkfifo", desk.scratch.file("pipe")])
        try desk.scratch.write("", to: "empty")
        try await Command.output(
            ["truncate", "--size", "100M", desk.scratch.file("large")])
        let path = name.hasPrefix("/") ? name : desk.scratch.file(name)
        let done = try await desk.run("import", "--from", "otpauth", "--user", account.name, path)
        #expect(done.status == 1)
        #expect(done.errors.hasPrefix("otp-enroll: \(path): \(words)"), "\(done.errors)")
        #expect(done.output.isEmpty)
    }

    @Test func standardInputIsBoundedToo() async throws {
        let words = try desk.words(["import", "--from", "otpauth", "--user", account.name, "-"])
        let done = try await Command.run(["sh", "-c", #""$@" </dev/zero"#, "sh"] + words)
        #expect(done.status == 1)
        #expect(
            done.errors.hasPrefix("otp-enroll: standard input: it is larger than"),
            "\(done.errors)")
        let none = try await Command.run(words)
        #expect(none.errors.hasPrefix("otp-enroll: standard input: it is empty"), "\(none.errors)")
    }
}
