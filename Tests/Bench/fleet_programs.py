"""The fleet's programs as they are installed: the server, hosts that have joined, and a driver."""

import json
import re
import resource
import shutil
import subprocess

import postgres
from service import wait_until

# For 10,000 connections.
DESCRIPTORS = 20_000


def strip(folder, work, names):
    """The programs as they are shipped: stripped."""
    place = work / "programs"
    place.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(folder / name, place / name)
        subprocess.run(["strip", place / name], check=True)
    return place


def allow_descriptors():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most != resource.RLIM_INFINITY and most < DESCRIPTORS:
        raise SystemExit(f"bench: a process may open {most} files here; {DESCRIPTORS} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, most))


def run(*words):
    done = subprocess.run(words, text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f"bench: {' '.join(map(str, words[:2]))}: {done.stdout}")
    return done.stdout


class Fleet:
    """A fleet in a database of its own, with one server; its users are made by the driver."""

    def __init__(self, name, programs, driver, work, pair, hosts):
        self.name, self.programs, self.driver, self.pair = name, programs, driver, pair
        self.folder, self.users, self.seed = work / name, 0, f"keys of {name}"
        self.port = postgres.free_port()
        pair.primary.sql(f"CREATE DATABASE {name} TEMPLATE template0")
        self.address = pair.address(name, "swiftotp_server")
        self.server("init", "--fleet", "bench", "--names", "127.0.0.1",
                    "--owner", pair.address(name, "postgres"), "--database", self.address,
                    "--address", "127.0.0.1", "--port", str(self.port))
        # All load is of few hosts here.
        with open(self.folder / "server.conf", "a", encoding="utf-8") as settings:
            settings.write("host_rate = 100000\n")
        self.log = open(work / f"{name}.log", "wb")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", programs / "swiftotp-server", "serve",
             "--folder", self.folder], stdout=self.log, stderr=subprocess.STDOUT)
        wait_until(lambda: b" on port " in (work / f"{name}.log").read_bytes(),
                   f"swiftotp-server does not start: see {work}/{name}.log")
        self.hosts = [self.join(f"host{number}", work) for number in range(hosts)]

    def server(self, command, *words):
        return run(self.programs / "swiftotp-server", command, *words, "--folder", self.folder)

    def join(self, host, work):
        """The file that a host has after joining."""
        folder = work / f"{self.name}-{host}"
        text = self.server("invite", host, "--rights", "enroll")
        token = re.search(r"--token (\S+)", text).group(1)
        run(self.programs / "swiftotp-agent", "join", f"https://127.0.0.1:{self.port}",
            "--token", token, "--folder", folder)
        return str(folder / "host.pem")

    def fill(self, users):
        """Adds users until there are so many."""
        run(self.driver, "fill", self.folder / "fleet.key", self.address, self.seed,
            str(self.users), str(users - self.users))
        self.users = users
        self.pair.settle(self.name)

    def release(self):
        """Gives the hosts back the failures that wrong codes have cost."""
        for number in range(len(self.hosts)):
            self.server("hosts", "--release", f"host{number}")

    def target(self):
        return {"port": self.port, "hosts": self.hosts, "seed": self.seed, "users": self.users}

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)


class Driver:
    """fleet-bench, which logs users in."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", program, "drive"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def ask(self, action, target, **words):
        order = {"action": action, "target": target, **words}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"bench: fleet-bench ended at {order}")
        return json.loads(line)

    def logins(self, target, at_once, logins, **words):
        """Logins; on a busy machine some may not be answered with yes or no, but none wrongly."""
        result = self.ask("logins", target, atOnce=at_once, logins=logins, **words)
        wrong = {why: count for why, count in result["troubles"].items() if "is wrong" in why}
        if wrong or not result["microseconds"]:
            raise SystemExit(f"bench: {target}, {at_once} at once: {result['troubles']}")
        if len(result["microseconds"]) + sum(result["troubles"].values()) < logins:
            raise SystemExit(f"bench: {target} has too few users for {logins} logins")
        return result

    def close(self):
        self.process.stdin.close()
        self.process.wait()
