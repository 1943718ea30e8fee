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

    /// How often to look whether the database can be used.
    private static let second = Duration.seconds(1)
    /// How often the file of master keys is looked at.
    static let look = Duration.seconds(2)
    /// How often the certificate is looked at, and another try made if it could not be made anew.
    private static let hour = Duration.seconds(3600)

    func run() async throws {
        SystemLog.open(as: "swiftotp-server")
        let folder = try folder.open()
        let policy = try folder.policy()
        var database = folder.databaseSettings()
        database.window = policy.window
        let threads = try ServerThreads(database, count: folder.configuration.threads)
        let troubles = TroubleLog()
        var settings = ServerSettings()
        settings.address = folder.configuration.address
        settings.port = folder.configuration.port
        settings.hostRate = folder.configuration.hostRate
        settings.metricsPort = folder.configuration.metricsPort
        let server = try FleetServer(
            settings: settings, identity: try folder.identity(), trust: folder.authority.trust,
            site: try folder.siteAuthority(),
            service: Judge(
                threads: threads, authority: folder.authority, policy: policy, troubles: troubles),
            moreMetrics: { ServerMetrics(of: threads.state, isReady: threads.trouble == nil).text },
            log: { SystemLog.write(trouble: $0) })
        let (port, metricsPort) = try await server.start()
        let metrics = metricsPort.map { ", metrics on port \($0)" } ?? ""
        Process.complain(
            "swiftotp-server: serving the fleet \(folder.configuration.fleet) on port \(port)\(metrics)\n"
        )
        let watch = Task {
            while true {
                try await Task.sleep(for: Serve.second)
                troubles.look(at: threads.trouble)
            }
        }
        let upkeep = Task {
            while true {
                try await Task.sleep(for: Serve.hour)
                do throws(FleetProblem) {
                    try server.replace(identity: try folder.identity())
                } catch {
                    SystemLog.write(trouble: "the certificate is not made anew: \(error.text)")
                }
            }
        }
        let keys = Task {
            while true {
                try await Task.sleep(for: Serve.look)
                do throws(FleetProblem) {
                    threads.state.use(try folder.currentKeys())
                } catch {
                    // Not each time that it looks.
                    troubles.note(StoreError(.system, [], error.text))
                }
            }
        }
        await Serve.signal()
        watch.cancel()
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
