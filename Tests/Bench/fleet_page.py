"""The figures of one run as docs/FLEET-BENCHMARKS.md."""

import statistics

from fleet_report import quantity, title
from report import met


def document(figures):
    out = [HEAD.format(
        machine=figures.machine, load=" and ".join(
            f"{value:.1f} {when}" for when, value in figures.loads.items()))]
    out.append("| | p50, ms | p99, ms | logins a second | server, ms | database, ms |")
    out.append("|---" * 6 + "|")
    out += [f"| {title(key)} | " + " | ".join(quantity(figures, key)) + " |"
            for key in figures.rows()]
    out.append(f"\nOverwriting one block of a file and syncing it takes"
               f" {statistics.median(figures.disk) / 1000:.2f} ms here (p50). A login waits for two"
               "\nof these, one after the other: the primary's and the standby's.")
    lost = sum(sum(troubles.values()) for troubles in figures.unchecked.values())
    out.append(f"{lost} logins were answered that they cannot be checked, and are not counted.")
    out += list(size_rows(figures))
    out += list(race_rows(figures))
    out += list(idle_rows(figures))
    out.append("\n## Targets\n\n| | measured | target | |\n|---|---|---|---|")
    out += [f"| {text} | {value:,.3g} | at {bound} {limit:,} | {met(value, limit, bound)} |"
            for text, value, limit, bound in figures.aims()]
    return "\n".join(out) + "\n" + METHOD.format(
        small=figures.small, users=figures.users, workers=figures.workers)


def size_rows(figures):
    small, large = (figures.p50(name, "size", 1) for name in ("small", "large"))
    yield "\n## Many users\n\n| users | p50, as a ratio |\n|---|---|"
    yield f"| {figures.small:,} | 1.00 |"
    yield f"| {figures.users:,} | {large / small:.2f} |"


def race_rows(figures):
    yield "\n## One code, 32 at once\n\n| | rounds | rounds with more than one yes | most yeses |"
    yield "|---|---|---|---|"
    for target, name in (("large", "**swiftotp**"), ("peer", "privacyIDEA")):
        yeses = figures.yeses[target]
        if yeses:
            several = sum(count > 1 for count in yeses)
            yield f"| {name} | {len(yeses)} | {several} | {max(yeses)} |"


def idle_rows(figures):
    yield ("\n## Idle hosts\n\nEach keeps one connection, and sends a heartbeat every ten seconds."
           "\n\n| the server | MB | of which anonymous |\n|---|---|---|")
    for when, (resident, own) in figures.memories.items():
        yield f"| {when} | {resident:.0f} | {own:.0f} |"
    yield (f"\n{figures.beats:,.0f} heartbeats a second take {figures.beating:.2f} of one"
           " processor in the server;\n"
           f"one a second from each host, as agents send them, would take {figures.every_second():.2f}.")


HEAD = """# Benchmarks of a fleet

`make fleet-bench` (as root) measures the logins of a fleet beside privacyIDEA 3.14 on the same
PostgreSQL in the same run, and writes this page. Everything runs on one machine: the primary and
its synchronous standby, the server, and what logs in. The run behind this page: {machine}; load of
the machine (1 minute) {load}. Times depend on the machine; ratios less so.

## Logins

"Server" and "database" are processor time of a login; the database's is that of primary and
standby together.
"""

METHOD = """
## How it is measured

- The server is the release program, stripped, with TLS 1.3 and the certificates that `init`,
  `invite` and `join` make. It has its default settings. The records are sealed by the product's own
  code; each user has a key of its own, and no code is sent twice.
- PostgreSQL is the newest one installed, with `fsync` on, on a real disk. Each commit waits for the
  disk of the standby.
- A login is one call `judge` on a host's connection, from its first byte until the answer is read;
  with a new connection each, from connecting. The client is a small program (Tests/FleetBench) of
  one thread. It sends what swiftotp-agent sends, for 16 hosts in turn.
- Wrong codes are of other users each time. What they cost the hosts is given back between rounds.
- {small:,} and {users:,} users are in two databases of the same PostgreSQL, each with a server.
  They take turns, 100 logins each, 1 at once.
- privacyIDEA comes from PyPI and runs under gunicorn with {workers} workers on connections that
  are kept, without TLS, and is asked by the same client: `/validate/check`, TOTP, users in a table,
  no PIN (`otppin=none`). Audit and answers are not signed, and database connections are shared. It
  and the fleet take turns.
- One code, 32 at once: 32 open connections send the same fresh code at the same moment.
- Idle hosts: connections of the same 16 hosts, each with TLS. Memory is
  VmRSS and RssAnon of the server's status.
"""
