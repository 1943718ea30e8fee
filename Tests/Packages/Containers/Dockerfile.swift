import TestSupport

/// What a Dockerfile says, instruction by instruction.
struct Dockerfile {
    struct Instruction {
        /// `RUN`, `COPY` and the like.
        let word: String
        /// What follows, with the lines that it goes on in.
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

    /// The Debian that the image begins with, and which one this file would take by itself.
    func suite() throws -> String {
        guard instructions.count > 1, instructions[0].word == "ARG",
            let suite = instructions[0].rest.wholeMatch(of: #/SUITE=(\w+)/#),
            instructions[1].word == "FROM", instructions[1].rest == "debian:${SUITE}-slim"
        else { throw Trouble("the Dockerfile does not begin with Debian's slim image") }
        return String(suite.1)
    }
}
