"""Where a login's instructions go: callgrind's profile, sorted into a few parts."""

import collections
import copy
import re

import measure
import service
from report import SERVICE

# Ours: the module, the service, and the library of the codes and the seal.
OURS = r"/((lib)?pam_swiftotp\.so|swiftotpd) "
# A part, and what of a function's object and name it takes: the first that fits has it.
PARTS = (
    ("loading the module (ld.so)", r"/ld-linux[^ ]* "),
    ("libpam, libaudit", r"/lib(pam|audit|cap-ng)\.so[^ ]* "),
    ("C library: memory", r"/libc\.so[^ ]* (_int_|__libc_)?(malloc|calloc|realloc|free|memalign)"
     r"|/libc\.so[^ ]* (unlink_chunk|malloc_consolidate|_mid_memalign|posix_memalign|sysmalloc"
     r"|tcache|arena_)"
     rf"|{OURS}swiftotp_(wipe_and_free|move_and_wipe)"),
    ("C library: the user's entry", r"/libc\.so[^ ]* (_nss_|__nss_|internal_(get|set|end)ent|getpw"
     r"|_IO_(getline|seek|file_|new_file_|un_|setb|doalloc|default_(uflow|setbuf|finish)|link)"
     r"|_*strto|fgets|ftell|fseek|f(open|close)|__(fopen|uflow|underflow))"),
    ("C library: text and log", r"/libc\.so[^ ]* (_*(v?as|v?sn?|f)?printf|_*vfprintf|_*v?asprintf"
     r"|_*v?snprintf|_*v?syslog|_*strftime|_*tz|localtime|_IO_(default_xsputn|str_|no_init)"
     r"|_itoa|send$|_*strchrnul|__vasprintf)"),
    ("C library: the rest", r"/libc\.so[^ ]* "),
    ("one-time codes (SHA-1, HMAC)", r"/libnettle[^ ]* _?nettle_(sha1|hmac|write_be)"),
    ("sealing (ChaCha20-Poly1305)", r"/libnettle[^ ]* "),
    ("Swift's library", rf"{OURS}(_?swift(?!otp)|\$s[sS]|.*swift::|\w+CfD$)"),
    ("connections and frames", rf"{OURS}\$s(7OTPWire|9swiftotpd|\w*7OTPWire|\w*9swiftotpd)"),
    ("store", rf"{OURS}\$s(8OTPStore|\w*8OTPStore)"),
    ("login and record", rf"{OURS}\$s(7OTPCore|\w*7OTPCore)"),
    ("the module's, and other functions", rf"/pam_(?!permit)\w+\.so |{OURS}"),
    ("the application", r""),
)


def shares(tools, confdir, field, users, work):
    """Instructions of a login by part, for each contestant, over those of the first, the base
    line; for ours also those of the service. What has its symbols stands for what is shipped, whose
    functions have no names."""
    out = work / "callgrind.out"
    counts = {}
    for contestant in field:
        shown = copy.copy(contestant)
        shown.name = f"{contestant.name}-parts"
        if contestant.build:
            shown.module = contestant.build.symbols.module
        shown.write_service(confdir)
        counts[contestant.name] = of_a_login(
            measure.instructions, shown, tools, confdir, users, out)
        if contestant.service:
            shown.build = contestant.build.symbols
            counts[SERVICE] = of_a_login(
                service.instructions, shown, tools, confdir, users, out)
    base = counts.pop(field[0].name)
    for name in counts:
        if name != SERVICE:
            counts[name] = {part: count - base[part] for part, count in counts[name].items()}
    return counts


def of_a_login(count, contestant, tools, confdir, users, out):
    few, many = (profile(count, tools, confdir, contestant, some, out)
                 for some in (users[:2], users))
    return {part: (many[part] - few[part]) / (len(users) - 2) for part, _ in PARTS}


def profile(count, tools, confdir, contestant, users, out):
    """Instructions by part of all of `users` logging in once."""
    total = count(tools, confdir, contestant, users, True, out)
    parts = collections.Counter()
    for function, number in functions(out):
        parts[next(part for part, pattern in PARTS if re.search(pattern, function))] += number
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
