import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md: text messages, by the real curl, to a gateway that also fails.
@Suite("swiftotp-messenger: a gateway for text messages")
struct TextGatewayTests {
    @Test("A gateway gets another text, number or key; others see text or key; or one is lost")
    func gateway() async throws {
        let log = try SystemLog.shared()
        let scratch = try Scratch()
        let out = scratch.file("out")
        let script = try scratch.write(Self.gatewayProgram, to: "gateway.py")
        let port = try Port.free()
        let gateway = try SMSTools.quietly(["/usr/bin/python3", "-BI", script, "\(port)", out])
        _ = try await patiently("the gateway") { try Port.answers(port) ? true : nil }
        let account = try await Account.make("sender")
        let messenger = try await Messenger(as: account)
        let file = "/etc/sms.curl"
        let options = try SMSTools.recipe("`\(file)`")
            .replacing(#/url = ".*"/#, with: "url = \"http://127.0.0.1:\(port)/send\"")
        let copy = try scratch.write(options, to: "gateway.curl", mode: 0o640)
        try await Command.output(["chgrp", account.name, copy])
        let line = try SMSTools.recipe("**An HTTP gateway**")
            .replacing(file, with: copy)
        try messenger.configure(line + "retry = 1s\ntimeout = 4s\n")

        // The gateway refuses this number the first time, and leaves another without an answer.
        for number in [TextMessageTests.number, "+4915112340500", "+4915112340000"] {
            #expect(TextMessageTests.send(TextMessageTests.text, to: number, by: messenger) == nil)
        }
        let requests = try await patiently("three messages", within: SMSTools.patience) {
            let lines = ((try? String(contentsOfFile: out, encoding: .utf8)) ?? "").split(
                separator: "\n")
            return lines.count == 3 && messenger.waiting.isEmpty ? lines : nil
        }
        for request in requests {
            let found = try JSONDecoder().decode(Request.self, from: Data(request.utf8))
            #expect(
                found.text == [TextMessageTests.text] && found.key == "Bearer SECRET", "\(found)")
            #expect(found.seen.isEmpty, "\(found)")
        }
        let numbers = try requests.flatMap {
            try JSONDecoder().decode(Request.self, from: Data($0.utf8)).to
        }
        #expect(Set(numbers) == [TextMessageTests.number, "+4915112340500", "+4915112340000"])
        for (number, reason) in [
            ("+4915112340500", "exit status 22, curl: (22) The requested URL returned error: 500"),
            ("+4915112340000", "/usr/bin/curl took longer than 4 s"),
        ] {
            let line = try await log.line(
                containing: "message not sent; kind=sms to=\(number)",
                within: SMSTools.patience)
            #expect(line.text.contains(reason), "\(line)")
        }
        gateway.end()
    }

    /// What the gateway found in a request.
    private struct Request: Decodable {
        let to: [String]
        let text: [String]
        let key: String?
        /// Which of its secrets every process could see.
        let seen: [String]
    }

    private static let gatewayProgram = """
        import glob, http.server, json, sys, time, urllib.parse
        tried = set()
        def seen(secrets):
            words = b""
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    words += open(path, "rb").read()
                except OSError:
                    pass
            return [secret for secret in secrets if secret.encode() in words]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = urllib.parse.parse_qs(body, strict_parsing=True)
                number = form["to"][0]
                if number not in tried:
                    tried.add(number)
                    if number.endswith("500"):
                        return self.send_error(500)
                    if number.endswith("000"):
                        time.sleep(1000)
                key = self.headers["Authorization"]
                found = {"to": form["to"], "text": form["text"], "key": key,
                    "seen": seen(["492039", "SECRET"])}
                with open(sys.argv[2], "a") as out:
                    out.write(json.dumps(found) + "\\n")
                self.send_response(200)
                self.end_headers()
            def log_message(self, *words):
                pass
        http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

        """
}
