"""Makes README's pictures: what a terminal shows while `otp-enroll add alice` enrolls, and in a login.

    Tests/ground python3 -B docs/picture.py BIN enrollment|login FILE

Runs the programs of the folder BIN on a screen of tmux, for a user who is there for this only, and
draws what the screen shows into FILE: squares for the QR code, text for the rest. The key in it is
nobody's: the store is gone at the end. A login goes through a real sshd on loopback.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from html import escape

COLUMNS, ROWS = 80, 24
# A character's place in the picture. Half of one is a square: a module of the QR code.
WIDTH, HEIGHT = 9, 18
MARGIN, BAR = 14, 30
INK, GROUND, FRAME = "#d8dee9", "#1d2129", "#2f3542"
HALVES = {" ": (0, 0), "\u2588": (1, 1), "\u2580": (1, 0), "\u2584": (0, 1)}
TITLES = {
    "enrollment": ("web1: sudo otp-enroll add alice",
                   "A terminal with a QR code and, beside it, the key to type"),
    "login": ("laptop: ssh alice@web1", "A terminal where ssh asks for a verification code"),
}


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


# Gives what follows a host name, a user and a store that nobody else has or sees.
STAGE = """
# Again where a file is gone before it is copied: whoever makes a user has some that come and go.
copy() { rm -rf "$0/etc"; mkdir "$0/etc"; cp -a /etc/. "$0/etc"; }
copy || copy || copy || copy
rm -rf "$0"/etc/*.lock "$0/etc/swiftotp" "$0/etc/security/swiftotp.conf"
mount --bind "$0/etc" /etc
mkdir -p /var/lib/swiftotp
mount -t tmpfs -o mode=700 store /var/lib/swiftotp
id alice >/dev/null 2>&1 || useradd --no-create-home --home-dir "$0/home" --shell /bin/sh alice
hostname web1
exec "$@"
"""

# sshd as README sets it up, and a phone's code in the file `code`.
LOGIN = """
bin=$1 folder=$2
mkdir -m 700 "$folder/home" && cd "$folder" && chmod 711 .
ssh-keygen -q -t ed25519 -N "" -f host && ssh-keygen -q -t ed25519 -N "" -f key
cp key.pub allowed && echo "PS1='web1:~$ '" >home/.profile && chown -R alice home
install -m 644 "$bin/libpam_swiftotp.so" module.so
printf '%s\\n' "auth required $folder/module.so program=$bin/swiftotpd" \
    "account required pam_permit.so" "session required pam_permit.so" >/etc/pam.d/sshd
cat >sshd_config <<END
HostKey $folder/host
AuthorizedKeysFile $folder/allowed
StrictModes no
UsePAM yes
PrintMotd no
KbdInteractiveAuthentication yes
AuthenticationMethods publickey,keyboard-interactive:pam
PidFile none
END
"$bin/otp-enroll" add alice --no-confirm --json >made
oathtool --totp --base32 "$(sed -n 's/.*secret=\\([A-Z2-7]*\\).*/\\1/p' made)" >code
# Two logins first, which are told of the new phone, by backup codes.
printf '#!/bin/sh\\ncat "%s/backup"\\n' "$folder" >answer && chmod 755 answer
login() {
    ssh -F /dev/null -i key -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no \\
        -o LogLevel=ERROR -o ProxyCommand="/usr/sbin/sshd -i -f sshd_config" alice@web1 "$@"
}
for backup in $(grep -o '[0-9A-Z]\\{5\\}-[0-9A-Z-]*' made | head -n 2); do
    echo "$backup" >backup
    SSH_ASKPASS=$folder/answer SSH_ASKPASS_REQUIRE=force login true >told 2>&1
done
login
"""


def screen(binaries, which):
    """The lines on the terminal, with colors: the QR code, or a login to its end."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        tmux = ["tmux", "-u", "-S", folder + "/socket", "-f", "/dev/null"]
        words, question, end = [binaries + "/otp-enroll", "add", "alice"], "by the app:", "by the app:"
        if which == "login":
            words = ["sh", "-ec", LOGIN, "sh", binaries, folder]
            question, end = "Verification code:", "web1:~$"
        run("unshare", "--mount", "--uts", "sh", "-ec", STAGE, folder, *tmux, "new-session", "-d",
            "-x", str(COLUMNS), "-y", str(ROWS), "env", "LC_ALL=C.UTF-8", *words,
            ";", "set", "-g", "status", "off")
        try:
            wait(tmux, question)
            if which == "login":
                with open(folder + "/code", encoding="ascii") as code:
                    run(*tmux, "send-keys", code.read().strip(), "Enter")
            return wait(tmux, end)
        finally:
            subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)


