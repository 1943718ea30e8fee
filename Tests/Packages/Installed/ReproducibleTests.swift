import Foundation
import TestSupport
import Testing

/// Everybody who builds the same source gets the same bytes, and so can check packages. The
/// programs themselves are built twice by `Tests/reproduce`, which takes minutes.
@Suite("packages: the same bytes elsewhere and later")
struct ReproducibleTests {
    /// Runs a shell command in a folder as on another machine: 400 days later, with another time
    /// zone, language and umask.
    private func elsewhere(_ command: String, in folder: String) async throws {
        let shell = ["sh", "-c", "umask 077; cd \"$0\" && \(command)", folder]
        try await Command.output(
            ["faketime", "-f", "+400d"] + shell,
            environment: ["TZ": "Pacific/Apia", "LC_ALL": "C", "LANG": "de_DE.UTF-8"],
            within: .seconds(600))
    }

    private func bytes(_ path: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path))
    }

    @Test("A package of the same programs made elsewhere, later and after a failed run differs")
    func packages() async throws {
        // Only for existing, current packages.
        _ = try await Project.package("otp-enroll-\(Project.version())-1.\(Machine.processor).rpm")
        let scratch = try Scratch()
        let folder = scratch.file("another/folder")
        _ = try scratch.folder("another", mode: 0o755)
        try await elsewhere("cp -r . '\(folder)'", in: Project.tree.path)
        // What a failed run leaves; rsync keeps the names that are in .gitignore.
        let left = """
            mkdir -p .build/packages/swiftotp/debian/otp-enroll/usr/lib/debug/.build-id
            cp .gitignore .build/packages/swiftotp
            """
        try await elsewhere(left, in: folder)
        try await elsewhere("make -o build -o setup-packages deb rpm", in: folder)
        let made = Project.packages.path
        let names = try FileManager.default.contentsOfDirectory(atPath: made)
            .filter { $0.hasSuffix(".deb") || $0.hasSuffix(".rpm") }
        // Debian's two, each with its debug information, and the three RPMs.
        #expect(names.count == 7, "\(names)")
        for name in names {
            let isSame = try bytes(made + "/" + name) == bytes(folder + "/.build/packages/" + name)
            #expect(isSame, "\(name): Tests/reproduce says what differs")
        }
    }

    @Test("The tarball of `make dist` differs, lacks a file, or has an uncommitted one")
    func tarball() async throws {
        let scratch = try Scratch()
        let (first, second) = (scratch.file("first"), scratch.file("second"))
        try await Command.output(
            ["make", "-s", "-C", Project.folder.path, "dist", "DIST=\(first)"])
        try await elsewhere("make -s dist DIST='\(second)'", in: Project.folder.path)
        let name = "swiftotp-\(try Project.version())"
        for file in ["\(name).tar.gz", "SHA256SUMS"] {
            let isSame = try bytes("\(first)/\(file)") == bytes("\(second)/\(file)")
            #expect(isSame, "\(file)")
        }
        // git's view of the files that were in it, which are outside of its own folder.
        let look = """
            cd "$1" && sha256sum --quiet -c SHA256SUMS && tar xzf "$2.tar.gz" && cd "$2"
            GIT_DIR=$(git -C "$3" rev-parse --absolute-git-dir)
            export GIT_DIR GIT_WORK_TREE="$PWD" GIT_INDEX_FILE="$1/index"
            git read-tree HEAD && git status --porcelain --untracked-files=all --ignored
            """
        let words = ["sh", "-ec", look, "sh", first, name, Project.folder.path]
        #expect(try await Command.output(words) == "")
    }
}
