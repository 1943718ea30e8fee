import Foundation
import TestSupport
import Testing

/// Every command that the pages tell readers to type is typed here, or listed with the reason why
/// it cannot be.
@Suite("The commands on the pages")
struct ReadmeCommandTests {
    /// A command that is run: what alice has before, and what it prints when it is done.
    struct Act {
        let before: CommandMachine.Before
        let shows: String
        /// 0, except for those that are meant to find something.
        var statuses: Set<Int32> = [0]
        /// What a shell command must confirm afterwards.
        var leaves = "true"
        /// The state of bob.
        var bob: CommandMachine.Fate?
    }

    @Test("A command on a page is in neither list, or a list has one too many")
    func lists() throws {
        let lines = try PageCommands.all()
        #expect(lines.count >= 79)
        let known = PageActs.left.union(PageActs.run.keys)
        for line in lines {
            #expect(known.contains(line.text), "\(line.page) has a command that no test runs")
        }
        #expect(known.subtracting(lines.map(\.text)).isEmpty)
        #expect(PageActs.left.isDisjoint(with: PageActs.run.keys))
    }

    @Test("A command on a page does something else when it is typed", arguments: PageCommands.pages)
    func typed(page: String) async throws {
        let lines = try PageCommands.lines(of: page).map(\.text).filter {
            PageActs.run[$0] != nil
        }
        guard !lines.isEmpty else { return }
        let machine = try await CommandMachine()
        // Each once, in the order of the page, with the removal of everything last.
        var seen: Set<String> = []
        for line in lines.filter({ seen.insert($0).inserted }) {
            let act = try #require(PageActs.run[line])
            let person = try await machine.prepare(act.before)
            if let fate = act.bob { try await machine.prepare(fate) }
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
}
