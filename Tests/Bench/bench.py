"""The whole comparison: sets the contestants up, measures, prints, writes docs/BENCHMARKS.md."""

import argparse
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import types

import contestants
import crowd
import enrolling
import measure
import page
import report
import service

USERS = 12
ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGUN = time.monotonic()


def main():
    options = parse()
    if os.environ.get("SWIFTOTP_GROUND") != "1":
        raise SystemExit("bench: start it with Tests/Bench/run")
    work = pathlib.Path(options.work)
    file_system = output("stat", "-f", "-c", "%T", work)
    if file_system in ("tmpfs", "ramfs", "overlayfs"):
        raise SystemExit(f"bench: {work} is on {file_system}: set BENCH_DIR to a real disk")
    listen_to_syslog()
    hide_installed_service()
    tools = find_tools(options, work)
    confdir = work / "services"
    confdir.mkdir()
    contestants.add_users(work, USERS)

    figures = report.Figures(options.most_users)
    figures.machine = machine(file_system)
    users = [contestants.user_name(number) for number in range(USERS)]
    field = make_field(tools, work, users)
    for contestant in field:
        contestant.write_service(confdir)
        figures.module(contestant.name, *describe(contestant.module))
    figures.names = [contestant.name for contestant in field if contestant.module]
    measure_logins(figures, options, tools, work, confdir, field, users)
    ours = next(contestant for contestant in field if contestant.name == report.OURS)
    measure_service(figures, options, tools, work, confdir, ours, users)
    measure_enrolling(figures, options, tools, work)
    measure_sizes(figures, options, tools, work, confdir, users[:1])
    # Last, because it needs more users, whom everything else would have to read past.
    measure_crowd(figures, options, tools, work)

    print(report.table(figures))
    if not options.no_doc:
        doc = ROOT / "docs" / "BENCHMARKS.md"
        doc.parent.mkdir(exist_ok=True)
        doc.write_text(page.document(figures), encoding="utf-8")
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="Tests/Bench/run")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=240, help="timed logins, each contestant")
    parser.add_argument("--scale-rounds", type=int, default=100, help="the same, each size")
    parser.add_argument("--crowd-rounds", type=int, default=30, help="rounds of many at once")
    parser.add_argument("--enroll-rounds", type=int, default=40, help="enrollments, each command")
    parser.add_argument("--idle-rounds", type=int, default=24, help="logins after a pause")
    parser.add_argument("--most-users", type=int, default=1_000_000, help="users enrolled at most")
    parser.add_argument("--no-doc", action="store_true", help="leave docs/BENCHMARKS.md alone")
    return parser.parse_args()


def find_tools(options, work):
    folder = pathlib.Path(options.bin).resolve()
    return types.SimpleNamespace(
        dialogue=folder / "pam-dialogue",
        ours=find_build(folder, work / "ours", contestants.SOCKET))


def find_build(folder, place, socket_path):
    """What is ours is measured as it is shipped: stripped. The service listens."""
    place.mkdir()
    build = types.SimpleNamespace(
        module=place / "pam_swiftotp.so", enroll=place / "otp-enroll", program=place / "swiftotpd")
    for name, file in (("libpam_swiftotp.so", build.module), ("otp-enroll", build.enroll),
                       ("swiftotpd", build.program)):
        shutil.copy(folder / name, file)
        subprocess.run(["strip", file], check=True)
    socket_path.parent.mkdir(exist_ok=True)
    build.service = service.Service(socket_path, build.program)
    return build


def make_field(tools, work, users):
    """All contestants, each with these users; permit first, whose cost is taken off."""
    field = [
        contestants.permit(),
        contestants.google_authenticator(report.GA, users, work, tools),
        contestants.google_authenticator(report.NOSKEW, users, work, tools, "noskewadj"),
        contestants.oath(report.OATH, users, work),
    ]
    field.append(contestants.swiftotp(report.OURS, users, work, tools, tools.ours, usual=True))
    field.append(contestants.swiftotp(report.OWN, users, work, tools, tools.ours, own=True))
    return field


