"""The figures of one run as docs/BENCHMARKS.md, as ratios, which hold on other machines too."""

import statistics

from crowd import LOGINS, PROCESSES
from report import GA, NOSKEW, OATH, OURS, OWN, library_names, met, over
from service import CONVERSATIONS

TITLES = {GA: "google-authenticator", NOSKEW: "the same, `noskewadj`", OATH: "pam_oath",
          OURS: "**swiftotp**", OWN: "swiftotp, no service runs"}


def document(figures):
    names = figures.names
    out = [HEAD.format(machine=figures.machine)]
    out.append("| over the pam_permit stack | " + " | ".join(TITLES[n] for n in names) + " |")
    out.append("|---" * (len(names) + 1) + "|")
    for title, _, values in figures.rows():
        cells = (f"{values[n] / values[GA]:.2f}" if n in values else "" for n in names)
        out.append(f"| {title} | " + " | ".join(cells) + " |")
    for title, values in figures.words():
        out.append(f"| {title} | " + " | ".join(values[n] for n in names) + " |")
    out += list(remarks(figures))
    out += list(service_rows(figures))
    out += list(size_rows(figures))
    out += list(enrolling_rows(figures))
    out.append("\n## Targets\n\n| | measured | target | |\n|---|---|---|---|")
    out += [f"| {text} | {value:.2f} | at {bound} {limit} | {met(value, limit, bound)} |"
            for text, value, limit, bound in figures.aims()]
    return "\n".join(out) + "\n" + METHOD.format(
        most=figures.counts[-1], processes=PROCESSES, logins=LOGINS, open=CONVERSATIONS)


def remarks(figures):
    """What the table does not say: how much of it is the disk's, and how much a service's."""
    yield FLOORS
    yield "| the least that it can take, as a ratio to google-authenticator | right | wrong |"
    yield "|---|---|---|"
    peer = {right: over(figures.microseconds[right])[GA] for right in (True, False)}
    ours = {right: over(figures.microseconds[right])[OURS] for right in (True, False)}
    for title, value in (
            ("one block of a file overwritten and synced", lambda r: figures.floors[r]["disk"]),
            ("one exchange with another process", lambda r: figures.floors[r]["exchange"]),
            ("both, with two exchanges", figures.floor),
            ("**swiftotp** beyond that", lambda r: ours[r] - figures.floor(r))):
        cells = (f"{value(right) / peer[right]:.2f}" for right in (True, False))
        yield f"| {title} | " + " | ".join(cells) + " |"


def service_rows(figures):
    rest, full, after = figures.memory
    size, libraries = figures.program
    yield SERVED
    yield f"| a login that has to start it, ms | {statistics.median(figures.idle):.1f} |"
    for memory, when in ((rest, "at rest"), (full, f"with {CONVERSATIONS} conversations open"),
                         (after, "at rest after that")):
        yield (f"| memory {when}, MB | {memory.resident / 1024:.1f}, of which anonymous"
               f" {memory.anonymous / 1024:.1f} |")
    yield f"| threads with {CONVERSATIONS} conversations open | {full.threads} |"
    yield f"| size, stripped, MB | {size / 1024 / 1024:.1f} |"
    yield f"| libraries it needs | {library_names(libraries)} |"


def size_rows(figures):
    right, wrong = figures.sizes[True], figures.sizes[False]
    yield SCALE
    yield "| time of a login | " + " | ".join(f"{count:,}" for count in figures.counts) + " |"
    yield "|---" * (len(figures.counts) + 1) + "|"
    for kind in (OATH, OURS):
        if f"{kind}-1" not in right:
            continue
        for word, values in (("right", right), ("wrong", wrong)):
            base = values[f"{kind}-1"]
            cells = (f"{values[f'{kind}-{count}'] / base:.2f}" for count in figures.counts)
            yield f"| {TITLES[kind]}, {word} code | " + " | ".join(cells) + " |"


