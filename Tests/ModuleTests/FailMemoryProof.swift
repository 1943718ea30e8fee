import Foundation
import TestSupport
import Testing

/// A login of whose host each allocation fails in turn, for once and from there on.
@Suite("Every allocation of a login fails in turn")
struct FailingMemoryProof {
    private static let memory = Task { try await FailMemory() }

    @Test(
        "In without a record that knows it, ignored, or crashed",
        arguments: LoginKind.allCases, ["", "nullok"])
    func failing(kind: LoginKind, arguments: String) async throws {
        let memory = try await Self.memory.value
        let rehearsal = try await Rehearsal(kind, arguments)
        let stages = try await Stages(rehearsal, .host)
        try rehearsal.restore()
        let file = rehearsal.enrolled.scratch.file("count")
        let whole = try await rehearsal.login(memory.words(countingTo: file))
        #expect(whole.isGranted == (kind != .wrongCode))
        let count = try #require(Int(try String(contentsOfFile: file, encoding: .utf8)))
        #expect(count > 3)
        var ends: [String: Int] = [:]
        // A part of them where it has to be short, another one in each kind.
        let stride = Proof.isLong ? 1 : 7
        let place = LoginKind.allCases.firstIndex(of: kind) ?? 0
        let start = (place * 2 + (arguments.isEmpty ? 0 : 1)) % stride
        for number in Swift.stride(from: start + 1, through: count, by: stride) {
            for last in Proof.isLong || number.isMultiple(of: 2) ? [number, .max] : [number] {
                let name = try await fail(rehearsal, number...last, memory, stages)
                ends[name, default: 0] += 1
            }
        }
        let figures = ends.sorted { $0.value > $1.value }.map { "\($1) \($0)" }
        try Proof.tell(
            "Every allocation fails in turn",
            "a login by \(kind.title)\(arguments.isEmpty ? "" : ", \(arguments)")",
            "\(ends.values.reduce(0, +)) logins: \(figures.joined(separator: ", "))")
    }

    /// One login in which these allocations fail, and what comes after it; the result's name.
    private func fail(
        _ rehearsal: Rehearsal, _ range: ClosedRange<Int>, _ memory: FailMemory, _ stages: Stages
    ) async throws -> String {
        try rehearsal.restore()
        let end = try await rehearsal.login(memory.words(failing: range))
        let what = "\(range.lowerBound)\(range.count == 1 ? "" : ", and so on")"
        #expect(end.status == 0, "\(what)")
        let name = end.result?.name ?? "nothing"
        #expect(name != Stack.ignored && name != "nothing", "\(what)")
        let standing = try rehearsal.standing()
        #expect(stages.all.contains(standing), "\(what): \(String(describing: standing))")
        let others = try rehearsal.otherChanges()
        #expect(others.allSatisfy { $0.hasPrefix("new.") || $0.hasPrefix("decoy-") }, "\(what)")
        if end.isGranted {
            #expect(rehearsal.kind != .wrongCode, "\(what)")
            let isEnrolled = end.result?.said.contains("\"phone\" is enrolled.") == true
            if rehearsal.kind != .newDevice || isEnrolled {
                #expect(standing == stages.all.last, "\(what)")
            }
            if rehearsal.kind.isOnce {
                #expect(try await !rehearsal.repeated(end).isGranted, "\(what)")
            }
        }
        #expect(try await rehearsal.loginAfterwards(end.phone) == "PAM_SUCCESS", "\(what)")
        return name
    }
}
