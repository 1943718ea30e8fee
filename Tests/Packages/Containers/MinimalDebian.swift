import Foundation
import TestSupport

/// A Debian with only apt, made by debootstrap: it stands in for an image from a registry.
enum MinimalDebian {
    /// This machine's suite, for which its packages were built.
    static func suite() throws -> String {
        let release = try String(contentsOfFile: "/etc/os-release", encoding: .utf8)
        guard let name = release.firstMatch(of: #/(?m)^VERSION_CODENAME=(\w+)$/#) else {
            throw Trouble("/etc/os-release does not say which Debian this is")
        }
        return String(name.1)
    }

    /// Its folder. It is made once, and then kept in .build.
    static func root(_ suite: String) async throws -> String {
        let root = Project.path(".build/debian-\(suite)")
        if access(root, F_OK) == 0 { return root }
        try await Command.output(
            ["sh", "-ec", script, "sh", suite, root], within: .seconds(600))
        return root
    }

    /// From the mirror of this machine's apt, and with its settings.
    private static let script = """
        rm -rf "$2.new"
        mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Release: $1" |
            head -n 1)
        debootstrap --variant=minbase "$1" "$2.new" "${mirror:-http://deb.debian.org/debian}" >&2
        apt-config dump Acquire | grep -E '^Acquire::(https?|Check-Valid-Until)\\b' \
            >"$2.new/etc/apt/apt.conf.d/90machine" || true
        mv "$2.new" "$2"
        """
}
