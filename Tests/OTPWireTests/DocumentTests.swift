import Foundation
import TestSupport
import Testing

@testable import OTPCore
@testable import OTPWire

/// Requests and replies as JSON: everything written is read back unchanged, and nothing else is a
/// request.
@Suite("Documents of requests and replies")
struct DocumentTests {
    @Test("A request is read differently from how it was written")
    func requests() throws {
        for command in try Documents.commands() {
            for request in [
                Request(command), Request(command, user: "alice", by: "root", proof: "1 2-3"),
            ] {
                #expect(try Document.request(Document.encode(request)) == request)
            }
        }
    }

    @Test("A reply is read differently from how it was written")
    func replies() throws {
        for result in try Documents.results() {
            #expect(try Document.reply(Document.encode(Reply(result))).result == result)
        }
    }

    @Test("The agent's state is read differently from how it was written, or no other release's is")
    func agentState() throws {
        let state = Documents.agentState
        let written = try Document.encode(state)
        #expect(try Document.agentState(written) == state)
        let later = String(decoding: written, as: UTF8.self)
            .replacing(#""fleet":"#, with: #""more":{},"fleet":"#)
            .replacing("silent", with: "asleep")
        let read = try Document.agentState(Array(later.utf8))
        #expect(read.fleet == "lab" && read.servers.contains { $0.condition == nil })
        let earlier = String(decoding: written, as: UTF8.self)
            .replacing(#/"offline(?:Trouble|Untold)":[^,]+,/#, with: "")
        #expect(!earlier.contains("offline"))
        var known = state
        (known.offlineTrouble, known.offlineUntold) = (nil, nil)
        #expect(try Document.agentState(Array(earlier.utf8)) == known)
        let deep = String(repeating: "[", count: 30_000)
        for text in ["", "{}", "null", deep, String(later.dropLast())] {
            #expect(throws: Document.Problem.malformed, "\(text.prefix(80))") {
                try Document.agentState(Array(text.utf8))
            }
        }
    }

    @Test("An invalid request, or one with an extra member, is obeyed")
    func malformed() throws {
        let good = #"{"version":1,"command":{"remove":{"name":"x"}}}"#
        #expect(throws: Never.self) { try Document.request(Array(good.utf8)) }
        let deep = String(repeating: "[", count: 30_000)
        for text in [
            "", " ", "{", "null", "[]", "1", "\"x\"", deep, deep + good, good + good, good + "x",
            #"{"command":{"status":{}}}"#, #"{"version":1}"#, #"{"version":1,"command":{}}"#,
            #"{"version":1,"command":{"nothing":{}}}"#, #"{"version":1,"command":"status"}"#,
            #"{"version":1,"command":{"status":{},"reset":{}}}"#,
            #"{"version":1,"command":{"status":{"x":1}}}"#,
            #"{"version":1,"command":{"status":{}},"more":{}}"#,
            #"{"version":1,"command":{"status":{}},"user":null}"#,
            #"{"version":1,"command":{"status":{}},"user":7}"#,
            #"{"version":1,"command":{"remove":{}}}"#,
            #"{"version":1,"command":{"remove":{"name":1}}}"#,
            #"{"version":1,"command":{"recorded":{"after":-1}}}"#,
            #"{"version":1,"command":{"recorded":{"after":4294967296}}}"#,
            #"{"version":1,"command":{"recorded":{"after":1.5}}}"#,
            #"{"version":1,"command":{"issue":{"seconds":1e99}}}"#,
            #"{"version":1,"command":{"rows":{"of":[{"uid":1,"users":["a"]}]}}}"#,
            #"{"version":1,"command":{"rows":{"of":[[]]}}}"#,
            #"{"version":1,"command":{"rows":{"of":[[1,"a",2]]}}}"#,
            #"{"version":1,"command":{"rows":{"of":[["a"]]}}}"#,
            #"{"version":1,"command":{"status":{}},"user":"a","user":"b"}"#,
            #"{"version":"1","command":{"status":{}}}"#,
            "{\"version\":1,\"command\":{\"status\":{}},\"user\":\"\u{0}\"}",
        ] {
            #expect(throws: Document.Problem.malformed, "\(text.prefix(80))") {
                try Document.request(Array(text.utf8))
            }
        }
        let noText = Array(good.utf8).map { $0 == UInt8(ascii: "x") ? 0xff : $0 }
        #expect(throws: Document.Problem.malformed) { try Document.request(noText) }
        let long = Array(good.utf8) + [UInt8](repeating: 0x20, count: Frame.maximumLength)
        #expect(throws: Document.Problem.malformed) { try Document.request(long) }
    }

