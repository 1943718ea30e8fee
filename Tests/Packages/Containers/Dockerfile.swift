import TestSupport

/// A Dockerfile, instruction by instruction.
struct Dockerfile {
    struct Instruction {
        /// `RUN`, `COPY` and the like.
        let word: String
        /// The rest, including continuation lines.
        let rest: String
    }

    let instructions: [Instruction]

    init(_ text: String) throws {
        let lines = text.split(separator: "\n").filter {
            !$0.drop { $0 == " " }.hasPrefix("#")
        }
        instructions = try lines.joined(separator: "\n").replacing("\\\n", with: " ")
            .split(separator: "\n").map { line in
                guard let blank = line.firstIndex(of: " ") else {
                    throw Trouble("not an instruction: \(line)")
                }
                return Instruction(
                    word: String(line[..<blank]),
                    rest: String(line[line.index(after: blank)...]))
            }
    }

    /// The Debian release that the image starts from, and the file's default.
    func suite() throws -> String {
        guard instructions.count > 1, instructions[0].word == "ARG",
            let suite = instructions[0].rest.wholeMatch(of: #/SUITE=(\w+)/#),
            instructions[1].word == "FROM", instructions[1].rest == "debian:${SUITE}-slim"
        else { throw Trouble("the Dockerfile does not begin with Debian's slim image") }
        return String(suite.1)
    }
}
