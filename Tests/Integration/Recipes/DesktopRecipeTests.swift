import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md, with programs that have a window or a web page instead of a terminal.
@Suite("Recipes: Cockpit, xrdp, lockers") struct DesktopRecipeTests {
    /// A PAM service in which the page's lines replace the line with common-auth.
    private func policy(
        _ service: String, _ lines: [String], _ fixture: LoginFixture
    ) throws -> Policy {
        let policy = try Policy()
        let text = try String(contentsOfFile: "/etc/pam.d/\(service)", encoding: .utf8)
        let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let place = try #require(
            parts.firstIndex { !$0.hasPrefix("#") && $0.contains("common-auth") })
        try policy.write(
            parts[..<place] + fixture.pamLines(lines) + parts[(place + 1)...], service: service)
        return policy
    }

    // MARK: Cockpit

    /// What Cockpit's page does: a password, and an answer to the reply. `NAME PASSWORD ANSWER`
    private static let browser = """
        import base64, http.client, json, sys
        name, password, answer = sys.argv[1:]
        encode = lambda text: base64.b64encode(text.encode()).decode()
        server = http.client.HTTPConnection("127.0.0.1", 9090, timeout=60)
        def say(words):
            server.request("GET", "/cockpit/login", headers={"Authorization": words})
            reply = server.getresponse()
            reply.read()
            return reply.status, (reply.getheader("WWW-Authenticate") or "").split()
        status, words = say("Basic " + encode(name + ":" + password))
        question = ""
        if status == 401 and words[:1] == ["X-Conversation"]:
            question = base64.b64decode(words[2]).decode()
            status, _ = say("X-Conversation %s %s" % (words[1], encode(answer)))
        print(json.dumps({"status": status, "question": question}))

        """
    /// Where newer versions reach the program that starts a session (`cockpit-session.socket`), and
    /// the page.
    private static let cockpit = """
        mkdir -p /run/cockpit
        systemd-socket-activate --accept --inetd -l /run/cockpit/session \\
            /usr/lib/cockpit/cockpit-session >session.log 2>&1 &
        until ss -lx | grep -q " /run/cockpit/session "; do sleep 0.1; done
        /usr/lib/cockpit/cockpit-ws --no-tls --address 127.0.0.1 --port 9090 >cockpit.log 2>&1 &
        until (echo >/dev/tcp/127.0.0.1/9090) 2>/dev/null; do sleep 0.1; done
        python3 browser.py "$@"
        """

    @Test("Cockpit does not ask for a code, lets in without one, or asks after a wrong password")
    func cockpit() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let code = try await fixture.enroll().backupCodes[0]
        let lines = try RecipePage.block("Cockpit", after: "the line with `common-auth`")
        let room = ClosedRoom(
            policy: try policy("cockpit", lines, fixture),
            folder: try fixture.scratch.folder("room", mode: 0o755))
        try room.write([Self.browser], to: "browser.py")
        try room.write([Self.cockpit], to: "cockpit.sh")
        struct Reply: Decodable, Equatable {
            let status: Int
            let question: String
        }
        func login(_ password: String, _ answer: String) async throws -> Reply {
            let words = [fixture.person.name, password, answer]
            let output = try await Command.output(room.running(#"bash cockpit.sh "$@""#, words))
            return try JSONDecoder().decode(Reply.self, from: Data(output.utf8))
        }
        let password = fixture.person.password
        #expect(
            try await login(password, code)
                == Reply(status: 200, question: LoginFixture.Words.prompt))
        #expect(
            try await login(password, code)
                == Reply(status: 401, question: LoginFixture.Words.prompt))
        #expect(try await login("wrong", code) == Reply(status: 401, question: ""))
    }

    // MARK: xrdp

    /// It listens on a port, or since 0.10 on a socket. There is no display to start: its log says
    /// who was let in.
    private static let sesman = """
        mkdir -p /run/xrdp
        log=/var/log/xrdp-sesman.log
        rm -f $log
        xrdp-sesman -n >sesman.log 2>&1 &
        server=
        until ss -lx | grep -q "/sesman.socket "; do
            if ss -ltn | grep -q ":3350 "; then server="-s 127.0.0.1"; break; fi
            sleep 0.1
        done
        xrdp-sesrun $server -p "$2" "$1" </dev/null 2>&1 || true
        cat $log
        """

    @Test("xrdp refuses password and code in its one field, or accepts the password alone")
    func xrdp() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let code = try await fixture.enroll().backupCodes[0]
        let lines = try RecipePage.block("xrdp", after: "instead of")
        let room = ClosedRoom(
            policy: try policy("xrdp-sesman", lines, fixture),
            folder: try fixture.scratch.folder("room", mode: 0o755))
        try room.write([Self.sesman], to: "sesman.sh")
        let password = fixture.person.password
        for (field, isRight) in [(password, false), (password + code, true)] {
            let done = try await Command.run(
                room.running(#"bash sesman.sh "$@""#, [fixture.person.name, field]))
            let said = done.output + done.errors
            let isIn = said.contains(#/\(access granted\)|Access permitted for user/#)
            #expect(isIn == isRight, "\(said)")
            #expect(said.contains("AUTHFAIL: ") != isRight, "\(said)")
        }
    }

    // MARK: Screen lockers

    /// Types each line of its input into a user's i3lock, and prints the result.
    private static let locker = """
        mount -t tmpfs -o mode=1777 tmp /tmp
        Xvfb :7 -screen 0 320x200x8 -nolisten tcp >screen.log 2>&1 &
        export DISPLAY=:7
        until xdotool getmouselocation >/dev/null 2>&1; do sleep 0.1; done
        setpriv --reuid "$1" --regid "$1" --init-groups i3lock --nofork </dev/null &
        locker=$!
        while IFS= read -r answer; do
            xdotool key Escape type --delay 4 "$answer"
            xdotool key Return
            for _ in 1 2 3 4 5 6 7 8; do
                sleep 0.25
                if ! kill -0 $locker 2>/dev/null; then
                    echo "It is open."
                    exit
                fi
            done
            echo "It is shut."
        done
        """

    @Test("i3lock stays locked after password and code in its one field, or opens without")
    func locker() async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let code = try await fixture.enroll().backupCodes[0]
        let service = try await Service(store: fixture.scratch.file("store"))
        // Where its user can read it.
        let module = fixture.scratch.file("pam_swiftotp.so")
        try FileManager.default.copyItem(atPath: try Build.module(), toPath: module)
        let lines = try RecipePage.block("Screen lockers", after: "`/etc/pam.d/i3lock`")
        let policy = try Policy()
        try policy.write(
            lines.map {
                $0.replacing("pam_swiftotp.so", with: "\(module) socket=\(service.socket)")
            }, service: "i3lock")
        let room = ClosedRoom(
            policy: policy, folder: try fixture.scratch.folder("room", mode: 0o755))
        try room.write([Self.locker], to: "locker.sh")
        let terminal = try Terminal(
            room.running(#"bash locker.sh "$@""#, [fixture.person.name]))
        func logged() -> [SystemLog.Line] {
            fixture.log.lines(containing: "pam_swiftotp(i3lock:auth)")
                .filter { $0.fields["user"] == fixture.person.name }
        }
        // Input before it has grabbed the keyboard is lost, so it is typed again.
        let password = fixture.person.password
        for _ in 1...20 where logged().isEmpty {
            try await terminal.type(password + "000000")
            try await terminal.expect("It is shut.")
        }
        #expect(logged().first?.fields["reason"] == "wrong", "\(logged())")
        var isOpen = false
        for _ in 1...20 where !isOpen {
            try await terminal.type(password + code)
            isOpen = try await terminal.expectAny(["It is shut.", "It is open."]) == 1
        }
        #expect(isOpen && logged().last?.text.contains("login granted") == true, "\(logged())")
    }
}
