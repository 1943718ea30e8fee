import Foundation
import OTPCore
import TestSupport
import Testing

/// A setuid program with the module, run by a hostile user.
@Suite("In the hands of an ordinary user", .serialized)
struct HostileHostProof {
    /// A setuid pam-dialogue that reads its answers from pipes.
    private struct Victim {
        let setuid: SetuidHost

        init() async throws {
            setuid = try await SetuidHost()
        }

        func start(_ words: [String] = []) throws -> SecretHost {
            try SecretHost(
                setuid.stack, user: setuid.enrolled.user, ["halt off"],
                around: setuid.running(words), namesProgram: true)
        }
    }

    /// The results of all strikes.
    private struct Tally {
        var granted = 0, denied = 0, killed = 0, charged = 0, uncharged = 0, used = 0

        var hasAll: Bool { granted > 0 && denied > 0 && killed > 0 }
    }

    @Test("Stopped, resumed and killed at random, one code logs in twice, or failures are lost")
    func strikes() async throws {
        let victim = try await Victim()
        let enrolled = victim.setuid.enrolled
        let planned = Proof.count(16, long: 500)
        let seed: UInt64 = 20_261_121
        var lot = Seeded(seed)
        var tally = Tally()
        var codes: [String] = []
        var rounds = 0
        // On a busy machine it may take longer until every kind has occurred.
        while rounds < planned || (!tally.hasAll && rounds < 10 * planned) {
            rounds += 1
            if codes.isEmpty { codes = try enrolled.renewBackupCodes() }
            try enrolled.change { $0.throttle.unlock() }
            let isRight = Bool.random(using: &lot)
            // A new wrong code each time: a repeated one would not count.
            let wrong = String(format: "0ZZZZ-ZZZZZ-%05d", rounds)
            let answer = isRight ? codes.removeFirst() : wrong
            let left = try enrolled.read { $0.backupCodesLeft }
            let place = "seed \(seed), round \(rounds)"
            let host = try victim.start()
            _ = try await host.hear("Verification code")
            try await host.answer(answer)
            let result = try await strike(host, by: &lot)
            try await victim.setuid.waitForServices()
            let (failures, leftNow) = try enrolled.read {
                ($0.throttle.sharedFailures, $0.backupCodesLeft)
            }
            #expect(left - leftNow == 0 || (isRight && left - leftNow == 1), "\(place)")
            switch result {
            case "PAM_SUCCESS":
                #expect(isRight && leftNow == left - 1 && failures == 0, "\(place)")
                tally.granted += 1
            case nil:
                #expect(failures <= 1, "\(place)")
                tally.killed += 1
                tally.charged += failures == 1 ? 1 : 0
                tally.uncharged += failures == 0 && leftNow == left ? 1 : 0
                tally.used += leftNow == left ? 0 : 1
            default:
                #expect(
                    !isRight && failures == 1 && result == "PAM_AUTH_ERR",
                    "\(place): \(result ?? "")")
                tally.denied += 1
            }
            guard isRight else { continue }
            // A burned code stays burned, whether or not the result was heard.
            let again = try await victim.setuid.login(answer)
            #expect(again == (leftNow == left ? "PAM_SUCCESS" : "PAM_AUTH_ERR"), "\(place)")
        }
        #expect(tally.hasAll, "\(tally)")
        try Proof.tell(
            "Hostile hosts", "SIGSTOP, SIGCONT and SIGKILL at random, seed \(seed)",
            "\(rounds) logins: \(tally.granted) in, \(tally.denied) out, \(tally.killed) killed "
                + "(\(tally.uncharged) before the charge, \(tally.charged) charged, "
                + "\(tally.used) after the code was used up); no code twice")
    }

    /// Stops, resumes and sometimes kills the process; returns its result, or `nil` if it was
    /// killed.
    private func strike(_ host: SecretHost, by lot: inout Seeded) async throws -> String? {
        let pid = host.pid
        let kills = Int.random(in: 0..<3, using: &lot) > 0
        for _ in 0..<Int.random(in: 0...3, using: &lot) {
            usleep(UInt32.random(in: 0...200, using: &lot))
            kill(pid, SIGSTOP)
            usleep(UInt32.random(in: 0...900, using: &lot))
            kill(pid, SIGCONT)
        }
        if kills {
            usleep(UInt32.random(in: 0...700, using: &lot))
            kill(pid, SIGKILL)
        }
        return try await host.outcome()?.name
    }

    @Test("A caller that stops its program at any moment locks the account's owner out")
    func staysStopped() async throws {
        try await stopForGood("a service of its own")
        let door = ServiceAccess.resident(try await Service.shared().socket)
        try await ServiceAccess.$current.withValue(door) {
            try await stopForGood("one service for all")
        }
    }

    /// Stops programs at random moments after their answer, for good; meanwhile their user logs in
    /// from elsewhere.
    private func stopForGood(_ door: String) async throws {
        let victim = try await Victim()
        let enrolled = victim.setuid.enrolled
        // Another program that nobody interferes with.
        let stack = try enrolled.stack(service: "sshd")
        let seed: UInt64 = 20_261_128
        var lot = Seeded(seed)
        var longest = Duration.zero
        var stopped: [SecretHost] = []
        let rounds = Proof.count(8, long: 200)
        for round in 1...rounds {
            let codes = try enrolled.renewBackupCodes()
            let place = "seed \(seed), round \(round)"
            let host = try victim.start()
            _ = try await host.hear("Verification code")
            try await host.answer(codes[0])
            usleep(UInt32.random(in: 0...3000, using: &lot))
            kill(host.pid, SIGSTOP)
            let begin = ContinuousClock.now
            let other = try await stack.login(enrolled.user, [codes[1]])
            longest = max(longest, ContinuousClock.now - begin)
            #expect(other.name == "PAM_SUCCESS", "\(place)")
            // The stopped program's own code counts once, whether it was checked or not.
            let again = try await stack.login(enrolled.user, [codes[0]])
            let left = try enrolled.read { $0.backupCodesLeft }
            #expect(left == 8, "\(place): \(again.name)")
            stopped.append(host)
        }
        for host in stopped { kill(host.pid, SIGKILL) }
        try await victim.setuid.waitForServices()
        let time = longest.formatted(.units(allowed: [.milliseconds], width: .narrow))
        try Proof.tell(
            "Hostile hosts", "Stopped for good at random after the answer, by \(door)",
            "\(rounds) logins of the same user elsewhere: all in, after \(time) at most")
    }
}

extension Throttle {
    /// Everybody's failures.
    fileprivate var sharedFailures: UInt32 {
        sources.reduce(shared.failures) { $0 + $1.counter.failures }
    }
}
