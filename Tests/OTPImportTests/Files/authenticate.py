"""Authenticates against a users file as pam_oath does: with liboath's own function.

Usage: authenticate.py FILE USER CODE WINDOW; prints the status (0 for a right code).
"""

import ctypes
import sys

path, user, code, window = sys.argv[1:]
liboath = ctypes.CDLL("liboath.so.0")
liboath.oath_init()
last = ctypes.c_long(0)
print(
    liboath.oath_authenticate_usersfile(
        path.encode(), user.encode(), code.encode(), ctypes.c_size_t(int(window)), None,
        ctypes.byref(last),
    )
)
