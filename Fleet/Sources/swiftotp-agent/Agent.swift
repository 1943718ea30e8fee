import FleetNetwork
import Glibc
import OTPCore
import OTPSystem
import OTPWire
import Synchronization

/// The service: takes requests from swiftotpd, and passes them on. A thread for each connection.
final class Agent: Sendable {
    /// How many connections there may be.
    private static let most = 128
    /// How long a connection may be idle.
    private static let idle = Duration.seconds(600)
    /// How long the other end may take for a reply.
    private static let patience = Duration.seconds(2)
    /// How long it pauses if the system has no room for more, in microseconds.
    private static let rest: UInt32 = 20_000

    private let client: FleetClient
    private let upkeep: Upkeep
    private let offline: OfflineDesk
    private let arguments: Program.Arguments
    private let connections = Mutex(0)

    init(_ arguments: Program.Arguments) throws(FleetProblem) {
        self.arguments = arguments
        guard PrivateFile.exists(arguments.credentials) else {
            throw FleetProblem(
                "this host is in no fleet: \(arguments.credentials) is missing; "
                    + "see swiftotp-agent join")
        }
        let text = try PrivateFile.read(arguments.credentials)
        let credentials: HostCredentials
        do throws(FleetProblem) {
            credentials = try HostCredentials(text: text)
        } catch {
            throw FleetProblem("\(arguments.credentials): \(error.text)")
        }
        let receipts = ReceiptFile(in: arguments.state)
        client = try FleetClient(
            credentials, receipt: receipts.read(), keepReceipt: { receipts.write($0) })
        offline = OfflineDesk(client, in: arguments)
        upkeep = Upkeep(of: client, in: arguments.credentials, offline)
    }

    /// Serves until the process is ended.
    func run() throws(FleetProblem) -> CInt {
        let listener: Listener
        do throws(Listener.Problem) {
            listener = Listener.isPassed ? try Listener() : try Listener(at: arguments.path)
        } catch {
            throw FleetProblem(error.text)
        }
        client.start()
        upkeep.start()
        while true {
            guard listener.wait(with: [], until: Deadline(in: .seconds(60))).isCalled else {
                continue
            }
            switch listener.accept() {
            case .connection(let socket): receive(socket)
            case .nobody: break
            case .trouble: usleep(Agent.rest)
            }
        }
    }

    /// Serves a connection on a thread of its own.
    private func receive(_ socket: consuming Socket) {
        let guest = Guest(FrameChannel(socket))
        let isFull = connections.withLock { count in
            count += 1
            return count > Agent.most
        }
        let hasStarted = Worker.start {
            if let channel = guest.take() { self.serve(channel, isFull) }
            self.connections.withLock { $0 -= 1 }
        }
        if !hasStarted { connections.withLock { $0 -= 1 } }
    }

    private func serve(_ connection: consuming FrameChannel, _ isFull: Bool) {
        var channel = connection
        do throws(WireError) {
            // Root's swiftotpd, and our own user: for `status`.
            let user = try channel.peer()
            guard user == 0 || user == geteuid() else { return }
            guard !isFull else {
                channel.queue(.busy, Array("swiftotp-agent has too many connections"))
                return try channel.flush(until: Deadline(in: Agent.patience))
            }
            channel.queue(.welcome, [Frame.version])
            try channel.flush(until: Deadline(in: Agent.patience))
            while true {
                var frame = try channel.receive(until: Deadline(in: Agent.idle))
                defer { Secret.wipe(&frame.payload) }
                guard frame.kind == .request else { return }
                channel.queue(.reply, reply(to: frame.payload))
                try channel.flush(until: Deadline(in: Agent.patience))
            }
        } catch {
            // Whoever asked is gone, and its own log says why.
        }
    }

    private func reply(to body: [UInt8]) -> [UInt8] {
        guard !body.isEmpty else {
            let state = AgentState(of: client, offline)
            return payload(.answered, (try? Document.encode(state)) ?? [])
        }
        if OfflineCall.isOne(body) { return payload(.answered, offline.reply(to: body)) }
        let client = client
        switch Blocking.run({ await client.call(body) }) {
        case .answered(let answer): return payload(.answered, answer)
        case .unreachable(let why): return payload(.unreachable, Array(why.utf8))
        case .refused(let why): return payload(.refused, Array(why.utf8))
        case .overBudget(let why): return payload(.overBudget, Array(why.utf8))
        case .unavailable(let why): return payload(.unavailable, Array(why.utf8))
        case .malformed(let why): return payload(.malformed, Array(why.utf8))
        case nil: return payload(.unavailable, Array("swiftotp-agent has no room for it"))
        }
    }

    private func payload(_ status: AgentStatus, _ rest: [UInt8]) -> [UInt8] {
        guard rest.count < Frame.maximumLength - 1 else {
            // A frame would be cut there.
            return payload(.unavailable, Array("the fleet's answer is too long"))
        }
        return [status.rawValue] + rest
    }
}

/// A connection on its way to its thread.
private final class Guest: Sendable {
    private let channel: Mutex<FrameChannel?>

    init(_ channel: consuming FrameChannel) { self.channel = Mutex(channel) }

    /// The connection, the first time.
    func take() -> FrameChannel? { channel.withLock { $0.take() } }
}
