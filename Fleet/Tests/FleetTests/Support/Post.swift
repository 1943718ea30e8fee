import Foundation
import TestSupport
import Testing

/// A fleet that sends codes, and what its servers have sent.
struct Post: Sendable {
    let fleet: Fleet
    let boxes: [Postbox]
    let helper: Member

    init() async throws {
        let deliver = "deliver = mail sms"
        fleet = try await Fleet(options: [deliver, deliver, deliver])
        var boxes: [Postbox] = []
        for server in fleet.servers {
            boxes.append(try await Postbox(on: server.machine))
            let policy =
                "\(deliver)\ndeliver_hourly = 20\nnotify = mail\nmail = %u@users.test\n"
            try Data(policy.utf8).write(
                to: URL(
                    fileURLWithPath: "\(server.machine.folder)/etc/security/swiftotp.conf"))
            try await server.stop()
            try await server.start()
        }
        self.boxes = boxes
        try await fleet.heal()
        helper = try await Member(of: fleet, "helper")
        try await fleet.servers[0].command("role", helper.name, "helpdesk")
    }

    /// All messages to an address.
    func messages(to address: String) -> [String] {
        boxes.flatMap(\.messages).filter { $0.hasPrefix("\(address)\n") }
    }

    /// The next message to an address, after so many.
    func message(to address: String, after count: Int = 0) async throws -> String {
        try await patiently("a message to \(address)") {
            let all = messages(to: address)
            return all.count > count ? all.last : nil
        }
    }

    /// The code in a message.
    func code(in message: String) throws -> String {
        let found = message.firstMatch(of: #/\b[0-9]{8}\b/#)
        return String(try #require(found, "\(message)").output)
    }
}