def wait(tmux, end):
    """What the screen shows once it ends so."""
    text = ""
    for _ in range(300):
        text = run(*tmux, "capture-pane", "-p").rstrip()
        if text.endswith(end):
            return run(*tmux, "capture-pane", "-e", "-p", "-N").rstrip().split("\n")
        time.sleep(0.1)
    return sys.exit(f"picture: it never showed {end}; the screen shows:\n" + text)


def color(number):
    """One of the 256 colors, of which otp-enroll takes black and white."""
    return {16: "#000000", 231: "#ffffff"}[number]


def cells(lines):
    """Rows of characters, each with ink and ground."""
    ink, ground = INK, GROUND
    for line in lines:
        row = []
        for code, character in re.findall("\x1b\\[([0-9;]*)m|([^\x1b])", line):
            if character:
                row.append((character, ink, ground))
            elif code in ("", "0"):
                ink, ground = INK, GROUND
            elif code == "39":
                ink = INK
            elif code == "49":
                ground = GROUND
            elif code.startswith("38;5;"):
                ink = color(int(code[5:]))
            elif code.startswith("48;5;"):
                ground = color(int(code[5:]))
            else:
                sys.exit("picture: otp-enroll has a style that this cannot draw: " + code)
        yield row


def squares(row, top):
    """Both halves of a row of blocks, as rectangles: one for each run of a color."""
    for half in (0, 1):
        colors = [
            (ink if HALVES[character][half] else ground) if character in HALVES else ground
            for character, ink, ground in row
        ]
        start = 0
        for place in range(1, len(colors) + 1):
            if place < len(colors) and colors[place] == colors[start]:
                continue
            if colors[start] != GROUND:
                yield (f'<rect x="{MARGIN + start * WIDTH}" y="{top + half * HEIGHT // 2}" '
                       f'width="{(place - start) * WIDTH}" height="{HEIGHT // 2}" '
                       f'fill="{colors[start]}"/>')
            start = place


def words(row, top):
    """The text of a row, in parts that spaces keep apart, each as wide as on the terminal."""
    line = "".join(" " if character in HALVES else character for character, _, _ in row)
    for part in re.finditer(r"\S+(?: \S+)*", line):
        yield (f'<text x="{MARGIN + part.start() * WIDTH}" y="{top + 13}" '
               f'textLength="{len(part[0]) * WIDTH}">{escape(part[0])}</text>')


def picture(lines, which):
    """The whole picture, as SVG."""
    title, description = TITLES[which]
    width = 2 * MARGIN + COLUMNS * WIDTH
    height = BAR + 2 * MARGIN + len(lines) * HEIGHT
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" font-family="monospace" font-size="15" '
           f'fill="{INK}" shape-rendering="crispEdges">')
    yield f"<title>{description}</title>"
    yield f'<rect x="0" y="0" width="{width}" height="{height}" fill="{GROUND}"/>'
    yield f'<rect x="0" y="0" width="{width}" height="{BAR}" fill="{FRAME}"/>'
    yield f'<text x="{width // 2}" y="20" text-anchor="middle">{title}</text>'
    for number, row in enumerate(cells(lines)):
        top = BAR + MARGIN + number * HEIGHT
        yield from squares(row, top)
        yield from words(row, top)
    yield "</svg>"


def main():
    if len(sys.argv) != 4 or sys.argv[2] not in TITLES:
        sys.exit("Usage: Tests/ground python3 -B docs/picture.py BIN enrollment|login FILE")
    which = sys.argv[2]
    try:
        lines = screen(os.path.abspath(sys.argv[1]), which)
    except subprocess.CalledProcessError as error:
        sys.exit(f"picture: the screen ended too early: {error.stderr}")
    text = "\n".join(picture(lines, which)) + "\n"
    with open(sys.argv[3], "w", encoding="utf-8") as file:
        file.write(text)


main()
