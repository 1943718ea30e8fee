import ArgumentParser
import Dispatch
import FleetNetwork
import FleetStore
import Glibc
import OTPCore
import OTPSystem

/// `swiftotp-server serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the hosts of the fleet; systemd starts this.")

    @OptionGroup var folder: FolderOption

    /// When to say that the database cannot be used: threads connect at once, and listen a while.
    private static let warmUp = Duration.seconds(3)
    /// How often the file of master keys is looked at.
    static let look = Duration.seconds(2)
    /// How often the certificate is looked at.
    private static let day = Duration.seconds(86_400)

    func run() async throws {
        SystemLog.open(as: "swiftotp-server")
        let folder = try folder.open()
        let policy = try folder.policy()
        var database = folder.databaseSettings()
        database.window = policy.window
        let threads = try ServerThreads(database, count: folder.configuration.threads)
        var settings = ServerSettings()
        settings.address = folder.configuration.address
        settings.port = folder.configuration.port
        settings.hostRate = folder.configuration.hostRate
        settings.metricsPort = folder.configuration.metricsPort
        let server = try FleetServer(
            settings: settings, identity: try folder.identity(), trust: folder.authority.trust,
            service: Judge(threads: threads, authority: folder.authority, policy: policy),
            moreMetrics: { threads.metrics }, log: { SystemLog.write(trouble: $0) })
        let (port, metricsPort) = try await server.start()
        let metrics = metricsPort.map { ", metrics on port \($0)" } ?? ""
        Process.complain(
            "swiftotp-server: serving the fleet \(folder.configuration.fleet) on port \(port)\(metrics)\n"
        )
        try await Task.sleep(for: Serve.warmUp)
        if let trouble = threads.trouble {
            Process.complain("swiftotp-server: \(Judge.sentence(trouble))\n")
        }
        let upkeep = Task {
            while true {
                try await Task.sleep(for: Serve.day)
                try server.replace(identity: try folder.identity())
            }
        }
        let keys = Task {
            while true {
                try await Task.sleep(for: Serve.look)
                do throws(FleetProblem) {
                    threads.state.use(try folder.currentKeys())
                } catch {
                    SystemLog.write(trouble: error.text)
                }
            }
        }
        await Serve.signal()
        upkeep.cancel()
        keys.cancel()
        await server.stop()
        threads.stop()
    }

    /// Waits until systemd or somebody at a terminal ends the program.
    private static func signal() async {
        let sources = [SIGTERM, SIGINT].map { number in
            Glibc.signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once { continuation.resume() }
            for source in sources {
                source.setEventHandler { once.run() }
                source.activate()
            }
        }
        // Nothing else holds them while this waits: a source that is gone hears nothing.
        withExtendedLifetime(sources) {}
    }
}

extension ServerThreads {
    /// Lines for the metrics.
    fileprivate var metrics: String {
        """
        # HELP swiftotp_ready Whether this server can judge.
        # TYPE swiftotp_ready gauge
        swiftotp_ready \(trouble == nil ? 1 : 0)

        """
    }
}
