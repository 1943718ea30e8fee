import Foundation
import TestSupport

/// A room for one setuid program: what it changes anywhere outside of the store is seen.
///
/// The folders that root may write to are covered by overlays (mount(8)) in a mount namespace: the
/// program finds all that is there, and what it changes lands in a folder that was empty.
struct HostRoom {
    private static let places = ["/etc", "/home", "/root", "/var/lib", "/var/log", "/tmp", "/opt"]

    private let scratch: Scratch
    private let changed: String

    init() throws {
        try Build.requireGround()
        scratch = try Scratch()
        changed = try scratch.folder("changed")
    }

    /// The words that run a program in the room. They start as root.
    func running(_ words: [String]) -> [String] {
        let script = """
            base=$1 places=$2
            shift 2
            for place in $places; do
                [ -d "$place" ] || continue
                mkdir -p "$base/new$place" "$base/work$place" || exit 99
                mount -t overlay -o "lowerdir=$place,upperdir=$base/new$place,workdir=$base/work$place" \
                    overlay "$place" || exit 99
            done
            exec "$@"
            """
        // Each run in a part of its own: an overlay's folders are one mount's at a time.
        let part = changed + "/" + UUID().uuidString
        return ["unshare", "--mount", "sh", "-c", script, "sh", part]
            + [Self.places.joined(separator: " ")] + words
    }

    /// What was changed by all runs so far.
    func changes() async throws -> [String] {
        let found = try await Command.output(
            ["find", changed, "-mindepth", "3", "-path", "*/new/*", "(", "!", "-type", "d", ")"])
        return found.split(separator: "\n").map { String($0.dropFirst(changed.count)) }
    }
}