def enrolling_rows(figures):
    yield ENROLLING
    names = list(figures.enrolling["time"])
    commands = {GA: "google-authenticator", OURS: "**otp-enroll**",
                OWN: "otp-enroll, no service runs"}
    yield "| until it asks for a code | " + " | ".join(commands[n] for n in names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for title, values in figures.enrolling.items():
        cells = (f"{values[name] / values[GA]:.2f}" for name in names)
        yield f"| {title} | " + " | ".join(cells) + " |"


HEAD = """# Benchmarks

`make bench` (as root) measures pam_swiftotp against pam_google_authenticator and pam_oath in one
run, all through the real libpam and the same small PAM application (`Tests/PAMDialogue`), and
writes this page. The run behind this page: {machine}.

The other two do all their work in the host, the program that asks for the code, such as sshd.
pam_swiftotp does little there: it passes questions and answers between the application and
swiftotpd, the service, which reads the record, checks the code and writes the record. Times
include both. Instructions, memory and size are given for each.

"No service runs" is a machine without systemd: the module starts swiftotpd for each login.

## A login, as a ratio to pam_google_authenticator's
"""

FLOORS = """
Whoever counts a right or a wrong code durably has the disk write once, and whoever leaves that to
another process waits for it twice: until it asks, and until it has decided. A byte to a process
that waits, and one back, is one exchange.
"""

SERVED = """
## The service

One process serves all logins, with one thread for each that is open. It exits after a minute
without logins, and systemd starts it at the next one.

| swiftotpd | |
|---|---|"""

SCALE = """
## Many users, as a ratio to one enrolled user

pam_google_authenticator keeps one file per user, in the user's home, and is not affected.
"""

ENROLLING = """
## Enrolling, as a ratio to the command google-authenticator
"""

METHOD = """
## How it is measured

- A login is pam_start, pam_authenticate and pam_end: the modules are loaded and unloaded each
  time. The stack is `pam_permit` and then the module. The cost of a stack of `pam_permit` alone is
  subtracted everywhere.
- Settings match: six digits, SHA-1, a window of one step on each side, each code good once, a
  limit on tries. pam_google_authenticator has `DISALLOW_REUSE`, `RATE_LIMIT 3 30` and
  `WINDOW_SIZE 3`; by default it searches 3,000 steps for clock skew at every wrong code, which
  `noskewadj` turns off. pam_oath has `window=1 digits=6`. The PAM service is sshd for all. The
  files of google-authenticator and swiftotp, and swiftotp's socket, are in their default places,
  and no argument names them. Only when no service runs do arguments name the records and the
  program. Module and service are stripped.
- The service is running and has served logins before, except for the logins that start it. A small
  program listens and starts it in systemd's place, without the sandbox of the real unit.
- Each user of google-authenticator and swiftotp has logged in before. google-authenticator's files
  hold the five scratch codes that it makes by default; swiftotp's records hold ten.
- Consecutive logins are by different users, so that each right code is fresh and no limit on tries
  applies. Before a user's next turn, the files are restored. A login with an unexpected result
  ends the run. /etc/passwd holds root and the twelve users, or, for parallel logins, all of
  theirs.
- Instructions are counted by callgrind, as the difference between 12 logins and 2 in one process,
  per login; kernel work is not included. Those of the service are counted while the host runs
  normally, and those of the host while the service does. The application itself loads only libpam
  and libc, so that the libraries a module pulls in are counted. "First login of a process" is a
  single login, as in sshd, which has one process per connection.
- Times are medians. Contestants take turns login by login, in random order, on a disk (not tmpfs),
  with a reader on /dev/log. Half of swiftotp's logins write one slot of a record, half the other.
- "Durable" is what each module makes of it. swiftotp overwrites a record in place and syncs it.
  The other two sync a new file, rename it over the old one, and do not sync the folder: after a
  power cut the old file may be back, and with it the used code.
- The least that a login can take is measured between the logins, in the same run: one block of a
  file overwritten in place, and fdatasync; a byte to cat(1) through a socket, and one back.
- Sync calls are counted by strace, for one login each, in host and service. Files opened or written
  with a flag that syncs would count too.
- {processes} at once: {processes} processes, each of which logs in {logins} users of its own, one
  after the other. Measured from the start signal until the last login ends, minus pam_permit's
  time. pam_oath does not wait while another login writes its users file, and refuses a right code
  then; only the logins that it let in are counted.
- Memory of the host is that of a process that has made one login, with the module still loaded:
  VmHWM in its status, and Private_Dirty in its smaps_rollup; the lowest of twelve, without address
  space randomization, which gives the same figures every time.
- Memory of the service is VmRSS and RssAnon in its status: after twelve logins; while {open}
  processes wait at its question; and after all of those have gone.
- A login that has to start the service is a whole login, including pam_permit's part and the start
  of the program, whose files are in the system's cache.
- {most:,} users: the user who logs in is enrolled by otp-enroll. The other records are empty files
  in the same folder; nobody opens them, because a login opens its own user's record only. In
  pam_oath's file the user is in the middle.
- Enrolling is `otp-enroll add` and `google-authenticator -t`, as root on a terminal, from the start
  of the command until it asks for a code from the app; both have drawn the QR code by then. "No
  service runs" is a machine without systemd: the command starts swiftotpd for itself.
"""
