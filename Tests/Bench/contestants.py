"""What is measured: each contestant has a service file, its users and a state to go back to."""

import base64
import copy
import functools
import json
import os
import pathlib
import secrets
import shutil
import stat
import subprocess
import time

FIRST_UID = 61000
# For all of them: libpam, and what a module writes down, cost by the letter.
SERVICE = "sshd"
STORE = "/var/lib/swiftotp"
KEY_FOLDER = "/etc/swiftotp"
SOCKET = pathlib.Path("/run/swiftotp/swiftotpd.sock")
PROGRAM = pathlib.Path("/usr/libexec/swiftotpd")
NOWHERE = "/nowhere"
PEERS = pathlib.Path(f"/usr/lib/{os.uname().machine}-linux-gnu/security")


def user_name(number):
    return f"bench{number:03d}"


def add_users(work, count):
    """Leaves root and these users in the private /etc/passwd, for every contestant and size.

    Looking a user up costs by the line, so that the length has to be the same on every machine.
    """
    with open("/etc/passwd", "w", encoding="ascii") as passwd:
        passwd.write("root:x:0:0:root:/root:/bin/sh\n")
        for number in range(count):
            uid = FIRST_UID + number
            home = work / "home" / user_name(number)
            home.mkdir(parents=True, mode=0o700, exist_ok=True)
            os.chown(home, uid, uid)
            passwd.write(f"{user_name(number)}:x:{uid}:{uid}::{home}:/bin/sh\n")


