"""Enrolling on a terminal: from the start of the command to the question below the QR code."""

import fcntl
import os
import pty
import re
import signal
import statistics
import struct
import termios
import time

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
ROWS, COLUMNS = 60, 200


class Enroller:
    """A command, what shows that it drew a QR code, and the question that comes after that."""

    def __init__(self, name, words, drawing, question):
        self.name = name
        self.words = [str(word) for word in words]
        self.drawing = drawing
        self.question = question


def both(tools, work):
    """Alike as far as they go: neither asks anything before the QR code. Ours through the service
    that runs, and with one that the command has to start."""
    store = work / "enrolling"
    store.mkdir(mode=0o700)
    drawing, question = "\u2588".encode(), b"Code shown by the app:"
    return [
        Enroller("google-authenticator",
                 ["/usr/bin/google-authenticator", "-t", "-s", work / "enrolling.ga"],
                 b"\x1b[7m  ", b"(-1 to skip)"),
        Enroller("swiftotp", [tools.ours.enroll, "add"], drawing, question),
        Enroller("swiftotp-own", [tools.ours.enroll, "add", "--store", store], drawing, question),
    ]


def figures(tools, work, rounds):
    """Instructions, and the median of the milliseconds, of each; they take turns."""
    field = both(tools, work)
    samples = {enroller.name: [] for enroller in field}
    for number in range(rounds):
        for enroller in field[::1 if number % 2 else -1]:
            samples[enroller.name].append(until_question(enroller.words, enroller) * 1000)
    log = work / "enrolling.log"
    instructions = {}
    for enroller in field:
        until_question(
            ["/usr/bin/valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
             f"--log-file={log}", *enroller.words], enroller)
        collected = re.search(r"Collected : (\d+)", log.read_text("utf-8"))
        instructions[enroller.name] = int(collected.group(1))
    return instructions, {name: statistics.median(values) for name, values in samples.items()}


def until_question(words, enroller):
    """Runs it on a terminal of its own, and ends it at the question; how many seconds to there."""
    begin = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execve(words[0], words, ENVIRONMENT)
    shown, asked = b"", 0
    while enroller.question not in shown:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
        # What every terminal is asked and answers (DA1).
        if shown.count(b"\x1b[c") > asked:
            asked += 1
            os.write(terminal, b"\x1b[?1;2c")
    seconds = time.perf_counter() - begin
    os.kill(process, signal.SIGTERM)
    end(process, terminal)
    if enroller.question not in shown or enroller.drawing not in shown:
        raise SystemExit(f"bench: no QR code and question of {enroller.name}:\n"
                         + shown.decode(errors="replace"))
    return seconds


def end(process, terminal):
    """Reads on, so that the program finds somebody to say goodbye to."""
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass
    os.close(terminal)
    os.waitpid(process, 0)
