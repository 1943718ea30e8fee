"""What a wrong code takes for a user who is enrolled, one who is not, and one who does not exist.

    Tests/ground unshare -n python3 -B Tests/Bench/strangers.py --bin FOLDER [--samples N]

FOLDER has a release build. Logins go through the real libpam in one process, and through one
service, in random order. The status is 1 where the medians differ by more than chance explains.
BENCH_DIR names the folder to work in, which must be on a real disk (default: /var/tmp).
"""

import argparse
import bisect
import math
import os
import pathlib
import random
import statistics
import sys
import tempfile

import bench
import contestants
import measure

UNKNOWN, WITHOUT, ENROLLED = "unknown user", "user without a record", "enrolled user"
# So many of each kind, and tries of each before the files are put back: the throttle lets five by.
USERS, TRIES = 12, 5
SHUFFLES = 2000


def main():
    options = parse()
    if os.environ.get("SWIFTOTP_GROUND") != "1":
        raise SystemExit("strangers: start it in Tests/ground")
    parent = os.environ.get("BENCH_DIR", "/var/tmp")
    with tempfile.TemporaryDirectory(prefix="swiftotp-strangers.", dir=parent) as folder:
        work = pathlib.Path(folder)
        work.chmod(0o755)
        if bench.output("stat", "-f", "-c", "%T", work) in ("tmpfs", "ramfs", "overlayfs"):
            raise SystemExit(f"strangers: {work} is not on a disk: set BENCH_DIR to a real one")
        bench.listen_to_syslog()
        bench.hide_installed_service()
        tools = bench.find_tools(options, work)
        making, first, samples = take(options, tools, work)
    print(report(making, first, samples))
    alike = all(chance(samples[kind], samples[ENROLLED]) > 0.01 for kind in (UNKNOWN, WITHOUT))
    return 0 if alike else 1


def parse():
    parser = argparse.ArgumentParser(prog="Tests/Bench/strangers.py")
    parser.add_argument("--bin", required=True, help="a folder with a release build")
    parser.add_argument("--samples", type=int, default=1000, help="timed logins of each kind")
    return parser.parse_args()


def take(options, tools, work):
    """Microseconds: of the try that makes the decoys; of each name's first, by kind; of the
    samples, by kind."""
    contestants.add_users(work, 2 * USERS)
    names = [contestants.user_name(number) for number in range(2 * USERS)]
    kinds = {ENROLLED: names[:USERS], WITHOUT: names[USERS:],
             UNKNOWN: [f"guest{number:03d}" for number in range(USERS)]}
    even_out_lookups()
    ours = contestants.swiftotp("swiftotp", kinds[ENROLLED], work, tools, tools.ours)
    confdir = work / "services"
    confdir.mkdir()
    ours.write_service(confdir)
    codes = {user: measure.answer(ours, user, right=False)
             for users in kinds.values() for user in users}
    dialogue = measure.Dialogue(tools, confdir, ours)
    making = dialogue.login("first", "000000", right=False)
    # The decoys, which that made, reach the disk as they would within half a minute.
    os.sync()
    first = one_round(dialogue, kinds, codes, 1)
    # As they are after the one failure of each name, its first, which is in the second slot.
    for path in (work / ours.name).iterdir():
        if any(path.read_bytes()[8192:8200]):
            ours.remember(path)
    samples = {kind: [] for kind in kinds}
    while len(samples[ENROLLED]) < options.samples:
        ours.restore()
        for kind, times in one_round(dialogue, kinds, codes, TRIES - 1).items():
            samples[kind] += times
    dialogue.close()
    return making, first, {kind: times[:options.samples] for kind, times in samples.items()}


def even_out_lookups():
    """What the system takes to look a name up is not the module's: it asks one short file, in
    which the users of both kinds have lines that are equally far."""
    pathlib.Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\n", "ascii")
    path = pathlib.Path("/etc/passwd")
    root, *lines = path.read_text("ascii").splitlines(keepends=True)
    pairs = zip(lines[:USERS], lines[USERS:])
    path.write_text(root + "".join(line for pair in pairs for line in pair), encoding="ascii")


def one_round(dialogue, kinds, codes, tries):
    """So many wrong codes for each name, in random order: microseconds by kind."""
    order = [(kind, user) for kind, users in kinds.items() for user in users] * tries
    random.shuffle(order)
    times = {kind: [] for kind in kinds}
    for kind, user in order:
        # Another one each time: the same again is no guess, and not compared.
        codes[user] = f"{(int(codes[user]) + 1) % 1_000_000:06d}"
        times[kind].append(dialogue.login(user, codes[user], right=False))
    return times


def report(making, first, samples):
    lines = [f"{'a wrong code (µs)':<22}{'samples':>9}{'quartile':>10}{'median':>10}"
             f"{'quartile':>10}{'first try':>11}"]
    for kind, times in samples.items():
        low, middle, high = statistics.quantiles(times, n=4)
        lines.append(f"{kind:<22}{len(times):>9,}{low:>10,.1f}{middle:>10,.1f}{high:>10,.1f}"
                     f"{statistics.median(first[kind]):>11,.1f}")
    lines += [f"The very first try, which made the decoys, took {making:,.1f} µs.", ""]
    for kind in (UNKNOWN, WITHOUT):
        here, there = samples[kind], samples[ENROLLED]
        difference = statistics.median(here) - statistics.median(there)
        slower, probability = ranks(here, there)
        lines += [
            f"{kind} against {ENROLLED}: the medians differ by {difference:+.1f} µs,",
            f"    as much as chance gives with a probability of {chance(here, there):.2f};",
            f"    one try of it is the slower one of two in {100 * slower:.1f} % "
            f"(rank test: p = {probability:.2f})",
        ]
    return "\n".join(lines)


def chance(one, other):
    """How often two samples of one kind would have medians as far apart: a permutation test."""
    seen = abs(statistics.median(one) - statistics.median(other))
    mixed = one + other
    shuffled = random.Random(1)
    hits = 0
    for _ in range(SHUFFLES):
        shuffled.shuffle(mixed)
        half = abs(statistics.median(mixed[:len(one)]) - statistics.median(mixed[len(one):]))
        hits += half >= seen
    return hits / SHUFFLES


def ranks(one, other):
    """Mann and Whitney's test: the share of pairs in which `one` is greater, and its p."""
    ordered = sorted(other)
    greater = sum(bisect.bisect_left(ordered, time) + bisect.bisect_right(ordered, time)
                  for time in one) / 2
    pairs = len(one) * len(other)
    deviation = math.sqrt(pairs * (len(one) + len(other) + 1) / 12)
    score = abs(greater - pairs / 2) / deviation
    return greater / pairs, math.erfc(score / math.sqrt(2))


if __name__ == "__main__":
    sys.exit(main())
