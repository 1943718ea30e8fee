import FleetNetwork
import FoundationEssentials
import Glibc
import OTPCore
import OTPSystem

/// Looks whether the site has renewed the certificate that it has made for this host, and says so
/// if it has not.
struct SiteUpkeep {
    /// The time between two looks at the files.
    private static let pause = Duration.seconds(10)
    /// The time after which the same trouble is told again.
    private static let reminder = Duration.seconds(3600)

    private let client: FleetClient
    private var next = ContinuousClock.now
    private var told: (text: String, at: ContinuousClock.Instant)?

    init(of client: FleetClient) { self.client = client }

    /// Takes over what is new; called once a second.
    mutating func look() async {
        guard ContinuousClock.now >= next else { return }
        next = .now + SiteUpkeep.pause
        do throws(FleetProblem) {
            if try await client.reread() {
                told = nil
                SystemLog.write(LogLine("certificate renewed").bytes, LOG_INFO)
            }
            let identity = client.credentials.identity
            guard Date() >= identity.renewal else { return }
            throw FleetProblem(
                "it ends on \(identity.end.formatted(.iso8601)), and the site has not renewed it")
        } catch {
            tell(error.text)
        }
    }

    private mutating func tell(_ trouble: String) {
        let now = ContinuousClock.now
        if let told, told.text == trouble, now - told.at < SiteUpkeep.reminder { return }
        told = (trouble, now)
        var line = LogLine("certificate not renewed")
        line.add("error", sentence: Array(trouble.utf8))
        SystemLog.write(line.bytes, LOG_ERR)
    }
}
