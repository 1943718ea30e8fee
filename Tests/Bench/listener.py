"""Listens as systemd does for swiftotpd.socket: starts the service at the first connection, hands
the socket over, and starts it again at the next one when it has ended.

    python3 listener.py SOCKET PROGRAM [ARGUMENT...]
"""

import os
import resource
import select
import socket
import sys

# As in swiftotpd.socket and swiftotpd.service.
BACKLOG, FILES = 512, 4096

path, words = sys.argv[1], sys.argv[2:]
resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
listener = socket.socket(socket.AF_UNIX)
listener.bind(path + ".new")
os.chmod(path + ".new", 0o666)
listener.listen(BACKLOG)
# It gets its name when it listens.
os.rename(path + ".new", path)
while True:
    select.select([listener], [], [])
    child = os.fork()
    if child == 0:
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.execvpe(words[0], words, {
            "PATH": os.environ["PATH"], "LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
    os.waitpid(child, 0)
