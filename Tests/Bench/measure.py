"""Logins through pam-dialogue: counted by callgrind, timed, and what else they take."""

import collections
import json
import os
import pathlib
import random
import re
import socket
import subprocess
import time

import contestants

SUCCESS, AUTH_ERR = 0, 7
# What makes the disk write, and calls that may be told to.
SYNCS = "fsync,fdatasync,sync,syncfs,sync_file_range,msync"
FLAGGED = "?open,openat,?openat2,pwritev2"


class Dialogue:
    """One pam-dialogue process that logs users in through one service."""

    def __init__(self, tools, confdir, contestant, through=(), lines=""):
        self.contestant = contestant
        self.name = contestant.name
        self.process = subprocess.Popen(
            [*through, tools.dialogue], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.send(contestant.opening(confdir) + lines)

    def send(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def result(self):
        return json.loads(self.process.stdout.readline())

    def login(self, user, code, right):
        """One login from pam_start to pam_end, in microseconds."""
        self.send(f"login {user} {code}\nrounds\n")
        result = self.result()
        check(self.contestant, result, right, 1)
        return result["median_ns"] / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Disk:
    """The least that a durable login can take: one block of a file overwritten, and synced."""

    name = "disk"

    def __init__(self, work):
        self.file = os.open(work / "disk", os.O_RDWR | os.O_CREAT, 0o600)
        self.block = os.urandom(4096)
        for number in range(3):
            os.pwrite(self.file, self.block, number * 4096)
        os.fsync(self.file)

    def login(self, user, code, right):
        """What stands for a login, in microseconds."""
        begin = time.perf_counter_ns()
        os.pwrite(self.file, self.block, 4096)
        os.fdatasync(self.file)
        return (time.perf_counter_ns() - begin) / 1000

    def close(self):
        os.close(self.file)


class Exchange:
    """The least that it can take to ask another process: a byte to one that waits, and one back."""

    name = "exchange"

    def __init__(self):
        self.socket, other = socket.socketpair()
        with other:
            self.process = subprocess.Popen(["cat"], stdin=other, stdout=other)

    def login(self, user, code, right):
        """What stands for a part of a login, in microseconds."""
        begin = time.perf_counter_ns()
        self.socket.send(b"?")
        self.socket.recv(1)
        return (time.perf_counter_ns() - begin) / 1000

    def close(self):
        self.socket.close()
        self.process.wait()


def check(contestant, result, right, count):
    """A login that went another way than it should is no measurement."""
    permit = contestant.module is None
    expected = SUCCESS if right or permit else AUTH_ERR
    codes = [(entry["code"], entry["count"]) for entry in result.get("codes", [])]
    if codes != [(expected, count)]:
        raise SystemExit(f"bench: {contestant.name}: expected {count} times {expected}: {result}")


def answer(contestant, user, right):
    secret = contestant.secrets.get(user)
    if secret is None:
        return "000000"
    return contestants.code_now(secret) if right else contestants.wrong_code(secret)


def try_logins(command, confdir, contestant, users, right):
    """All of `users` logging in once, in one process that `command` starts; its standard error.

    None where that was not within one step of the codes: a code of the step before is found sooner
    or later than one of now, as each module has it.
    """
    contestant.restore()
    step = int(time.time()) // 30
    lines = [f"login {user} {answer(contestant, user, right)}\n" for user in users]
    run = subprocess.run(
        command, input=contestant.opening(confdir) + "".join(lines) + "rounds\n",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    check(contestant, json.loads(run.stdout), right, len(users))
    return run.stderr if int(time.time()) // 30 == step or not right else None


def within_a_step(attempt):
    """What `attempt` gives when it gives something."""
    for _ in range(20):
        result = attempt()
        if result is not None:
            return result
    raise SystemExit("bench: this machine is too slow to log in within the step of a code")


def run_logins(*arguments):
    return within_a_step(lambda: try_logins(*arguments))


def callgrind(out):
    return ["valgrind", "--tool=callgrind", "--dump-line=no", "--compress-strings=no",
            f"--callgrind-out-file={out}"]


def collected(text):
    """Instructions that callgrind says it counted, in the process that it started."""
    number = re.match(r"==(\d+)==", text).group(1)
    return int(re.search(rf"^=={number}== Collected : (\d+)", text, re.MULTILINE).group(1))


def instructions(tools, confdir, contestant, users, right, out="/dev/null"):
    """Instructions of all of `users` logging in once, in one process, start of it included."""
    return collected(run_logins(
        [*callgrind(out), tools.dialogue], confdir, contestant, users, right))


def instructions_per_login(tools, confdir, contestant, users, right):
    """A login in a process that has seen some: the difference of few and many."""
    few = instructions(tools, confdir, contestant, users[:2], right)
    many = instructions(tools, confdir, contestant, users, right)
    return (many - few) / (len(users) - 2)


def times(tools, confdir, field, users, rounds, right, floors=()):
    """The times of a login in microseconds, by contestant, and of `floors`.

    They take turns, login by login, in an order by lot: what the machine does meets all of them
    alike, and so does what another one's login leaves behind, in the caches and on the disk.
    """
    takers = [Dialogue(tools, confdir, contestant) for contestant in field]
    takers += floors
    samples = {taker.name: [] for taker in takers}
    lot = random.Random(7)
    for _ in range(-(-rounds // len(users))):
        codes = {}
        for contestant in field:
            contestant.restore()
            for user in users:
                codes[contestant.name, user] = answer(contestant, user, right)
        for user in users:
            lot.shuffle(takers)
            for taker in takers:
                code = codes.get((taker.name, user))
                samples[taker.name].append(taker.login(user, code, right))
    for taker in takers:
        taker.close()
    return samples


def strace():
    return ["strace", "-f", "-qq", "-e", f"trace={SYNCS},{FLAGGED}", "-e", "signal=none"]


def syncs(tools, confdir, contestant, users, right):
    """How often a login makes the disk write, by the name of the call, as strace sees it."""
    return count_syncs(run_logins(
        [*strace(), tools.dialogue], confdir, contestant, users, right), users)


def count_syncs(text, users):
    counts = collections.Counter()
    for line in text.splitlines():
        call = re.match(r"(?:\[pid +\d+\] |\d+ +)?(?:<\.\.\. )?(\w+)(\(| resumed>)", line)
        if not call and line.endswith("<detached ...>"):
            continue
        if not call:
            raise SystemExit(f"bench: strace says: {line}")
        if call.group(2) != "(":
            continue
        if call.group(1) in SYNCS.split(",") or re.search(r"\b(O|RWF)_D?SYNC\b", line):
            counts[call.group(1)] += 1
    return {name: count / len(users) for name, count in counts.items()}


def memory(tools, confdir, contestant, users):
    """KB of a process that makes one login: at most in memory, and changed by it alone, both
    while the module is loaded still. The least of a process for each user: which of them has
    begun to read its next line is chance. All are at the same addresses, because those decide how
    much of the heap comes at once."""
    peaks, own = [], []
    contestant.restore()
    for user in users:
        dialogue = Dialogue(
            tools, confdir, contestant, ["setarch", "-R"],
            f"user {user}\nanswer {answer(contestant, user, True)}\nstart\ngo authenticate\n")
        result = dialogue.result()
        if result["code"] != SUCCESS:
            raise SystemExit(f"bench: {contestant.name}: no login for its memory: {result}")
        process = pathlib.Path(f"/proc/{dialogue.process.pid}")
        peaks.append(kilobytes(process / "status", "VmHWM"))
        own.append(kilobytes(process / "smaps_rollup", "Private_Dirty"))
        dialogue.close()
    return min(peaks), min(own)


def kilobytes(path, key):
    return int(re.search(rf"^{key}:\s*(\d+) kB", path.read_text("ascii"), re.MULTILINE).group(1))
