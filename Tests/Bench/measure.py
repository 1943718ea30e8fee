"""Logins through pam-dialogue: counted by callgrind, and timed."""

import json
import re
import statistics
import subprocess

import contestants

SUCCESS, AUTH_ERR = 0, 7


class Dialogue:
    """One pam-dialogue process that logs users in through one service."""

    def __init__(self, tools, confdir, contestant):
        self.contestant = contestant
        self.process = subprocess.Popen(
            [tools.dialogue], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.send(opening(confdir, contestant))

    def send(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def login(self, user, code, right):
        """One login from pam_start to pam_end, in microseconds."""
        self.send(f"login {user} {code}\nrounds\n")
        result = json.loads(self.process.stdout.readline())
        check(self.contestant, result, right, 1)
        return result["median_ns"] / 1000

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def opening(confdir, contestant):
    """Where the login comes from is the same for all; nobody waits for a failure's delay."""
    return (f"confdir {confdir}\nservice {contestant.name}\nrhost 192.0.2.1\ntty ssh\n"
            "fail-delay note\n")


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


def instructions(tools, confdir, contestant, users, right):
    """Instructions of all of `users` logging in once, in one process, start of it included."""
    contestant.restore()
    lines = [f"login {user} {answer(contestant, user, right)}\n" for user in users]
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", tools.dialogue],
        input=opening(confdir, contestant) + "".join(lines) + "rounds\n",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=True)
    check(contestant, json.loads(run.stdout), right, len(users))
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def instructions_per_login(tools, confdir, contestant, users, right):
    """A login in a process that has seen some: the difference of few and many."""
    few = instructions(tools, confdir, contestant, users[:2], right)
    many = instructions(tools, confdir, contestant, users, right)
    return (many - few) / (len(users) - 2)


def times(tools, confdir, field, users, rounds, right):
    """The median time of a login in microseconds, by contestant.

    Contestants take turns, login by login, and each goes first equally often, so that whatever
    else the machine does meets all of them alike.
    """
    dialogues = [Dialogue(tools, confdir, contestant) for contestant in field]
    samples = {contestant.name: [] for contestant in field}
    for batch in range(-(-rounds // len(users))):
        codes = {}
        for contestant in field:
            contestant.restore()
            for user in users:
                codes[contestant.name, user] = answer(contestant, user, right)
        for index, user in enumerate(users):
            turn = (batch * len(users) + index) % len(field)
            for dialogue in dialogues[turn:] + dialogues[:turn]:
                name = dialogue.contestant.name
                samples[name].append(dialogue.login(user, codes[name, user], right))
    for dialogue in dialogues:
        dialogue.close()
    return {name: statistics.median(values) for name, values in samples.items()}