    @Test("A document of another version is reported as invalid")
    func versions() {
        for text in [
            #"{"version":2,"command":{"status":{}}}"#, #"{"version":0}"#, #"{"version":99,"x":[]}"#,
            #"{"version":-1}"#,
        ] {
            #expect(throws: Document.Problem.otherVersion) {
                try Document.request(Array(text.utf8))
            }
            #expect(throws: Document.Problem.otherVersion) { try Document.reply(Array(text.utf8)) }
        }
    }

    @Test("A reply with an unknown member is not read")
    func more() throws {
        let text = #"{"version":1,"result":{"recorded":{"ranges":[],"isAll":true,"y":1}},"z":[]}"#
        #expect(
            try Document.reply(Array(text.utf8)).result
                == .recorded(ranges: [], isAll: true, fleet: nil, names: nil))
    }

    @Test("A list by UIDs is asked for or answered in words that a release without names refuses")
    func numbers() throws {
        let request = try Document.encode(Request(.recorded(after: 4, name: nil)))
        #expect(
            String(decoding: request, as: UTF8.self)
                == #"{"command":{"recorded":{"after":4}},"version":1}"#)
        let reply = try Document.encode(
            Reply(.recorded(ranges: [[1, 4]], isAll: true, fleet: nil, names: nil)))
        #expect(
            String(decoding: reply, as: UTF8.self)
                == #"{"result":{"recorded":{"isAll":true,"ranges":[[1,4]]}},"version":1}"#)
    }

    @Test("Brackets within a string count as depth, or quotes end it too early")
    func brackets() throws {
        for text in [String(repeating: "[{", count: 40), #"\"[["#, #"a\\"#, "ü{[\u{1F600}"] {
            let request = Request(.remove(name: text), user: text)
            #expect(try Document.request(Document.encode(request)) == request)
        }
    }

    @Test("Full pages of the largest rows and keys do not fit into a frame")
    func pages() throws {
        var row = RowDocument.Account(Record(), at: 0, boot: nil, options: Options())
        let name = String(repeating: "m", count: Name.maximumLength)
        row.authenticators = Array(repeating: name, count: Record.maximumAuthenticators)
        (row.failures, row.lastLogin, row.trustedKeys) = (.max, 4_000_000_000, 8)
        (row.end, row.backupCodesLeft) = ("disabled", 10)
        let rows = Array(
            repeating: RowDocument.found(place: 1, account: row), count: NumberDocument.mostRows)
        #expect(throws: Never.self) { try Document.encode(Reply(.rows(rows: rows))) }

        var phone = try Documents.authenticator
        (phone.name, phone.algorithm) = (name, "SHA512")
        (phone.added, phone.lastUsed, phone.nextStep) = (4_000_000_000, 4_000_000_000, 1 << 47)
        let token = TokenDocument(phone, key: String(repeating: "A", count: 103))
        let keys = Array(
            repeating: KeysDocument.found(
                place: 1, tokens: Array(repeating: token, count: Record.maximumAuthenticators)),
            count: NumberDocument.mostKeys)
        #expect(throws: Never.self) { try Document.encode(Reply(.keys(keys: keys))) }
    }

    @Test("An account of many events does not fit into a frame")
    func account() throws {
        var record = Record()
        let text = [UInt8](repeating: 0x22, count: 60)
        for _ in 0..<200 { record.note(Event(.added, at: .max, detail: text, origin: text)) }
        let account = AccountDocument(record, at: 0, boot: nil, options: Options())
        #expect(throws: Never.self) { try Document.encode(Reply(.account(account: account))) }
    }

    @Test("Two outcomes cannot be told apart")
    func outcomes() {
        for refusal in Outcome.Refusal.all(offset: 3, seconds: 40) {
            let document = OutcomeDocument(.refused(refusal), authenticators: [])
            #expect(document.refusal == refusal && !document.isAccepted)
        }
        #expect(OutcomeDocument(.granted(.temporaryCode), authenticators: []).refusal == nil)
    }

    @Test("A trouble or an event is read differently")
    func words() {
        for code in StoreError.Code.allCases {
            let error = StoreError(code, Array("/x".utf8), "detail")
            let read = TroubleDocument(error).error
            #expect(read.code == code && read.text == error.text)
        }
        for kind in Event.Kind.allCases {
            let event = Event(kind, at: 7, detail: Array("a".utf8), origin: Array("b".utf8))
            #expect(EventDocument(event).event == event)
        }
    }
}
