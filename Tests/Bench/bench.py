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
import types

import contestants
import measure
import report

USERS = 12
SIZES = (1, 1_000, 100_000)


def main():
    options = parse()
    if os.environ.get("SWIFTOTP_GROUND") != "1":
        raise SystemExit("bench: start it with Tests/Bench/run")
    work = pathlib.Path(options.work)
    file_system = output("stat", "-f", "-c", "%T", work)
    if file_system in ("tmpfs", "ramfs", "overlayfs"):
        raise SystemExit(f"bench: {work} is on {file_system}: set BENCH_DIR to a real disk")
    listen_to_syslog()
    tools = find_tools(options, work)
    confdir = work / "services"
    confdir.mkdir()
    contestants.add_users(work, USERS)

    figures = report.Figures(ours=not options.peers_only)
    figures.machine = machine(file_system)
    field = main_field(options, tools, work)
    figures.names = [contestant.name for contestant in field if contestant.module]
    for contestant in field:
        contestant.write_service(confdir)
        figures.module(contestant.name, *describe(contestant))
    users = [contestants.user_name(number) for number in range(USERS)]
    for right in (True, False):
        count_all(figures, tools, confdir, field, users, right)
        say(f"timing {options.rounds} logins each, {'right' if right else 'wrong'} code")
        figures.time(right, measure.times(tools, confdir, field, users, options.rounds, right))
    measure_sizes(figures, options, tools, work, confdir, users[:1])

    print(report.table(figures))
    if not options.no_doc:
        doc = pathlib.Path(__file__).resolve().parents[2] / "docs" / "BENCHMARKS.md"
        doc.parent.mkdir(exist_ok=True)
        doc.write_text(report.document(figures), encoding="utf-8")
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="Tests/Bench/run")
    parser.add_argument("--bin", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--work", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=240, help="timed logins, each contestant")
    parser.add_argument("--scale-rounds", type=int, default=100, help="the same, each size")
    parser.add_argument("--peers-only", action="store_true", help="without our module")
    parser.add_argument("--no-doc", action="store_true", help="leave docs/BENCHMARKS.md alone")
    return parser.parse_args()


def find_tools(options, work):
    """Our module is measured as it is shipped: stripped."""
    folder = pathlib.Path(options.bin)
    tools = types.SimpleNamespace(
        dialogue=folder / "pam-dialogue", enroll=folder / "otp-enroll", module=None)
    if not options.peers_only:
        tools.module = work / "pam_swiftotp.so"
        shutil.copy(folder / "libpam_swiftotp.so", tools.module)
        subprocess.run(["strip", tools.module], check=True)
    return tools


def main_field(options, tools, work):
    users = [contestants.user_name(number) for number in range(USERS)]
    field = [
        contestants.permit(),
        contestants.google_authenticator("google-authenticator", users, work),
        contestants.google_authenticator("ga-noskewadj", users, work, "noskewadj"),
        contestants.oath("oath", users, work),
    ]
    if not options.peers_only:
        field.append(contestants.swiftotp("swiftotp", users, work, tools))
    return field


def count_all(figures, tools, confdir, field, users, right):
    for contestant in field:
        say(f"counting {contestant.name}, {'right' if right else 'wrong'} code")
        figures.count(right, contestant.name, measure.instructions_per_login(
            tools, confdir, contestant, users, right))
        if right:
            figures.first[contestant.name] = (
                measure.instructions(tools, confdir, contestant, users[:1], right)
                - measure.instructions(tools, confdir, field[0], users[:1], right))


def measure_sizes(figures, options, tools, work, confdir, users):
    """One user logs in where 1, 1,000 and 100,000 are enrolled; the sizes take turns.

    Each module by itself: pam_oath's rewriting of a file of 100,000 lines keeps the disk busy for
    a while after it, and whoever comes next would pay for it.
    """
    fields = [[contestants.oath(f"oath-{size}", users, work, size) for size in SIZES]]
    if not options.peers_only:
        say(f"enrolling up to {SIZES[-1]:,} users")
        fields.append(
            [contestants.swiftotp(f"swiftotp-{size}", users, work, tools, size) for size in SIZES])
    os.sync()
    for field in fields:
        field.insert(0, contestants.permit())
        for contestant in field:
            contestant.write_service(confdir)
        for right in (True, False):
            say(f"timing sizes of {field[1].name}, {'right' if right else 'wrong'} code")
            figures.size(right, measure.times(
                tools, confdir, field, users, options.scale_rounds, right))


def describe(contestant):
    """Size and libraries of a module."""
    if not contestant.module:
        return 0, []
    dynamic = output("readelf", "-d", contestant.module)
    return (contestant.module.stat().st_size,
            re.findall(r"NEEDED.*\[(.+)\]", dynamic))


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


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
