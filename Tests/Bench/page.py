"""The figures of one run as docs/BENCHMARKS.md: ratios, which mean something elsewhere too."""

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
    out.append("\n## Aims\n\n| | measured | aim | |\n|---|---|---|---|")
    out += [f"| {text} | {value:.2f} | at {bound} {limit} | {met(value, limit, bound)} |"
            for text, value, limit, bound in figures.aims()]
    return "\n".join(out) + "\n" + METHOD.format(
        most=figures.counts[-1], processes=PROCESSES, logins=LOGINS, open=CONVERSATIONS)


def remarks(figures):
    """What the table leaves open: the disk's part."""
    right = over(figures.microseconds[True])
    yield ("\nA block of a file overwritten in place and synced, which is the least that a durable"
           f"\nlogin can be, takes {figures.disk / right[GA]:.2f} of google-authenticator's time.")
    yield f"Of swiftotp's time it is {figures.disk / right[OURS]:.2f}."


def service_rows(figures):
    rest, full, after = figures.memory
    size, libraries = figures.program
    yield SERVED
    yield f"| a login that has to start it, ms | {statistics.median(figures.idle):.1f} |"
    for memory, when in ((rest, "at rest"), (full, f"with {CONVERSATIONS} conversations open"),
                         (after, "at rest after those")):
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
    commands = {GA: "google-authenticator", OURS: "**otp-enroll**"}
    yield "| to the question below the QR code | " + " | ".join(commands[n] for n in names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for title, values in figures.enrolling.items():
        cells = (f"{values[name] / values[GA]:.2f}" for name in names)
        yield f"| {title} | " + " | ".join(cells) + " |"


HEAD = """# Benchmarks

`make bench` (as root) measures pam_swiftotp against pam_google_authenticator and pam_oath in one
run, all through the real libpam and the same small PAM application (`Tests/PAMDialogue`), and
writes this page. The run behind this page: {machine}.

The other two do all their work in the host, which is the program that asks for the code, such as
sshd. pam_swiftotp does little there: it carries questions and answers between the application and
swiftotpd, the service, which reads the record, checks the code and writes the record. Times are of
both. Instructions are told apart, memory and size as well.

"No service runs" is a machine without systemd: the module starts swiftotpd for each login.

## A login, as a ratio to pam_google_authenticator's
"""

SERVED = """
## The service

One process for all logins, with a thread for each that is open. It ends when there was none for a
minute, and systemd starts it at the next one.

| swiftotpd | |
|---|---|"""

SCALE = """
## Many users, as a ratio to one enrolled user

pam_google_authenticator keeps one file a user, each in the user's home, and is not affected.
"""

ENROLLING = """
## Enrolling, as a ratio to the command google-authenticator
"""

METHOD = """
## How it is measured

- A login is pam_start, pam_authenticate and pam_end: the modules are loaded and unloaded each
  time. The stack is `pam_permit` and then the module; what the stack of `pam_permit` alone costs
  is subtracted everywhere.
- Settings are alike: six digits, SHA-1, one step of window on each side, no code taken twice, a
  limit on tries. pam_google_authenticator has `DISALLOW_REUSE`, `RATE_LIMIT 3 30` and
  `WINDOW_SIZE 3`; by default it searches 3,000 steps for a skewed clock at every wrong code, which
  `noskewadj` turns off. pam_oath has `window=1 digits=6`. The PAM service is sshd for all; the
  files of google-authenticator and swiftotp, and swiftotp's socket, are in their usual places, with
  no argument that names them. Where no service runs, arguments name the records and the program.
  Module and service are stripped.
- The service runs, and has served logins before, but for the logins that start it. What listens
  and starts it is a small program in the place of systemd, without the sandbox of the real unit.
- Each user of google-authenticator and swiftotp has logged in before, and google-authenticator's
  files hold the five scratch codes that it makes by itself; swiftotp's records hold ten.
- Every login is another user's, so that each right code is a fresh one and no limit on tries comes
  into it; before a user comes up again, the files are put back as they were. A login that ends
  otherwise than it should ends the run. /etc/passwd holds root and the twelve users; while many
  log in at once, all of those.
- Instructions are callgrind's: the difference of 12 and 2 logins in one process, for one of them;
  the work of the kernel is not in it. Those of the service are counted in the service while the
  host runs as it is, those of the host while the service runs as it is. The application brings no
  library but libpam and libc, so that what a module pulls in is counted. "First login of a
  process" is one login and no more, as in sshd, which has a process for each connection.
- Times are medians; contestants take turns, login by login, in an order by lot, on a disk (no
  tmpfs), with somebody reading /dev/log. Of swiftotp's logins, as many write the one half of a
  record as the other.
- "Durable" is what each module makes of it. swiftotp overwrites a record in place, and syncs it.
  The other two sync a new file, rename it over the old one and do not sync the folder: after a
  power cut, the old file may be there again, and with it the code that was used.
- Sync calls are strace's, of a login each, in host and service; files opened, and writes made,
  with a flag that syncs would count too.
- {processes} at once: so many processes, each of which logs {logins} users of its own in, one
  after the other; from the word to begin until the last is done, over pam_permit's. pam_oath
  refuses a right code while another login is writing its users file, for which it does not wait;
  only those that it let in are counted.
- Memory of the host is that of a process which has made one login, while the module is loaded
  still: VmHWM of its status, and Private_Dirty of its smaps_rollup; the least of twelve, without
  address space randomization, which gives the same figures every time.
- Memory of the service is VmRSS and RssAnon of its status: after twelve logins; while {open}
  processes wait at its question; and when all of those are gone.
- A login that has to start the service is a whole login, pam_permit's part and the start of the
  program among it; the files of the program are in the system's cache.
- {most:,} users: the user who logs in is enrolled by otp-enroll; the other records are empty
  files in the same folder, because a record opens for its own user only and nobody opens
  theirs. In pam_oath's file the user stands in the middle.
- Enrolling is `otp-enroll add USER` and `google-authenticator -t`, as root on a terminal, from the
  start of the command until it asks for a code of the app; both have drawn the QR code by then.
"""
