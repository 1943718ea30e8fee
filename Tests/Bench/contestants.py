"""What is measured: each contestant has a service file, its users and a state to go back to."""

import base64
import json
import os
import pathlib
import secrets
import subprocess

FIRST_UID = 61000
PEERS = pathlib.Path("/usr/lib/x86_64-linux-gnu/security")
if not PEERS.is_dir():
    PEERS = pathlib.Path("/usr/lib/aarch64-linux-gnu/security")


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
            home.mkdir(parents=True, mode=0o700)
            os.chown(home, uid, uid)
            passwd.write(f"{user_name(number)}:x:{uid}:{uid}::{home}:/bin/sh\n")


class Contestant:
    """One module in one setting.

    `secrets` maps users to Base32; `state` holds the files that a login changes.
    """

    def __init__(self, name, module, arguments=""):
        self.name = name
        self.module = module
        self.arguments = arguments
        self.secrets = {}
        self.state = {}

    def write_service(self, folder):
        """The stack: pam_permit, and above it the module. The base line is pam_permit alone."""
        lines = ["auth required pam_permit.so"]
        if self.module:
            lines.append(f"auth required {self.module} {self.arguments}")
        (folder / self.name).write_text("\n".join(lines) + "\n", encoding="ascii")

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


def google_authenticator(name, users, work, options=""):
    """Files as `google-authenticator -t -d -r 3 -R 30 -w 3` writes them, in the users' homes.

    Two settings share a user's home, so each has its own file name in it.
    """
    path = f"${{HOME}}/.{name}"
    made = Contestant(name, PEERS / "pam_google_authenticator.so", f"secret={path} {options}")
    for number, user in enumerate(users):
        secret = new_secret()
        file = work / "home" / user / f".{name}"
        file.write_text(
            f'{secret}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n',
            encoding="ascii")
        os.chown(file, FIRST_UID + number, FIRST_UID + number)
        file.chmod(0o400)
        made.secrets[user] = secret
        made.remember(file)
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


def swiftotp(name, users, work, tools, enrolled=None):
    """A store of its own. Those who log in are enrolled by otp-enroll.

    A record is sealed to its user, so the others' files are copies of one, named by other uids:
    they fill the folder as real ones would, and are opened by nobody.
    """
    store = work / name
    store.mkdir(mode=0o700)
    made = Contestant(name, tools.module, f"store={store}")
    spare = {}
    for user in users:
        output = subprocess.run(
            [tools.enroll, "add", user, "--store", store, "--name", "phone", "--no-confirm",
             "--json"], check=True, stdout=subprocess.PIPE).stdout
        enrolled_as = json.loads(output)
        made.secrets[user] = enrolled_as["secret"]
        spare[user] = enrolled_as["backup_codes"][0]
    log_in_once(made, spare, work, tools)
    uids = {str(FIRST_UID + number) for number in range(len(users))}
    records = [path for path in store.rglob("*") if path.is_file() and path.name in uids]
    if len(records) != len(users):
        raise SystemExit(f"bench: {len(records)} records for {len(users)} users in {store}")
    for record in records:
        made.remember(record)
    sample = records[0].read_bytes()
    for number in range(max((enrolled or 0) - len(users), 0)):
        path = records[0].with_name(str(1_000_000 + number))
        path.write_bytes(sample)
        path.chmod(0o600)
    return made


def log_in_once(contestant, codes, work, tools):
    """The first login after enrolling tells the user of it; those that are measured are later."""
    confdir = work / f"{contestant.name}-first"
    confdir.mkdir()
    contestant.write_service(confdir)
    lines = "".join(f"login {user} {code}\n" for user, code in codes.items())
    output = subprocess.run(
        [tools.dialogue], check=True, stdout=subprocess.PIPE, text=True,
        input=f"confdir {confdir}\nservice {contestant.name}\nrhost 192.0.2.1\n{lines}rounds\n",
    ).stdout
    counts = [(entry["code"], entry["count"]) for entry in json.loads(output)["codes"]]
    if counts != [(0, len(codes))]:
        raise SystemExit(f"bench: the first logins of {contestant.name}: {output}")


def new_secret():
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_now(secret):
    """What the phone shows."""
    return subprocess.run(
        ["oathtool", "--totp", "-b", secret], check=True, stdout=subprocess.PIPE
    ).stdout.decode().strip()


def wrong_code(secret):
    """A code that no step near now has."""
    near = subprocess.run(
        ["oathtool", "--totp", "-b", "-w", "60", "-N", "now - 15 minutes", secret], check=True,
        stdout=subprocess.PIPE).stdout.decode().split()
    return next(code for code in ("000000", "111111", "222222") if code not in near)
