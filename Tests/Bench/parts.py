"""Where a login's instructions go: callgrind's profile, sorted into a few parts."""

import collections
import copy
import re

import measure

# A part, and what of a function's object and name it takes: the first that fits has it.
PARTS = (
    ("loading the module (ld.so)", r"/ld-linux[^ ]* "),
    ("libpam, libaudit", r"/lib(pam|audit|cap-ng)\.so[^ ]* "),
    ("C library: memory", r"/libc\.so[^ ]* (_int_|__libc_)?(malloc|calloc|realloc|free|memalign)"
     r"|/libc\.so[^ ]* (unlink_chunk|malloc_consolidate|_mid_memalign|posix_memalign|sysmalloc)"),
    ("C library: the user's entry", r"/libc\.so[^ ]* (_nss_|__nss_|internal_(get|set|end)ent|getpw"
     r"|_IO_(getline|seek|file_|new_file_|un_|setb|doalloc|default_(uflow|setbuf|finish)|link)"
     r"|_*strto|fgets|ftell|fseek|f(open|close)|__(fopen|uflow|underflow))"),
    ("C library: text and log", r"/libc\.so[^ ]* (_*(v?as|v?sn?|f)?printf|_*vfprintf|_*v?asprintf"
     r"|_*v?snprintf|_*v?syslog|_*strftime|_*tz|localtime|_IO_(default_xsputn|str_|no_init)"
     r"|_itoa|send|_*strchrnul|__vasprintf)"),
    ("C library: the rest", r"/libc\.so[^ ]* "),
    ("one-time codes (SHA-1, HMAC)", r"/(lib)?pam_\w+\.so _?nettle_(sha1|hmac|write_be)"),
    ("sealing (ChaCha20-Poly1305)", r"/(lib)?pam_\w+\.so (_?nettle_)?(chacha|poly1305|memxor)"),
    ("memory and arrays of Swift", r"/(lib)?pam_\w+\.so (swift_|__wrap_|\$e(s|S)|\w+CfD)"),
    ("store", r"/(lib)?pam_\w+\.so \$e16OTPStoreEmbedded"),
    ("login and record", r"/(lib)?pam_\w+\.so \$e15OTPCoreEmbedded"),
    ("the module's other functions", r"/(lib)?pam_(?!permit)\w+\.so "),
    ("the application", r""),
)


def shares(tools, confdir, field, users, work):
    """Instructions of a login by part, for each contestant, over those of the first, the base
    line; a module with its symbols stands for the one without, whose functions have no names."""
    counts = {}
    for contestant in field:
        shown = copy.copy(contestant)
        if tools.module and contestant.module == tools.module:
            shown.module = tools.symbols
        shown.name = f"{contestant.name}-parts"
        shown.write_service(confdir)
        few, many = (profile(tools, confdir, shown, some, work) for some in (users[:2], users))
        counts[contestant.name] = {
            part: (many[part] - few[part]) / (len(users) - 2) for part, _ in PARTS}
    base = counts.pop(field[0].name)
    return {name: {part: count - base[part] for part, count in parts.items()}
            for name, parts in counts.items()}


def profile(tools, confdir, contestant, users, work):
    """Instructions by part of all of `users` logging in once."""
    out = work / "callgrind.out"
    total = measure.instructions(tools, confdir, contestant, users, True, out)
    parts = collections.Counter()
    for function, count in functions(out):
        parts[next(part for part, pattern in PARTS if re.search(pattern, function))] += count
    if sum(parts.values()) != total:
        raise SystemExit(f"bench: callgrind counted {total}, its file {sum(parts.values())}")
    return parts


def functions(path):
    """`object function` and its own instructions, line by line of callgrind's file. A line after
    `calls=` has what the called function took, which is in that function's own lines."""
    library = function = ""
    called = False
    for line in path.read_text("utf-8", "replace").splitlines():
        key, equals, value = line.partition("=")
        if key == "ob" and equals:
            library = value
        elif key == "fn" and equals:
            function = value
        elif key == "calls":
            called = True
        elif re.match(r"[-+*\d]", line):
            if not called:
                yield f"{library} {function}", int(line.split()[1])
            called = False
