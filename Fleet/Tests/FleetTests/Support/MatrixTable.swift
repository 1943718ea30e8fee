import TestSupport

/// What hosts have tried, and what they got: one line for all requests with the same answers.
struct MatrixTable {
    private struct Cell {
        let group: String, request: String, standing: HostMatrix.Standing, got: String
    }
    private var cells: [Cell] = []

    /// Notes what somebody got for a request of a group, such as `steps`.
    mutating func note(
        _ group: String, _ request: String, _ standing: HostMatrix.Standing, _ got: String
    ) {
        cells.append(Cell(group: group, request: request, standing: standing, got: got))
    }

    /// `steps: putOff` and `no right, admin, import: denied right; enroll: count`, for example.
    private var lines: [(what: String, figure: String)] {
        var found: [(group: String, requests: [String], figure: String)] = []
        for (group, request) in requests {
            let own = cells.filter { $0.group == group && $0.request == request }
            let figure = MatrixTable.figure(of: own)
            if let index = found.firstIndex(where: { $0.group == group && $0.figure == figure }) {
                found[index].requests.append(request)
            } else {
                found.append((group, [request], figure))
            }
        }
        return found.map { line in
            ("\(line.group): \(line.requests.joined(separator: ", "))", line.figure)
        }
    }

    /// Each once, in the order of the first try.
    private var requests: [(group: String, request: String)] {
        var found: [(group: String, request: String)] = []
        for cell in cells
        where !found.contains(where: { $0.group == cell.group && $0.request == cell.request }) {
            found.append((cell.group, cell.request))
        }
        return found
    }

    /// Who got what for one request.
    private static func figure(of cells: [Cell]) -> String {
        var answers: [(got: String, whose: [String])] = []
        for cell in cells {
            if let index = answers.firstIndex(where: { $0.got == cell.got }) {
                answers[index].whose.append(cell.standing.rawValue)
            } else {
                answers.append((cell.got, [cell.standing.rawValue]))
            }
        }
        return answers.map { "\($0.whose.joined(separator: ", ")): \($0.got)" }
            .joined(separator: "; ")
    }

    /// Keeps the table for docs/RESULTS.md.
    func tell() throws {
        for (what, figure) in lines {
            print("figure: a broken host: \(what): \(figure)")
            try Proof.tell("What a broken host gets in a fleet", what, figure)
        }
    }
}
