import Foundation
import TestSupport
import Testing

/// Every command that the pages tell somebody to type is typed here, or named with the reason why
/// it cannot be.
@Suite("The commands of the pages")
struct ReadmeCommandTests {
    /// A command that runs: what alice has before, and what it shows when it has done its work.
    struct Act {
        let before: CommandMachine.Before
        let shows: String
        /// 0, but for those that have something to find.
        var statuses: Set<Int32> = [0]
        /// What a shell finds to be so afterwards.
        var leaves = "true"
    }

    @Test("There is no command in a page that is in neither list, and none in a list too many")
    func lists() throws {
        let lines = try PageCommands.all()
        #expect(lines.count >= 75)
        let known = Set(PageActs.run.keys).union(PageActs.checked.keys)
        for line in lines {
            #expect(known.contains(line.text), "\(line.page) has a command that no test runs")
        }
        #expect(known.subtracting(lines.map(\.text)).isEmpty)
        #expect(Set(PageActs.run.keys).isDisjoint(with: PageActs.checked.keys))
    }

    @Test("A command of a page does something else when it is typed", arguments: PageCommands.pages)
    func typed(page: String) async throws {
        let lines = try PageCommands.lines(of: page).map(\.text).filter {
            PageActs.run[$0] != nil
        }
        guard !lines.isEmpty else { return }
        let machine = try await CommandMachine()
        // Once each, in the order of the page, but what takes all away at the end.
        var seen: Set<String> = []
        for line in lines.filter({ seen.insert($0).inserted }) {
            let act = try #require(PageActs.run[line])
            let person = try await machine.prepare(act.before)
            try await machine.bring(for: line)
            let result = try await machine.type(line, by: person)
            #expect(act.statuses.contains(result.status), "\(page): \(line)\n\(result.shown)")
            #expect(
                act.shows.isEmpty || result.shown.contains(act.shows),
                "\(page): \(line)\n\(result.shown)")
            let left = try await machine.root.run("sh", "-c", act.leaves)
            #expect(left.status == 0, "\(page): \(line) has not done: \(act.leaves)")
        }
    }

    @Test("What cannot be typed here names what there is")
    func checked() async throws {
        let root = try await PrivateRoot()
        try await CommandMachine.make("install", in: root)
        for (line, check) in PageActs.checked {
            #expect(!check.reason.isEmpty)
            switch check.kind {
            case .make(let target):
                let done = try await Command.run(
                    ["make", "-n", "-C", Project.folder.path, target])
                #expect(done.status == 0, "\(line): \(done.errors)")
                #expect(line.hasSuffix("make \(target)"))
            case .packages(let names):
                let control = try Project.text("packaging/debian/control")
                for name in names {
                    #expect(line.contains(name))
                    #expect(control.contains("\nPackage: \(name)\n"))
                }
            case .unit(let unit):
                #expect(line.contains(unit))
                let file = unit.contains(".") ? unit : "\(unit).service"
                let found = ["/usr/lib/systemd/system", "/lib/systemd/system"]
                    .contains { access(root.file("\($0)/\(file)"), R_OK) == 0 }
                #expect(found, "\(line)")
                if line.contains("enable") {
                    try await Command.output(["systemctl", "--root=\(root.path)", "enable", unit])
                    let link = "/etc/systemd/system/sockets.target.wants/\(unit)"
                    #expect(try await root.status(link) != nil)
                }
            case .tests(let target):
                #expect(line.hasSuffix("--filter \(target)"))
                #expect(try Project.text("Package.swift").contains("name: \"\(target)\""))
            }
        }
    }
}
