import Glibc

/// A network of its own, with only this machine in it: nobody else sees its addresses.
public final class Network: Sendable {
    private let keeper: Terminal

    /// Makes one with these addresses, such as `2001:db8:0:1::1/64`.
    public init(_ addresses: [String]) async throws {
        try Build.requireGround()
        let script = """
            ip link set lo up
            for address in "$@"; do ip address add "$address" dev lo; done
            echo it is up
            exec sleep infinity
            """
        keeper = try Terminal(["unshare", "--net", "sh", "-ec", script, "sh"] + addresses)
        try await keeper.expect("it is up")
    }

    /// The words that run a program in it.
    public var words: [String] { ["nsenter", "--target", "\(keeper.child.pid)", "--net"] }

    deinit { keeper.child.signal(SIGKILL) }
}
