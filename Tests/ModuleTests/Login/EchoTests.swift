import TestSupport
import Testing

/// Whether typed text is visible, by libpam's request to the program that asks.
@Suite("What is typed, seen or not, through libpam")
struct EchoTests {
    @Test(
        "Typing is shown elsewhere than at sshd, or hidden there, or `echo` has no effect",
        arguments: [
            ("sshd", "", "echo_on"), ("login", "", "echo_off"), ("sudo", "", "echo_off"),
            ("su", "retry=2", "echo_off"), ("vpn", "", "echo_off"),
            ("sshd", "echo=no", "echo_off"), ("sudo", "echo=yes", "echo_on"),
            ("vpn", "echo", "echo_on"), ("sshd", "forward_pass", "echo_off"),
            ("sudo", "echo=yes forward_pass", "echo_off"),
        ])
    func codes(service: String, options: String, style: String) async throws {
        let enrolled = try Enrolled()
        let stack = try enrolled.stack(options, service: service)
        let result = try await stack.login(enrolled.user, ["000000", "000000"])
        let styles = result.messages.map(\.style).filter { $0.hasPrefix("echo") }
        #expect(!styles.isEmpty && styles.allSatisfy { $0 == style }, "\(result)")
    }

    @Test(
        "Typing while enrolling is shown elsewhere than at sshd, or hidden there",
        arguments: [
            ("sshd", "", "echo_on"), ("sudo", "", "echo_off"), ("login", "", "echo_off"),
            ("su", "echo=yes", "echo_on"), ("sshd", "echo=no", "echo_off"),
        ])
    func enrolling(service: String, options: String, style: String) async throws {
        let enrolled = try Enrolled()
        try enrolled.forget()
        let stack = try enrolled.stack(
            "enroll=require after_first_factor \(options)", service: service)
        let result = try await stack.login(enrolled.user, ["000000", "000000", "000000"])
        let styles = result.messages.map(\.style).filter { $0.hasPrefix("echo") }
        #expect(!styles.isEmpty && styles.allSatisfy { $0 == style }, "\(result)")
    }
}