class Contestant:
    """One module in one setting.

    `secrets` maps users to Base32; `state` holds the files that a login changes. Ours has a `build`
    that it comes from, and mostly a `service` that it asks.
    """

    def __init__(self, name, module, arguments="", build=None, service=None):
        self.name = name
        self.module = module
        self.arguments = arguments
        self.build = build
        self.service = service
        self.secrets = {}
        self.state = {}

    def folder(self, parent):
        """The folder of its service file below `parent`; all have names of one length."""
        return parent / f"{self.name:-<32}"

    def write_service(self, parent):
        """The stack: pam_permit, and above it the module. The base line is pam_permit alone."""
        lines = ["auth required pam_permit.so"]
        if self.module:
            words = f"auth required {self.module} {self.arguments}".rstrip()
            if self.service and self.service.socket != SOCKET:
                # And no other: a login that had to start a program of its own is denied.
                words += f" socket={self.service.socket} program={NOWHERE}"
            lines.append(words)
        self.folder(parent).mkdir(exist_ok=True)
        (self.folder(parent) / SERVICE).write_text("\n".join(lines) + "\n", encoding="ascii")

    def through(self, service):
        """The same that asks another service."""
        other = copy.copy(self)
        other.name, other.service = f"{self.name}-through", service
        return other

    def opening(self, parent):
        """What pam-dialogue is told first. Where the login comes from is the same for all; nobody
        waits for a failure's delay."""
        return (f"confdir {self.folder(parent)}\nservice {SERVICE}\nrhost 192.0.2.1\ntty ssh\n"
                "fail-delay note\n")

    def remember(self, path):
        status = path.stat()
        self.state[path] = (path.read_bytes(), status.st_mode, status.st_uid, status.st_gid)

    def restore(self):
        """Puts the state back, on the disk too, so that nothing of it is left to a login's sync."""
        for path, (data, mode, uid, gid) in self.state.items():
            path.unlink(missing_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.write(handle, data)
            os.fchown(handle, uid, gid)
            os.fchmod(handle, mode & 0o7777)
            os.fsync(handle)
            os.close(handle)
        for folder in {path.parent for path in self.state}:
            handle = os.open(folder, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)


def permit():
    """The base line: its users have secrets only so that the same lines are read."""
    return Contestant("permit", None)


def google_authenticator(name, users, work, tools, options=""):
    """Files as `google-authenticator -t -d -r 3 -R 30 -w 3` writes them, with its scratch codes,
    in the users' homes. As with ours, each user has logged in before.

    Two settings share a user's home, so the one with options has a file name of its own in it.
    """
    file_name = f".{name}" if options else ".google_authenticator"
    arguments = f"secret=${{HOME}}/{file_name} {options}" if options else ""
    made = Contestant(name, PEERS / "pam_google_authenticator.so", arguments)
    for number, user in enumerate(users):
        secret = new_secret()
        file = work / "home" / user / file_name
        file.write_text(
            f'{secret}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n'
            + "".join(f"{10**7 + secrets.randbelow(9 * 10**7)}\n" for _ in range(5)),
            encoding="ascii")
        os.chown(file, FIRST_UID + number, FIRST_UID + number)
        file.chmod(0o400)
        made.secrets[user] = secret
    earlier = int(time.time()) // 30 - 1
    log_in(made, {user: [code_at(made.secrets[user], earlier)] for user in users}, 1, work, tools)
    for user in users:
        made.remember(work / "home" / user / file_name)
    return made


def oath(name, users, work, enrolled=None):
    """One users file; where more are enrolled, the users who log in stand in its middle."""
    file = work / f"{name}.users"
    made = Contestant(name, PEERS / "pam_oath.so", f"usersfile={file} window=1 digits=6")
    lines = []
    for user in users:
        made.secrets[user] = new_secret()
        key = base64.b32decode(made.secrets[user]).hex()
        lines.append(f"HOTP/T30/6 {user} - {key}\n")
    others = max((enrolled or 0) - len(users), 0)
    filler = [f"HOTP/T30/6 filler{i:06d} - {secrets.token_hex(20)}\n" for i in range(others)]
    middle = others // 2
    file.write_text("".join(filler[:middle] + lines + filler[middle:]), encoding="ascii")
    file.chmod(0o600)
    made.remember(file)
    return made


def swiftotp(name, users, work, tools, build, enrolled=None, usual=False, own=False):
    """A store of its own, which stands in the `usual` place from now on, or is named to the
    module. Those who log in are enrolled by otp-enroll.

    It asks the service of its build, if there is one, or starts one for each login of its `own`.
    The others' records are empty files, named by other uids: they fill the folder as real ones
    would, and are opened by nobody.
    """
    store = work / name
    store.mkdir(mode=0o700)
    words = [] if usual else [f"store={store}"]
    if own:
        words.append(f"socket={NOWHERE} program={build.program}")
    made = Contestant(
        name, build.module, " ".join(words), build, None if own else build.service)
    where = [] if usual else ["--store", store]
    if usual:
        subprocess.run(["mount", "--bind", store, STORE], check=True)
        # It belongs to the store that stood there before.
        shutil.rmtree(KEY_FOLDER, ignore_errors=True)
    spare = {}
    for user in users:
        enrolled_as = ask_otp_enroll(
            build, "add", user, *where, "--name", "phone", "--no-confirm")
        made.secrets[user] = enrolled_as["secret"]
        spare[user] = enrolled_as["backup_codes"]
    log_in_before(made, spare, work, tools)
    uids = {str(FIRST_UID + number) for number in range(len(users))}
    records = [path for path in store.rglob("*") if path.is_file() and path.name in uids]
    if len(records) != len(users):
        raise SystemExit(f"bench: {len(records)} records for {len(users)} users in {store}")
    for record in records:
        made.remember(record)
    fill(records[0].parent, max((enrolled or 0) - len(users), 0))
    return made


def ask_otp_enroll(build, *words):
    run = subprocess.run(
        [build.enroll, *words, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(run.stdout)


def fill(path, count):
    folder = os.open(path, os.O_RDONLY)
    for number in range(count):
        os.mknod(str(1_000_000 + number), stat.S_IFREG | 0o600, dir_fd=folder)
    os.close(folder)


def log_in_before(contestant, codes, work, tools):
    """The first two logins after enrolling tell the user of it; those that are measured are later.

    Every other user logs in a third time, because a record's two halves are written in turn: of
    the logins that are measured, as many write the one as the other.
    """
    log_in(contestant, codes, 2, work, tools)
    if len(codes) > 1:
        log_in(contestant, dict(list(codes.items())[1::2]), 1, work, tools)


def log_in(contestant, codes, count, work, tools):
    """So many logins of each of these users by backup codes, which are gone then."""
    contestant.write_service(work)
    logins = [f"login {user} {codes[user].pop(0)}\n" for user in codes for _ in range(count)]
    output = subprocess.run(
        [tools.dialogue], check=True, stdout=subprocess.PIPE, text=True,
        input=f"{contestant.opening(work)}{''.join(logins)}rounds\n").stdout
    counts = [(entry["code"], entry["count"]) for entry in json.loads(output)["codes"]]
    if counts != [(0, len(logins))]:
        raise SystemExit(f"bench: the first logins of {contestant.name}: {output}")


def new_secret():
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_now(secret):
    """What the phone shows."""
    return code_at(secret, int(time.time()) // 30)


@functools.lru_cache(maxsize=4096)
def code_at(secret, step):
    return oathtool("-b", "-N", f"@{step * 30}", secret)[0]


def wrong_code(secret):
    """A code that no step near now has."""
    return wrong_code_at(secret, int(time.time()) // 300)


@functools.lru_cache(maxsize=4096)
def wrong_code_at(secret, time):
    near = oathtool("-b", "-w", "70", "-N", f"@{time * 300 - 900}", secret)
    return next(code for code in ("000000", "111111", "222222") if code not in near)


def oathtool(*words):
    return subprocess.run(
        ["oathtool", "--totp", *words], check=True, stdout=subprocess.PIPE).stdout.decode().split()
