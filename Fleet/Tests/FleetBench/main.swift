// Measures a fleet: `fill` fills its table with users, and `drive` logs them in, as it is told on
// standard input. Tests/Bench/run-fleet starts it.
import Foundation
import NIOCore
import NIOPosix

/// Says what is wrong, and ends.
func fail(_ why: String) -> Never {
    FileHandle.standardError.write(Data("fleet-bench: \(why)\n".utf8))
    exit(1)
}

/// Does orders, one a line, and answers each with a line.
func drive() throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let (loop, other) = (group.next(), group.next())
    var targets: [String: Target] = [:]
    var herd: Herd?
    let (decoder, encoder) = (JSONDecoder(), JSONEncoder())
    while let line = readLine() {
        let order = try decoder.decode(Order.self, from: Data(line.utf8))
        if order.action == .target {
            targets[order.target] = try Target(
                port: order.port ?? 0, hosts: order.hosts ?? [], seed: order.seed ?? "",
                users: order.users ?? 0)
        }
        guard let target = targets[order.target] else { fail("no target \"\(order.target)\"") }
        var result = Result()
        switch order.action {
        case .target: break
        case .logins: result = try Load.run(order, target, on: loop).wait()
        case .race: result = try Race.run(order, target, on: loop).wait()
        case .open:
            let new = Herd(on: other)
            herd = new
            result = try new.open(order, target).wait()
        case .count: result = try herd?.count().wait() ?? result
        case .close: result = try herd?.close().wait() ?? result
        }
        FileHandle.standardOutput.write(try encoder.encode(result) + Data("\n".utf8))
    }
}

do {
    let words = CommandLine.arguments
    switch words.dropFirst().first {
    case "fill" where words.count == 7:
        guard let first = Int(words[5]), let count = Int(words[6]) else { fail("no numbers") }
        try Filling(keyFile: words[2], address: words[3], seed: words[4]).fill(first, count)
    case "drive" where words.count == 2: try drive()
    default: fail("usage: fleet-bench fill KEYFILE ADDRESS SEED FIRST COUNT, or drive")
    }
} catch {
    fail("\(error)")
}
