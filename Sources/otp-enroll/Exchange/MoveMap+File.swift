import OTPCore
import OTPSystem

extension MoveMap {
    /// Reads the map at `path`, or stdin for `-`. If any line is bad, all bad lines are reported,
    /// and nothing is done.
    static func read(_ path: String) throws -> MoveMap {
        let name = Output.printable(path)
        let text = String(
            decoding: try OpenFile.contents(path, limit: maximumLength), as: UTF8.self)
        do throws(Problem) {
            return try MoveMap(text)
        } catch {
            for line in error.lines.prefix(mostTold) { Output.note("\(name) \(line)") }
            throw Failure(
                "\(Words.count(error.lines.count, "line")) of \(name) cannot be, nothing was moved",
                hint: expectation)
        }
    }
}
