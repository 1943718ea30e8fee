"""A real PostgreSQL with a synchronous standby, on loopback, as an ordinary user."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from service import wait_until

USER = "nobody"
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 512MB
max_wal_size = 4GB
wal_keep_size = 256MB
# So that autovacuum's turns are the same for all.
autovacuum_naptime = 20s
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def programs():
    """The folder of the newest version that is installed."""
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin")
    return max(folders, key=lambda folder: int(folder.parent.name))


class Server:
    """One server, which ends with this program."""

    def __init__(self, folder, follows=None):
        self.folder, self.port = folder, free_port()
        folder.mkdir(mode=0o700)
        shutil.chown(folder, USER, "nogroup")
        if follows:
            self.run("pg_basebackup", "-d", f"{follows.address()} application_name=standby",
                     "-D", folder, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        else:
            self.run("initdb", "--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8",
                     "--locale", "C", "-D", folder)
            with open(folder / "postgresql.conf", "a", encoding="ascii") as settings:
                settings.write(SETTINGS)
        self.process = subprocess.Popen(
            [*self.words("postgres"), "-D", folder, "-p", str(self.port)], cwd="/",
            stdin=subprocess.DEVNULL, stdout=open(f"{folder}.log", "wb"),
            stderr=subprocess.STDOUT)
        wait_until(self.answers, f"PostgreSQL does not answer: see {folder}.log")

    def words(self, program):
        # It ends at once when this program does: nobody needs what is in it.
        return ["setpriv", f"--reuid={USER}", "--regid=nogroup", "--clear-groups",
                "--pdeathsig", "QUIT", "env", "LC_ALL=C", programs() / program]

    def run(self, program, *words):
        done = subprocess.run([*self.words(program), *words], cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        if done.returncode:
            raise SystemExit(f"bench: {program}: {done.stdout}")
        return done.stdout.strip()

    def answers(self):
        return subprocess.run(
            [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
            check=False).returncode == 0

    def address(self, database="postgres", role="postgres"):
        """Where it is, for libpq."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user={role}"

    def sql(self, text, database="postgres"):
        """Runs a statement as the superuser, without waiting for the standby."""
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                        "-d", f"{self.address(database)} options='-c synchronous_commit=local'",
                        "-c", text)

    def close(self):
        # At once: nobody needs what is in it.
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(timeout=60)


class Pair:
    """The primary, and the standby that each commit waits for."""

    def __init__(self, work):
        self.primary = Server(work / "primary")
        self.standby = Server(work / "standby", self.primary)
        self.primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        self.primary.sql("SELECT pg_reload_conf()")
        wait_until(self.is_synchronous, "no standby follows")

    def is_synchronous(self):
        return self.primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync"

    def address(self, database, role):
        """The pair, for libpq: whichever can write."""
        ports = f"{self.primary.port},{self.standby.port}"
        return (f"host=127.0.0.1,127.0.0.1 port={ports} dbname={database} user={role}"
                " target_session_attrs=read-write")

    def settle(self, database):
        """After much was stored: statistics, and nothing left for later to write."""
        self.primary.run("psql", "-X", "-q", "-d", self.primary.address(database), "-c",
                         "VACUUM ANALYZE")
        self.primary.sql("CHECKPOINT")
        self.standby.sql("CHECKPOINT")
        wait_until(lambda: self.primary.sql(
            "SELECT bool_and(replay_lsn >= sent_lsn) FROM pg_stat_replication") == "t",
                   "the standby does not keep up")

    def close(self):
        self.standby.close()
        self.primary.close()


def seconds(*processes):
    """Processor seconds of processes and all that they have started."""
    ticks, left = 0, list(processes)
    while left:
        process = left.pop()
        try:
            stat = pathlib.Path(f"/proc/{process}/stat").read_text("ascii")
            children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        # After the name: state is field 0; utime, stime, cutime and cstime are 11 to 14.
        fields = stat.rpartition(")")[2].split()
        ticks += sum(int(field) for field in fields[11:15])
        left += [int(child) for child in children.split()]
    return ticks / os.sysconf("SC_CLK_TCK")
