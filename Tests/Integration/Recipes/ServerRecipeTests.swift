import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md, with the real PostgreSQL, Dovecot and nginx, none of which is root's.
@Suite("Recipes: servers that are not root's") struct ServerRecipeTests {
    private static let section = "Databases, mail and web servers"

    /// A room with the page's PAM service, and somebody who is enrolled.
    private func room(
        _ service: String, after words: String
    ) async throws -> (ClosedRoom, LoginFixture, codes: [String], Service) {
        let fixture = try await LoginFixture(LoginProgram.sshdByPassword())
        let codes = try await fixture.enroll().backupCodes
        let swiftotpd = try await Service(
            store: fixture.scratch.file("store"),
            configuration: try RecipePage.block(Self.section, after: "swiftotp.conf")
                .joined(separator: "\n") + "\n")
        // Where everybody can read it.
        let module = fixture.scratch.file("pam_swiftotp.so")
        try Scratch.copy(program: Build.module(), to: module)
        let policy = try Policy()
        let lines = try RecipePage.block(Self.section, after: words)
        try policy.write(
            lines.map {
                $0.replacing("pam_swiftotp.so", with: "\(module) socket=\(swiftotpd.socket)")
            }, service: service)
        let folder = try fixture.scratch.folder("room", mode: 0o755)
        return (ClosedRoom(policy: policy, folder: folder), fixture, codes, swiftotpd)
    }

    /// The server is started by `script`, which then says `in` or `out` for each code.
    private func expectOneLogin(
        _ service: String, _ script: String, by user: String, _ room: ClosedRoom,
        _ fixture: LoginFixture, _ codes: [String]
    ) async throws {
        try room.write([script], to: "try.sh")
        let answers = [codes[0], codes[0], "BBBB-BBBB-BBBB-BBBB", codes[1]]
        let done = try await Command.run(
            room.running(#"bash -e try.sh "$@""#, [fixture.person.name] + answers),
            within: .seconds(120))
        let results = done.output.split(separator: "\n").filter { $0 == "in" || $0 == "out" }
        #expect(results == ["in", "out", "out", "in"], "\(done.output)\(done.errors)")
        let line = try await fixture.log.line(
            containing: "pam_swiftotp(\(service):auth): login granted; factor=backup-code index=0",
            "user=\(fixture.person.name) by=\(user)")
        #expect(line.severity == 6)
    }

    @Test("PostgreSQL, as its own user, refuses a right code, or takes one twice")
    func postgresql() async throws {
        let (room, fixture, codes, service) = try await room(
            "postgresql", after: "`/etc/pam.d/postgresql`")
        let rule = try RecipePage.block(Self.section, after: "`pg_hba.conf`")
            .map { $0.replacing("hostssl", with: "host").replacing("192.0.2.0/24", with: "all") }
        try room.write(["local all all trust"] + rule, to: "pg_hba.conf")
        let script = """
            user=$1; shift
            mkdir pg; chown postgres pg
            server() {
                setpriv --reuid postgres --regid postgres --init-groups "$@"
            }
            bin=$(echo /usr/lib/postgresql/*/bin)
            server $bin/initdb -D pg/data -A trust --no-sync >/dev/null
            install -o postgres pg_hba.conf pg/data/pg_hba.conf
            server $bin/pg_ctl -D pg/data -w -l pg/log -o "-c listen_addresses=127.0.0.1 -F" \\
                -o "-c unix_socket_directories=$PWD/pg" start >/dev/null
            server psql -h "$PWD/pg" -qc "create role \\"$user\\" login" postgres
            for code in "$@"; do
                if PGPASSWORD=$code psql -h 127.0.0.1 -U "$user" -Atc "select 1" postgres \\
                    >answer 2>&1; then echo in; else echo out; fi
            done
            """
        try await expectOneLogin("postgresql", script, by: "postgres", room, fixture, codes)
        withExtendedLifetime(service) {}
    }

    @Test("Dovecot, as its own user, refuses a right code, or takes one twice")
    func dovecot() async throws {
        let (room, fixture, codes, service) = try await room(
            "dovecot", after: "`/etc/pam.d/dovecot`")
        let isNew = try await Command.output(["dovecot", "--version"]).hasPrefix("2.4")
        let lines = try RecipePage.block(
            Self.section, after: isNew ? "Dovecot 2.4 writes" : "`dovecot.conf`")
        let old = """
            disable_plaintext_auth = no
            mail_location = maildir:\(room.folder)/mail
            userdb {
              driver = static
              args = uid=\(fixture.person.name) gid=\(fixture.person.name) home=\(room.folder)/mail
            }
            """
        let new = """
            auth_allow_cleartext = yes
            mail_driver = maildir
            mail_path = \(room.folder)/mail
            userdb static {
              fields {
                uid = \(fixture.person.name)
                gid = \(fixture.person.name)
                home = \(room.folder)/mail
              }
            }
            """
        // 2.4 wants these first.
        let versions = ["dovecot_config_version = 2.4.0", "dovecot_storage_version = 2.4.0"]
        let others = """
            base_dir = \(room.folder)/run
            state_dir = \(room.folder)/state
            log_path = \(room.folder)/log
            protocols = imap
            ssl = no
            listen = 127.0.0.1
            auth_failure_delay = 0
            first_valid_uid = 1
            service imap-login {
              inet_listener imap {
                port = 1143
              }
            }
            """
        try room.write(
            (isNew ? versions : []) + lines + [others, isNew ? new : old], to: "dovecot.conf")
        let client = """
            import imaplib, sys
            try:
                imaplib.IMAP4("127.0.0.1", 1143).login(sys.argv[1], sys.argv[2])
                print("in")
            except imaplib.IMAP4.error:
                print("out")
            """
        try room.write([client], to: "client.py")
        let script = """
            user=$1; shift
            mkdir mail; chown "$user" mail
            dovecot -F -c dovecot.conf >server.log 2>&1 &
            until ss -ltn | grep -q ":1143 "; do sleep 0.1; done
            for code in "$@"; do python3 client.py "$user" "$code"; done
            """
        try await expectOneLogin("dovecot", script, by: "dovecot", room, fixture, codes)
        withExtendedLifetime(service) {}
    }

    @Test("nginx, as its own user, refuses a right code, or takes one twice")
    func nginx() async throws {
        let (room, fixture, codes, service) = try await room("nginx", after: "`/etc/pam.d/nginx`")
        let place = try RecipePage.block(Self.section, after: "server's file")
        let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(room.folder)/\($0);" }
        let head = """
            load_module modules/ngx_http_auth_pam_module.so;
            user www-data;
            daemon off;
            pid \(room.folder)/pid;
            error_log \(room.folder)/log;
            events {}
            http {
            access_log off;
            \(paths.joined(separator: "\n"))
            server {
            listen 127.0.0.1:8080;
            root \(room.folder)/www;
            """
        try room.write([head] + place + ["}", "}"], to: "nginx.conf")
        let script = """
            user=$1; shift
            mkdir www; echo hello >www/login
            nginx -c "$PWD/nginx.conf" >server.log 2>&1 &
            until ss -ltn | grep -q ":8080 "; do sleep 0.1; done
            for code in "$@"; do
                answer=$(curl -s -u "$user:$code" http://127.0.0.1:8080/login)
                if [ "$answer" = hello ]; then echo in; else echo out; fi
            done
            """
        try await expectOneLogin("nginx", script, by: "www-data", room, fixture, codes)
        withExtendedLifetime(service) {}
    }
}