def measure_logins(figures, options, tools, work, confdir, field, users):
    for right, word in ((True, "right"), (False, "wrong")):
        for contestant in field:
            say(f"counting {contestant.name}, {word} code")
            figures.count(right, contestant.name, measure.instructions_per_login(
                tools, confdir, contestant, users, right))
            syncs = measure.syncs(tools, confdir, contestant, users, right)
            if contestant.service:
                figures.served[right][contestant.name] = service.instructions_per_login(
                    tools, confdir, contestant, users, right)
                syncs = service.syncs(tools, confdir, contestant, users, right) | syncs
            figures.syncs[right][contestant.name] = syncs
        say(f"timing {options.rounds} logins each, {word} code")
        figures.time(right, measure.times(
            tools, confdir, field, users, options.rounds, right,
            [measure.Disk(work), measure.Exchange()]))
    say("counting first logins, and memory")
    for contestant in field:
        figures.first[contestant.name] = measure.instructions(
            tools, confdir, contestant, users[:1], True)
        figures.peak[contestant.name], figures.own[contestant.name] = measure.memory(
            tools, confdir, contestant, users)


def measure_service(figures, options, tools, work, confdir, ours, users):
    say(f"timing {options.idle_rounds} logins that find the service idle; its memory")
    figures.idle = service.times_after_idle(tools, confdir, ours, users, options.idle_rounds)
    figures.memory = service.memory(tools, confdir, ours, users)
    figures.program = describe(tools.ours.program)


def measure_enrolling(figures, options, tools, work):
    say(f"enrolling {options.enroll_rounds} times with each command")
    instructions, times = enrolling.figures(tools, work, options.enroll_rounds)
    figures.enrolling["instructions"], figures.enrolling["time"] = instructions, times


def measure_sizes(figures, options, tools, work, confdir, users):
    """One user logs in where one to the most are enrolled; the sizes take turns.

    Each module by itself: pam_oath's rewriting of a file of so many lines keeps the disk busy for
    a while after it, and whoever comes next would pay for it. Its largest takes a second or so,
    and comes alone, a few times.
    """
    counts = figures.counts
    say(f"enrolling up to {counts[-1]:,} users")
    fields = [[contestants.oath(f"oath-{count}", users, work, count) for count in some]
              for some in (counts[:-1], counts[-1:]) if some]
    rounds = [options.scale_rounds, max(3, options.scale_rounds // 30)]
    fields.insert(0, [contestants.swiftotp(
        f"swiftotp-{count}", users, work, tools, tools.ours, count) for count in counts])
    rounds.insert(0, options.scale_rounds)
    os.sync()
    for field, number in zip(fields, rounds):
        field.insert(0, contestants.permit())
        for contestant in field:
            contestant.write_service(confdir)
        for right, word in ((True, "right"), (False, "wrong")):
            say(f"timing {number} logins each with {field[1].name} to {field[-1].name}, "
                f"{word} code")
            figures.size(right, measure.times(tools, confdir, field, users, number, right))


def measure_crowd(figures, options, tools, work):
    count = crowd.PROCESSES * crowd.LOGINS
    say(f"timing {options.crowd_rounds} times {count} logins each, {crowd.PROCESSES} at once")
    place = work / "crowd"
    confdir = place / "services"
    confdir.mkdir(parents=True)
    contestants.add_users(place, count)
    users = [contestants.user_name(number) for number in range(count)]
    field = make_field(tools, place, users)
    for contestant in field:
        contestant.write_service(confdir)
    samples, refused = crowd.rates(tools, confdir, field, users, options.crowd_rounds)
    figures.throughput(samples, refused, count)


def describe(file):
    """Size and libraries of a module or a program."""
    if not file:
        return 0, []
    return file.stat().st_size, re.findall(
        r"NEEDED.*\[(.+)\]", output("readelf", "-d", file))


def machine(file_system):
    cpu = re.search(r"model name\s*: (.+)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    # A file system shows itself as ext2/ext3 to stat(1) whichever of the three it is.
    name = "ext4" if file_system == "ext2/ext3" else file_system
    return f"{cpu.group(1) if cpu else os.uname().machine}, {os.cpu_count()} CPUs, {name}"


def listen_to_syslog():
    """A /dev/log that somebody reads, as on every real machine."""
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")

    def drain():
        while True:
            log.recv(65536)

    threading.Thread(target=drain, daemon=True).start()


def hide_installed_service():
    """A login that finds nobody at the socket is denied, and measured as nobody's."""
    if contestants.PROGRAM.exists():
        subprocess.run(["mount", "--bind", "/dev/null", contestants.PROGRAM], check=True)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def say(text):
    print(f"bench: {time.monotonic() - BEGUN:3.0f} s: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
