import OTPCore
import Testing

@Suite("Maps of renamed users")
struct MoveMapTests {
    @Test("A line is not read, or a comment is")
    func lines() throws {
        let text = "\u{FEFF}# old new\n\nbob bob@example.com\r\n\t1001   alice  \n  # bob robert\n"
        let map = try MoveMap(text + "carl karl")
        #expect(map.lines.map(\.number) == [3, 4, 6])
        #expect(map.lines.map(\.old) == ["bob", "1001", "carl"])
        #expect(map.lines.map(\.new) == ["bob@example.com", "alice", "karl"])
        for empty in ["", "\n", "# only\n"] { #expect(try MoveMap(empty).lines.isEmpty) }
    }

    @Test("A bad line is not reported, or others are not because of it")
    func problems() {
        let text = "a b\nc\nd e f\na g\nh b\na b\n"
        #expect(throws: MoveMap.Problem.self) { try MoveMap(text) }
        do throws(MoveMap.Problem) {
            _ = try MoveMap(text)
        } catch {
            #expect(
                error.lines == [
                    "line 2: not an old and a new user", "line 3: not an old and a new user",
                    "line 4: the old user is in line 1 too",
                    "line 5: the new user is in line 1 too",
                    "line 6: the old user is in line 4 too",
                    "line 6: the new user is in line 5 too",
                ])
        }
    }

    @Test("What a map looks like is not what is read")
    func expectation() throws {
        let example = try #require(MoveMap.expectation.split(separator: ": ").last)
        #expect(try MoveMap(String(example)).lines.count == 1)
    }
}
