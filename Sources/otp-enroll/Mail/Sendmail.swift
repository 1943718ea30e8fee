import Glibc
import OTPCore
import OTPSystem

/// Passes a mail to the machine's mailer, sendmail(1): fixed arguments, no shell, nothing of our
/// environment, and no descriptor except the message's.
enum Sendmail {
    private static let path = "/usr/sbin/sendmail"
    private static let words = [path, "-i", "-t"]
    private static let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]

    /// How long the mailer may take, in seconds.
    private static let patience = 30
    /// How much of its output is kept.
    private static let maximumSaid = 512

    /// Sends `mail` with the `text`, which may contain a secret and is wiped.
    static func send(_ mail: Mail, _ text: inout [UInt8]) throws(Failure) {
        var message = try mail.message(&text)
        defer { Secret.wipe(&message) }
        let result: Tool.Result?
        do throws(SystemError) {
            result = try Tool.run(
                words, reading: message, environment: environment, within: .seconds(patience),
                keeping: maximumSaid)
        } catch {
            throw cannotStart(error)
        }
        guard let result else {
            throw Failure("\(path) did not take the mail within \(patience) seconds")
        }
        guard result.status == 0 else { throw failure(result) }
    }

    private static func cannotStart(_ error: SystemError) -> Failure {
        Failure(
            "no mail can be sent: \(path): \(error.text)",
            hints: error.number == ENOENT
                ? ["install a mailer that provides sendmail(8), such as dma"] : [])
    }

    /// What an exit status other than 0 means (sysexits(3)), with the first line of output.
    private static func failure(_ result: Tool.Result) -> Failure {
        let meaning =
            switch result.status {
            case 67, 68: "it does not know the address"
            case 75: "it cannot send now"
            case 78: "it is not set up"
            case 128...: "it was ended by signal \(result.status - 128)"
            default: "exit status \(result.status)"
            }
        let said = result.errors.isEmpty ? result.output : result.errors
        let line = Output.printable(Array(said.prefix { $0 != UInt8(ascii: "\n") }))
        return Failure(
            "\(path) refused the mail: \(meaning)",
            hints: line.isEmpty ? [] : ["it said: \(line)"])
    }
}
