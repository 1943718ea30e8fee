import Foundation
import TestSupport
import Testing

/// The module in a setuid program, whose caller controls limits, signals and variables.
@Suite("In a setuid program", .serialized)
struct SetuidTests {
    private static let wrong = "0ZZZZ-ZZZZZ-ZZZZZ"

    @Test("The test program is not an ordinary user's with the rights of root")
    func rights() async throws {
        let host = try await SetuidHost()
        let line = try #require(try await host.lines(["hostcheck"]).last)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let state = try #require(object as? [String: Any])
        let number = try Account.numbers(of: host.enrolled.user).uid
        #expect(state["uids"] as? String == "\(number) 0 0 0")
    }

    @Test(
        "With few descriptors, little memory or no growing files, a login is let in unrecorded",
        arguments: [
            [3, 4, 5, 6, 8, 12].map { "--nofile=\($0)" },
            [0, 529, 4096, 8192, 12_287, 1 << 20].map { "--fsize=\($0)" },
            [4, 6, 7, 8, 9, 10, 12, 16, 24, 512].map { "--as=\($0 << 19)" },
            [1, 2, 4, 8, 16, 2048].map { "--data=\($0 << 15)" },
            [14, 15, 16, 18, 20].map { "--stack=\(1 << $0)" },
        ])
    func limits(of kind: [String]) async throws {
        let outcomes = try await sweep(
            kind.map { ["env", "--ignore-signal=XFSZ", "prlimit", $0] })
        #expect(outcomes.last == true, "\(outcomes)")
    }

    @Test("Odd variables let a wrong code in, refuse a right one, or leave files behind")
    func environment() async throws {
        let host = try await SetuidHost()
        let libraries = Machine.libraries + "/faketime"
        let library = libraries + "/libfaketime.so.1"
        try #require(access(library, R_OK) == 0, "no \(library)")
        let folder = try host.enrolled.scratch.folder("lure", mode: 0o777)
        for variables in [
            // An hour ahead, no current code is right.
            ["LD_PRELOAD=\(library)", "FAKETIME=+1h"],
            ["LD_PRELOAD=libfaketime.so.1", "LD_LIBRARY_PATH=\(libraries)"],
            [
                "LD_AUDIT=\(library)", "LD_DEBUG=all", "LD_DEBUG_OUTPUT=\(folder)/ld",
                "LD_BIND_NOW=1",
            ],
            ["LD_PROFILE=libpam.so.0", "LD_PROFILE_OUTPUT=\(folder)", "LD_SHOW_AUXV=1"],
            ["NETTLE_FAT_OVERRIDE=none", "GLIBC_TUNABLES=glibc.malloc.perturb=90"],
            ["TZ=../../../../etc/shadow", "TZDIR=\(folder)", "TMPDIR=\(folder)"],
            ["SWIFT_DEBUG_HELP=YES", "SWIFT_BACKTRACE=enable=yes,output-to=\(folder)"],
            ["LC_ALL=tr_TR.UTF-8", "LOCPATH=\(folder)", "NLSPATH=\(folder)/%N"],
            ["PAM_USER=root", "USER=root", "LOGNAME=root", "HOME=/root", "store=/tmp"],
        ] {
            let phone = try host.enrolled.renewKey()
            let words = ["env"] + variables
            #expect(try await host.login(Self.wrong, words) == "PAM_AUTH_ERR", "\(variables)")
            let code = try await phone.code()
            #expect(try await host.login(code, words) == "PAM_SUCCESS", "\(variables)")
            #expect(try await host.login(code, words) == "PAM_AUTH_ERR", "\(variables)")
            try host.enrolled.change { $0.throttle.unlock() }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test("The caller's umask decides who may read a record", arguments: ["0777", "0"])
    func umask(_ mask: String) async throws {
        let host = try await SetuidHost("enroll=require after_first_factor")
        let enrolled = host.enrolled
        let file = try enrolled.recordFile
        try #require(unlink(file) == 0)
        let talk = try InteractiveLogin(
            host.stack, user: enrolled.user, around: host.around("umask \(mask)"))
        let phone = try await talk.enroll()
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try await host.login(try await phone.code(steps: 1)) == "PAM_SUCCESS")
    }

    /// Tries a wrong code and a right one under each of these limits, and the right one without
    /// any; returns for each limit whether it let the right one in.
    private func sweep(_ limits: [[String]]) async throws -> [Bool] {
        let host = try await SetuidHost()
        var outcomes: [Bool] = []
        for words in limits {
            try host.enrolled.change { $0.throttle.unlock() }
            let code = try await host.enrolled.renewKey().code()
            // The program may fail to start, or end at any point without output.
            let denials: Set<String?> = [
                nil, "PAM_AUTH_ERR", "PAM_AUTHINFO_UNAVAIL", "PAM_MODULE_UNKNOWN", "PAM_BUF_ERR",
                "PAM_SYSTEM_ERR", "PAM_ABORT", "PAM_CONV_ERR", "PAM_SERVICE_ERR",
            ]
            let wrong = try await host.login(Self.wrong, words)
            #expect(denials.contains(wrong), "\(words): \(wrong ?? "")")
            let limited = try await host.login(code, words)
            #expect(denials.contains(limited) || limited == "PAM_SUCCESS", "\(limited ?? "")")
            let free = try await host.login(code)
            if limited == "PAM_SUCCESS" {
                #expect(free == "PAM_AUTH_ERR", "\(words): in twice")
            } else if limited == nil {
                #expect(free == "PAM_SUCCESS" || free == "PAM_AUTH_ERR", "\(words): \(free ?? "")")
            } else {
                #expect(free == "PAM_SUCCESS", "\(words): \(limited ?? ""), \(free ?? "")")
            }
            // The record is intact.
            #expect(try host.enrolled.read { $0.backupCodesLeft } == 10, "\(words)")
            outcomes.append(limited == "PAM_SUCCESS")
        }
        return outcomes
    }
}
