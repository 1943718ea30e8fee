import FleetNetwork
import Foundation
import NIOSSL
import OTPCore

/// Who is asked, and in which words: a server of the fleet, or privacyIDEA. One event loop at a time
/// uses it.
final class Target: @unchecked Sendable {
    let port: Int
    var users: Users
    /// What each host connects with; none for privacyIDEA, which is asked without TLS.
    private let contexts: [NIOSSLContext]
    /// The newest receipt of each host, which it shows with each request.
    private var receipts: [String?]

    init(port: Int, hosts: [String], seed: String, users: Int) throws {
        self.port = port
        self.users = Users(seed: seed, count: users)
        contexts = try hosts.map { path in
            let credentials = try HostCredentials(text: try PrivateFile.read(path))
            return try NIOSSLContext(configuration: try credentials.configuration())
        }
        receipts = [String?](repeating: nil, count: hosts.count)
    }

    var isFleet: Bool { !contexts.isEmpty }

    /// What a connection has for TLS; connections are of all hosts in turn.
    func context(_ lane: Int) -> NIOSSLContext? {
        isFleet ? contexts[lane % contexts.count] : nil
    }

    // MARK: Requests

    func request(_ attempt: Users.Try, from lane: Int) -> [UInt8] {
        isFleet ? call(attempt, from: lane) : check(attempt)
    }

    /// As swiftotp-agent sends it.
    private func call(_ attempt: Users.Try, from lane: Int) -> [UInt8] {
        var id: [UInt8] = []
        for _ in 0..<WireFormat.idLength { id.append(.random(in: 0...255)) }
        let source = String(format: "%032x", attempt.user)
        let body =
            #"{"version":1,"user":"\#(Users.name(attempt.user))","uid":\#(Users.uid(attempt.user)),"#
            + #""step":{"judge":{"answer":"\#(attempt.code)","trial":{"isJoined":false,"#
            + #""takesMessageCodes":false,"isHeard":true,"enrolling":0},"place":{"service":"sshd","#
            + #""address":"192.0.2.1","source":"\#(source)","isKey":false}}}}"#
        var fields = [
            "\(WireFormat.requestField): \(Hex.text(of: id))", "\(WireFormat.withinField): 3000",
        ]
        if let receipt = receipts[lane % receipts.count] {
            fields.append("\(WireFormat.receiptField): \(receipt)")
        }
        return Target.post(WireFormat.callPath, "application/json", fields, body)
    }

    private func check(_ attempt: Users.Try) -> [UInt8] {
        Target.post(
            "/validate/check", "application/x-www-form-urlencoded", [],
            "user=\(Users.name(attempt.user))&realm=bench&pass=\(attempt.code)")
    }

    private static func post(
        _ path: String, _ type: String, _ fields: [String], _ body: String
    ) -> [UInt8] {
        let head =
            ["POST \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: \(type)"] + fields
            + ["Content-Length: \(body.utf8.count)"]
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// A heartbeat.
    static let ping = Array(
        "GET \(WireFormat.pingPath) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8)

    // MARK: Answers

    /// Whether an answer says yes; `nil` if it says neither yes nor no.
    func isYes(_ answer: Answer, to lane: Int) -> Bool? {
        guard answer.status == 200 else { return nil }
        if isFleet, let receipt = answer.field(WireFormat.receiptField) {
            receipts[lane % receipts.count] = receipt
        }
        let text = String(decoding: answer.body, as: UTF8.self)
        let (yes, no) =
            isFleet ? (#""isAccepted":true"#, #""isAccepted":false"#) : ("ACCEPT", "REJECT")
        if text.contains(yes) { return true }
        return text.contains(no) ? false : nil
    }
}
