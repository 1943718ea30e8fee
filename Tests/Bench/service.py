"""swiftotpd as systemd has it, and what it takes."""

import collections
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time

import measure

LISTENER = pathlib.Path(__file__).with_name("listener.py")
CONVERSATIONS = 512


class Service:
    """Somebody listens on `socket`, and starts the program at need; `words` stand before it."""

    def __init__(self, path, program, words=()):
        self.socket = path
        self.listener = subprocess.Popen(
            [sys.executable, "-BI", LISTENER, path, *words, program])
        wait_until(path.exists, f"nothing listens on {path}")

    def process(self):
        """The process of the service; None where it does not run."""
        number = self.listener.pid
        children = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text("ascii")
        return int(children.split()[0]) if children.strip() else None

    def wake(self):
        """Has it run, and waits for its first word."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.recv(4)

    def stop(self):
        """Ends the program; whoever listens goes on."""
        if self.process() is not None:
            os.kill(self.process(), signal.SIGTERM)
            wait_until(lambda: self.process() is None, "the service does not end")

    def close(self):
        self.stop()
        self.listener.kill()
        self.listener.wait()
        self.socket.unlink()


def wait_until(is_so, trouble):
    end = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"bench: {trouble}")
        time.sleep(0.005)


def run_logins(words, log, tools, confdir, contestant, users, right):
    """All of `users` logging in once, through a service of their own that `words` start; what
    they wrote to `log` by the time it had ended."""
    def attempt():
        service = Service(log.with_suffix(".sock"), contestant.build.program, words)
        # Starting is not measured, and may take longer than a login waits.
        service.wake()
        through = contestant.through(service)
        through.write_service(confdir)
        done = measure.try_logins([tools.dialogue], confdir, through, users, right)
        service.close()
        return None if done is None else log.read_text("utf-8", "replace")
    return measure.within_a_step(attempt)


def instructions(tools, confdir, contestant, users, right, out="/dev/null"):
    """Instructions of the service, its start included, in all of `users` logging in once."""
    log = confdir.parent / "service.log"
    text = run_logins([*measure.callgrind(out), f"--log-file={log}"], log, tools, confdir,
                      contestant, users, right)
    return measure.collected(text)


def instructions_per_login(tools, confdir, contestant, users, right):
    few = instructions(tools, confdir, contestant, users[:2], right)
    many = instructions(tools, confdir, contestant, users, right)
    return (many - few) / (len(users) - 2)


def syncs(tools, confdir, contestant, users, right):
    """As of a host: how often a login makes the service have the disk write."""
    log = confdir.parent / "service.log"
    # -D, so that the process that was started is the service itself.
    return measure.count_syncs(run_logins(
        [*measure.strace(), "-D", "-o", log], log, tools, confdir, contestant, users, right), users)


def times_after_idle(tools, confdir, contestant, users, rounds):
    """Milliseconds of logins that find nobody but the socket: all of a login, pam_permit too."""
    dialogue = measure.Dialogue(tools, confdir, contestant)
    samples = []
    for number in range(rounds):
        contestant.restore()
        contestant.service.stop()
        user = users[number % len(users)]
        code = measure.answer(contestant, user, True)
        samples.append(dialogue.login(user, code, True) / 1000)
    dialogue.close()
    return samples


class Memory(collections.namedtuple("Memory", "resident anonymous threads")):
    """Of the service's process: KB, KB, and how many."""

    @classmethod
    def of(cls, service):
        status = pathlib.Path(f"/proc/{service.process()}/status")
        return cls(measure.kilobytes(status, "VmRSS"), measure.kilobytes(status, "RssAnon"),
                   int(re.search(r"^Threads:\s*(\d+)", status.read_text("ascii"), re.M).group(1)))


def memory(tools, confdir, contestant, users):
    """When all of `users` have logged in, with many conversations open, and when those are over."""
    service = Service(confdir.parent / "memory.sock", contestant.build.program)
    through = contestant.through(service)
    through.write_service(confdir)
    if measure.run_logins([tools.dialogue], confdir, through, users, True) is None:
        raise SystemExit("bench: no logins before the service's memory")

    def at_rest():
        wait_until(lambda: Memory.of(service).threads == 1, "the service does not come to rest")
        return Memory.of(service)

    before = at_rest()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = [measure.Dialogue(
        tools, confdir, through, lines=f"user {users[number % len(users)]}\nanswer-later\n"
        "go authenticate\n") for number in range(CONVERSATIONS)]
    for dialogue in held:
        if dialogue.result().get("event") != "prompt":
            raise SystemExit("bench: a conversation did not come to its question")
    during = Memory.of(service)
    for dialogue in held:
        dialogue.close()
    after = at_rest()
    service.close()
    return before, during, after
