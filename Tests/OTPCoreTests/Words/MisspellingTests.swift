import Testing

@testable import OTPCore

@Suite("Proposals for mistyped words")
struct MisspellingTests {
    static let words = ["add", "status", "list", "remove", "reset", "resync", "alice", "alicia"]

    @Test(
        "A slip of the fingers is not understood",
        arguments: [
            ("staus", ["status"]), ("sttaus", ["status"]), ("Status", ["status"]),
            ("statuss", ["status"]), ("stxtus", ["status"]), ("lsit", ["list"]), ("ad", ["add"]),
            ("alcie", ["alice"]), ("alic", ["alice", "alicia"]), ("stat", ["status"]),
            ("remoev", ["remove"]), ("ressyncc", ["resync"]),
        ])
    func near(typed: String, meant: [String]) {
        #expect(Misspelling.candidates(for: typed, among: Self.words) == meant)
    }

    @Test(
        "Something is proposed for what is like nothing, or is there",
        arguments: [
            "", "a", "bob", "lo", "export", "xyz", "lxst1", String(repeating: "a", count: 999),
        ])
    func far(typed: String) {
        #expect(Misspelling.candidates(for: typed, among: Self.words).isEmpty)
    }

    @Test("There are too many proposals, or the same one twice")
    func few() {
        let found = Misspelling.candidates(for: "use", among: ["user", "used", "uses", "user"])
        #expect(found == ["user", "used"])
        #expect(Misspelling.candidates(for: "usr", among: ["user", "user"]) == ["user"])
        #expect(Misspelling.candidates(for: "", among: ["", "a"]).isEmpty)
    }
}
