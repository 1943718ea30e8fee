import Foundation
import TestSupport
import Testing

/// docs/RECIPES.md: jobs, where nobody can type a code.
@Suite("Recipes: cron and at") struct JobRecipeTests {
    /// Separate folders for jobs, and a script that makes a job run at once: cron's when cron
    /// starts.
    private static let scripts = [
        "cron": """
        mkdir -m 1730 /var/spool/cron/crontabs
        chgrp crontab /var/spool/cron/crontabs
        echo "@reboot id -un >$2" | crontab -u "$1" -
        cron -f &
        """,
        "atd": """
        mkdir -m 1770 /var/spool/cron/atjobs /var/spool/cron/atspool
        touch /var/spool/cron/atjobs/.SEQ
        chown -R daemon:daemon /var/spool/cron/at*
        atd -f -l 1000 &
        until [ -s /run/atd.pid ]; do sleep 0.1; done
        cd "/home/$1"
        echo "id -un >$2" | setpriv --reuid "$1" --regid "$1" --init-groups --reset-env at now
        """,
    ]

    @Test("A job does not run if common-auth asks for a code", arguments: scripts.keys)
    func job(program: String) async throws {
        let fixture = try await LoginFixture(LoginProgram.sshdByKey())
        _ = try await fixture.enroll()
        let policy = try Policy()
        let common = try String(contentsOfFile: "/etc/pam.d/common-auth", encoding: .utf8)
        try policy.write(
            [common, "auth required \(fixture.module())"], service: "common-auth")
        let name = fixture.person.name, result = "/home/\(name)/result"
        let script = """
            mount -t tmpfs -o mode=755 jobs /var/spool/cron
            \(try #require(Self.scripts[program]))
            for _ in $(seq 200); do
                [ ! -s "$2" ] || break
                sleep 0.1
            done
            cat "$2"
            """
        // The program ends with the script, which is the first process in there.
        let done = try await Command.run(
            policy.running(
                [
                    "unshare", "--pid", "--fork", "--kill-child", "sh", "-ec", script, "sh", name,
                    result,
                ]))
        #expect(done.output == name + "\n", "\(done.errors)")
        // The same file asks at other logins, such as by su.
        let su = try Terminal(
            policy.running(["setpriv", "--reuid", "nobody", "--clear-groups", "su", name]))
        try await su.expect("assword")
        try await su.type(fixture.person.password)
        try await su.expect(LoginFixture.Words.prompt)
    }
}
