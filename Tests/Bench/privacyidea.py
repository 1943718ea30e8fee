"""privacyIDEA from PyPI, on the same PostgreSQL, tuned as its documentation has it."""

import hashlib
import hmac
import json
import os
import pathlib
import subprocess
import sys
import urllib.error
import urllib.request

import postgres
from service import wait_until

VERSION = "3.14"
PACKAGES = [f"privacyidea=={VERSION}", "gunicorn", "psycopg2-binary"]

# No signatures in the audit and on answers, connections that are kept, and few words in the log.
CONFIGURATION = """
import os
SQLALCHEMY_DATABASE_URI = "{uri}"
SQLALCHEMY_ENGINE_OPTIONS = {{"pool_size": 5, "pool_pre_ping": False}}
SECRET_KEY = "{secret}"
PI_PEPPER = "{secret}"
PI_ENCFILE = "{folder}/enckey"
PI_AUDIT_KEY_PRIVATE = "{folder}/private.pem"
PI_AUDIT_KEY_PUBLIC = "{folder}/public.pem"
PI_AUDIT_NO_SIGN = True
PI_AUDIT_POOL_SIZE = 5
PI_NO_RESPONSE_SIGN = True
PI_ENGINE_REGISTRY_CLASS = "shared"
PI_LOGFILE = "{folder}/privacyidea.log"
PI_LOGLEVEL = 40
PI_NODE = "bench"
PI_UUID_FILE = "{folder}/uuid"
"""

APPLICATION = """
from privacyidea.app import create_app
application = create_app(config_name="production", config_file="{folder}/pi.cfg", silent=True)
"""

# Runs in privacyIDEA's own Python: users in a table, a realm of them, and a TOTP token for each.
ENROLLING = """
import json, sys
from application import application
from privacyidea.lib.policy import set_policy
from privacyidea.lib.realm import set_default_realm, set_realm
from privacyidea.lib.resolver import save_resolver
from privacyidea.lib.token import init_token
from privacyidea.lib.user import User

work = json.load(sys.stdin)
with application.app_context():
    save_resolver({"resolver": "table", "type": "sqlresolver", "Driver": "postgresql+psycopg2",
                   "Server": "127.0.0.1", "Port": work["port"], "Database": "privacyidea",
                   "User": "postgres", "Password": "", "Table": "people", "Encoding": "utf8",
                   "Map": '{"userid": "id", "username": "name"}', "Editable": False})
    set_realm("bench", [{"name": "table"}])
    set_default_realm("bench")
    # Nobody has a PIN, so none is hashed.
    set_policy("nopin", scope="authentication", action="otppin=none")
    for name, key in work["keys"].items():
        init_token({"type": "totp", "otpkey": key, "serial": name, "timeStep": 30,
                    "hashlib": "sha1", "otplen": 6}, User(name, "bench"))
"""


def key(number, seed):
    """The key of a user's token, as Users.key in Tests/FleetBench has it."""
    return hmac.new(seed.encode(), str(number).encode(), hashlib.sha256).digest()[:20].hex()


class PrivacyIDEA:
    """The server, with so many users, and so many workers."""

    def __init__(self, place, work, pair, seed, users, workers):
        self.place, self.folder, self.pair = place, work / "privacyidea", pair
        self.folder.mkdir()
        self.install()
        self.configure()
        self.enroll(seed, users)
        self.port = postgres.free_port()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", self.python, "-m", "gunicorn", "--workers",
             str(workers), "--worker-class", "gthread", "--threads", "1", "--keep-alive", "60",
             "--bind", f"127.0.0.1:{self.port}", "--backlog", "1024", "--log-level", "error",
             "application:application"], cwd=self.folder,
            stdout=open(self.folder / "gunicorn.log", "wb"), stderr=subprocess.STDOUT,
            env=self.environment())
        wait_until(self.answers, f"privacyIDEA does not answer: see {self.folder}")

    def install(self):
        """Once: it stays for later runs."""
        self.python = self.place / "bin" / "python"
        mark = self.place / "installed"
        if mark.exists():
            return
        subprocess.run([sys.executable, "-m", "venv", "--clear", self.place], check=True)
        subprocess.run([self.python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
        mark.touch()

    def environment(self):
        return {"PATH": os.environ["PATH"], "PRIVACYIDEA_CONFIGFILE": f"{self.folder}/pi.cfg",
                "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}

    def manage(self, *words):
        done = subprocess.run(
            [self.place / "bin" / "pi-manage", *words], text=True, check=False, cwd=self.folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment())
        if done.returncode:
            raise SystemExit(f"bench: pi-manage {words}: {done.stdout}")

    def configure(self):
        self.pair.primary.sql("CREATE DATABASE privacyidea")
        port = self.pair.primary.port
        text = CONFIGURATION.format(
            folder=self.folder, secret=os.urandom(24).hex(),
            uri=f"postgresql+psycopg2://postgres@127.0.0.1:{port}/privacyidea")
        (self.folder / "pi.cfg").write_text(text, encoding="ascii")
        (self.folder / "application.py").write_text(
            APPLICATION.format(folder=self.folder), encoding="ascii")
        for words in (["create_enckey"], ["create_audit_keys"], ["create_tables"]):
            self.manage("setup", *words)

    def enroll(self, seed, users):
        sql = self.pair.primary.sql
        sql("CREATE TABLE people (id integer PRIMARY KEY, name text UNIQUE NOT NULL)",
            "privacyidea")
        # No user has the id 0: it would count as none.
        sql(f"INSERT INTO people SELECT n + 1, 'bench' || n FROM generate_series(0, {users - 1}) n",
            "privacyidea")
        keys = {f"bench{number}": key(number, seed) for number in range(users)}
        done = subprocess.run(
            [self.python, "-c", ENROLLING], cwd=self.folder, env=self.environment(), text=True,
            input=json.dumps({"port": self.pair.primary.port, "keys": keys}), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"bench: enrolling in privacyIDEA: {done.stdout[-2000:]}")

    def answers(self):
        try:
            # It refuses this, because nothing is given to be checked.
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/validate/check", timeout=20)
        except urllib.error.HTTPError:
            return True
        except OSError:
            pass
        return False

    def close(self):
        self.process.terminate()
        self.process.wait()
