import Foundation
import TestSupport

/// An unprivileged program, such as a screen locker: an ordinary user's pam-dialogue with the
/// module, and swiftotpd behind a socket.
struct UnprivilegedHost {
    /// The user who runs the program, enrolled in the service's store.
    let enrolled: Enrolled
    let account: Account
    /// The listener; `nil` if there is none.
    let service: Service?
    let stack: Stack
    private let programs: Programs

    /// What is behind `socket=`.
    enum Behind: Sendable {
        /// The real service, with this configuration.
        case service(String = "")
        case nobody
        /// A program of root's, or of the user's, that does this with each connection.
        case fake(FakeService, root: Bool = true)
    }

    /// `arguments` are the module's; STORE stands for the service's store. `name` is the program's
    /// own name for itself.
    init(
        _ behind: Behind = .service(), _ arguments: String = "", name: String = "locker"
    ) async throws {
        account = try await Self.account.value
        programs = try Programs.shared.get()
        let scratch = try Scratch()
        // The user's own program reads the service file.
        _ = try scratch.folder("pam.d", mode: 0o755)
        enrolled = try Enrolled(user: account.name, in: scratch)
        var socket = scratch.file("nobody.sock")
        switch behind {
        case .service(let configuration):
            let started = try await Service(store: enrolled.store, configuration: configuration)
            (service, fake) = (started, nil)
            socket = started.socket
        case .nobody: (service, fake) = (nil, nil)
        case .fake(let manner, let isRoot):
            let started = try await Impostor(
                manner.work, isFull: manner.isFull, as: isRoot ? { $0 } : account.running)
            (service, fake) = (nil, started)
            socket = started.socket
        }
        let arguments = arguments.replacing("STORE", with: enrolled.store)
        stack = try Stack(scratch, arguments, service: name, door: .resident(socket))
        let file = "pam.d/\(stack.service)"
        let text = try String(contentsOfFile: scratch.file(file), encoding: .utf8)
        try scratch.write(
            text.replacing(try Build.module(), with: programs.module), to: file, mode: 0o644)
    }

    private let fake: Impostor?

    /// The words before pam-dialogue that make the user's copy run in its place.
    var around: [String] {
        account.running(["sh", "-c", "exec \(programs.dialogue)"])
    }

    /// pam-dialogue as the user.
    var dialogue: [String] { account.running([programs.dialogue]) }

    /// One account for all: each host has its own store and service.
    private static let account = Task { try await Account.make("locker") }
    /// Another user.
    static let other = Task { try await Account.make("neighbor") }
}

/// The module and pam-dialogue where everybody can read them, wherever they were built.
private final class Programs: Sendable {
    static let shared = Swift.Result { try Programs() }

    let module: String
    let dialogue: String
    private let scratch: Scratch

    private init() throws {
        scratch = try Scratch()
        module = scratch.file("pam_swiftotp.so")
        dialogue = scratch.file("pam-dialogue")
        for (from, to) in [
            (try Build.module(), module), (try Build.product("pam-dialogue"), dialogue),
        ] {
            try Scratch.copy(program: from, to: to)
        }
    }
}
