"""Measures the fleet beside privacyIDEA on one PostgreSQL; writes docs/FLEET-BENCHMARKS.md."""

import argparse
import pathlib
import sys

import bench
import fleet_page
import fleet_programs
import fleet_report
import measure
import postgres
import privacyidea

ROOT = pathlib.Path(__file__).resolve().parents[2]
SMALL = 1_000
AT_ONCE = (1, 16, 64, 256)
HOSTS = 16
# A server takes 64 connections of one host; idle ones are of all of them.
IDLE_HOSTS = 160
# The server takes 10,000 connections; some are left for those who log in meanwhile.
CONNECTIONS = 9_900
RACES, RACERS = 20, 32
# Seconds between the heartbeats of an idle host. Agents send one a second, and what those take is
# reckoned: here they would leave nothing of a small machine for the logins.
BEAT = 10.0


def main():
    options = parse()
    work = pathlib.Path(options.work)
    file_system = bench.output("stat", "-f", "-c", "%T", work)
    if file_system in ("tmpfs", "ramfs", "overlayfs"):
        raise SystemExit(f"bench: {work} is on {file_system}: set BENCH_DIR to a real disk")
    fleet_programs.allow_descriptors()
    programs = fleet_programs.strip(
        pathlib.Path(options.bin), work, ["swiftotp-server", "swiftotp-agent"])
    figures = fleet_report.Figures(options.users, min(SMALL, options.users))
    figures.machine = bench.machine(file_system)
    figures.load("at the start")

    pair = postgres.Pair(work)
    driver_program = pathlib.Path(options.bin) / "fleet-bench"
    small, large = (
        fleet_programs.Fleet(name, programs, driver_program, work, pair, hosts)
        for name, hosts in (("small", HOSTS), ("large", IDLE_HOSTS)))
    bench.say(f"making {figures.small:,} and {options.users:,} users")
    small.fill(figures.small)
    large.fill(options.users)
    driver = fleet_programs.Driver(driver_program)
    for fleet in (small, large):
        driver.ask("target", fleet.name, **fleet.target())

    meter = Meter(driver, pair, large, figures, options, work)
    meter.disk()
    meter.sizes()
    meter.logins()
    meter.wrong()
    meter.races("large", RACES)
    if options.peer_users:
        meter.rival(work)
    meter.idle()
    figures.load("at the end")
    for part in (driver, small, large, pair):
        part.close()

    print(fleet_report.table(figures))
    if not options.no_doc:
        (ROOT / "docs" / "FLEET-BENCHMARKS.md").write_text(
            fleet_page.document(figures), encoding="utf-8")
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="Tests/Bench/run-fleet")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--users", type=int, default=1_000_000, help="users of the large fleet")
    parser.add_argument("--hosts", type=int, default=CONNECTIONS, help="idle hosts")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement")
    parser.add_argument("--peer-users", type=int, default=1_000,
                        help="users of privacyIDEA; 0 leaves it out")
    parser.add_argument("--no-doc", action="store_true",
                        help="leave docs/FLEET-BENCHMARKS.md alone")
    options = parser.parse_args()
    options.hosts = min(options.hosts, CONNECTIONS)
    return options


class Meter:
    """Measures, round by round: what takes turns with what is compared."""

    def __init__(self, driver, pair, large, figures, options, work):
        self.driver, self.pair, self.large = driver, pair, large
        self.figures, self.options, self.work = figures, options, work

    def disk(self):
        disk = measure.Disk(self.work)
        self.figures.disk = [disk.login(None, None, None) for _ in range(500)]
        disk.close()

    def timed(self, key, server, at_once, logins, **words):
        """One round, with what it took of the processor: the server's part, and the database's."""
        target = key[0]
        databases = (self.pair.primary.process.pid, self.pair.standby.process.pid)
        before = [postgres.seconds(server), postgres.seconds(*databases)]
        result = self.driver.logins(target, at_once, logins, **words)
        after = [postgres.seconds(server), postgres.seconds(*databases)]
        self.figures.add(key, result, [end - begin for begin, end in zip(before, after)])

    def sizes(self):
        """A login among few and among many users, in turns."""
        bench.say(f"timing logins among {self.figures.small:,} and {self.large.users:,} users")
        for _ in range(4 * self.options.rounds):
            for name in ("small", "large"):
                self.driver_round("size", name, 1, 100)

    def driver_round(self, kind, name, at_once, logins, **words):
        result = self.driver.logins(name, at_once, logins, **words)
        self.figures.add((name, kind, at_once), result, None)

    def logins(self):
        for at_once in AT_ONCE:
            for kind, is_cold in (("kept", False), ("cold", True)):
                bench.say(f"timing logins, {at_once} at once, {kind}")
                for _ in range(self.options.rounds):
                    self.timed(("large", kind, at_once), self.large.process.pid, at_once,
                               300 if at_once == 1 else 1500, isCold=is_cold)

    def wrong(self):
        """Wrong codes, of other users each time: few enough that no host is shut out."""
        bench.say("timing wrong codes")
        for at_once in (1, 16):
            for turn in range(self.options.rounds):
                self.timed(("large", "wrong", at_once), self.large.process.pid, at_once, 160,
                           isWrong=True, first=turn * 160 % (self.large.users // 2),
                           among=self.large.users // 2)
                self.large.release()

    def races(self, target, count):
        """How many yeses one code gets."""
        bench.say(f"{count} races of {RACERS} with one code, {target}")
        for _ in range(count):
            result = self.driver.ask("race", target, atOnce=RACERS)
            self.figures.race(target, result)

    def rival(self, work):
        bench.say(f"making {self.options.peer_users:,} users of privacyIDEA")
        workers = self.figures.workers = 4
        peer = privacyidea.PrivacyIDEA(
            ROOT / ".build" / "bench" / f"privacyidea-{privacyidea.VERSION}", work, self.pair,
            self.large.seed, self.options.peer_users, workers)
        self.driver.ask("target", "peer", port=peer.port, seed=self.large.seed,
                        users=self.options.peer_users)
        bench.say("timing privacyIDEA and the fleet in turns")
        # Each worker has met each kind of request before.
        self.driver.logins("peer", 16, 32)
        for _ in range(self.options.rounds):
            for at_once, logins in ((1, 20), (16, 48)):
                self.timed(("peer", "kept", at_once), peer.process.pid, at_once, logins)
                self.timed(("large", "beside", at_once), self.large.process.pid, at_once,
                           300 if at_once == 1 else 1500)
        self.races("peer", RACES)
        peer.close()

    def idle(self):
        """Connections of hosts where nobody logs in, each with a heartbeat now and then."""
        self.figures.memory("at rest", self.large.process.pid)
        count = self.options.hosts
        bench.say(f"opening {count:,} connections")
        opened = self.driver.ask("open", "large", atOnce=count, beat=BEAT)
        self.figures.opened = opened
        if opened["open"] < count:
            bench.say(f"only {opened['open']:,} are open: {opened['troubles']}")
        self.driver.ask("count", "large")
        self.figures.herd(self.large.process.pid, lambda: self.driver.ask("count", "large"))
        self.figures.memory(f"with {opened['open']:,} hosts", self.large.process.pid)
        for _ in range(self.options.rounds):
            self.driver_round("crowded", "large", 1, 100)
            self.driver_round("crowded", "large", 16, 500)
        self.driver.ask("close", "large")


if __name__ == "__main__":
    sys.exit(main())
