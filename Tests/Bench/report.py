"""The figures of one run, as a table for the terminal and as docs/BENCHMARKS.md."""

GA, NOSKEW, OATH, OURS = "google-authenticator", "ga-noskewadj", "oath", "swiftotp"


class Figures:
    """What was measured. Costs of a login are over the pam_permit stack's."""

    def __init__(self, ours):
        self.ours = ours
        self.machine = ""
        self.names = []
        self.bytes, self.libraries = {}, {}
        self.instructions = {True: {}, False: {}}
        self.first = {}
        self.microseconds = {True: {}, False: {}}
        self.sizes = {True: {}, False: {}}

    def module(self, name, size, libraries):
        self.bytes[name], self.libraries[name] = size, libraries

    def count(self, right, name, instructions):
        self.instructions[right][name] = instructions

    def time(self, right, medians):
        self.microseconds[right] = medians

    def size(self, right, medians):
        self.sizes[right].update(over(medians))

    def rows(self):
        """What is compared: a title, its unit, and each contestant's value over pam_permit."""
        yield "instructions, right code", "", over(self.instructions[True])
        yield "instructions, wrong code", "", over(self.instructions[False])
        yield "instructions, first login of a process", "", over(self.first)
        yield "time, right code, durable", " (µs)", over(self.microseconds[True])
        yield "time, wrong code", " (µs)", over(self.microseconds[False])
        yield "size, stripped", " (bytes)", {name: self.bytes[name] for name in self.names}

    def aims(self):
        """Each aim: its text, the ratio, and the limit."""
        instructions, right = over(self.instructions[True]), over(self.microseconds[True])
        wrong, sizes = over(self.microseconds[False]), self.sizes[True]
        yield "instructions of a login, of google-authenticator's", ratio(instructions, GA), 1.0
        yield "time of a durable login, of google-authenticator's", ratio(right, GA), 0.7
        yield "time of a wrong code, of google-authenticator's", ratio(wrong, GA), 0.2
        one, many = sizes.get("swiftotp-1"), sizes.get("swiftotp-100000")
        yield "a login among 100,000 users, of one among 1", many / one, 1.1


def over(values):
    """The values over pam_permit's, without pam_permit."""
    base = values["permit"]
    return {name: value - base for name, value in values.items() if name != "permit"}


def ratio(values, base):
    return values[OURS] / values[base]


def table(figures):
    """Everything, with the figures of this machine."""
    lines = [f"{'over the pam_permit stack':<44}" + "".join(f"{n:>22}" for n in figures.names)]
    for title, unit, values in figures.rows():
        lines.append(f"{title + unit:<44}" + "".join(
            f"{values[name]:>14,.0f} {values[name] / values[GA]:>6.2f}x" for name in figures.names))
    for name in figures.names:
        lines.append(f"needs, {name}: {', '.join(figures.libraries[name])}")
    for right in (True, False):
        word = "right" if right else "wrong"
        for name, value in figures.sizes[right].items():
            kind, size = name.rsplit("-", 1)
            lines.append(f"µs, {word} code, {kind} with {int(size):,} enrolled: {value:,.0f}")
    lines.append("pam_permit's own: {:,.0f} instructions, {:,.0f} µs".format(
        figures.instructions[True]["permit"], figures.microseconds[True]["permit"]))
    if figures.ours:
        lines += [f"aim: {text}: {value:.2f} (at most {limit}): {met(value, limit)}"
                  for text, value, limit in figures.aims()]
    return "\n".join(lines)


def met(value, limit):
    return "met" if value <= limit else "NOT MET"


def document(figures):
    """The same as ratios, which mean something on other machines too."""
    titles = {GA: "google-authenticator", NOSKEW: "the same, `noskewadj`", OATH: "pam_oath",
              OURS: "**swiftotp**"}
    out = [HEAD.format(machine=figures.machine)]
    out.append("| over the pam_permit stack | " + " | ".join(titles[n] for n in figures.names))
    out.append("|---" * (len(figures.names) + 1) + "|")
    for title, _, values in figures.rows():
        cells = (f"{values[name] / values[GA]:.2f}" for name in figures.names)
        out.append(f"| {title} | " + " | ".join(cells) + " |")
    needs = (", ".join(short(library) for library in figures.libraries[name])
             for name in figures.names)
    out.append("| libraries it needs | " + " | ".join(needs) + " |")
    out[1] += " |"
    out.append(SCALE)
    out += list(size_rows(figures))
    if figures.ours:
        out.append("\n## Aims\n\n| ratio | measured | at most | |\n|---|---|---|---|")
        out += [f"| {text} | {value:.2f} | {limit} | {met(value, limit)} |"
                for text, value, limit in figures.aims()]
    return "\n".join(out) + "\n" + METHOD


def short(library):
    return library.split(".so")[0]


def size_rows(figures):
    right, wrong = figures.sizes[True], figures.sizes[False]
    for kind in ("oath", "swiftotp"):
        if f"{kind}-1" not in right:
            continue
        for word, values in (("right", right), ("wrong", wrong)):
            base = values[f"{kind}-1"]
            cells = (f"{values[f'{kind}-{size}'] / base:.2f}" for size in (1, 1000, 100000))
            out = "pam_oath" if kind == "oath" else "**swiftotp**"
            yield f"| {out}, {word} code | " + " | ".join(cells) + " |"


HEAD = """# Benchmarks

`make bench` (as root) measures pam_swiftotp against pam_google_authenticator and pam_oath in one
run, all through the real libpam and the same small PAM application (`Tests/PAMDialogue`), and
writes this page. The run behind this page: {machine}.

## A login, as a ratio to pam_google_authenticator's
"""

SCALE = """
## Many users, as a ratio to one enrolled user

pam_google_authenticator keeps one file a user, each in the user's home, and is not affected.

| time of a login | 1 | 1,000 | 100,000 |
|---|---|---|---|"""

METHOD = """
## How it is measured

- A login is pam_start, pam_authenticate and pam_end: the modules are loaded and unloaded each
  time. The stack is `pam_permit` and then the module; what the stack of `pam_permit` alone costs
  is subtracted everywhere.
- Settings are alike: six digits, SHA-1, one step of window on each side, no code taken twice, a
  limit on tries. pam_google_authenticator has `DISALLOW_REUSE`, `RATE_LIMIT 3 30` and
  `WINDOW_SIZE 3`; by default it searches 3,000 steps for a skewed clock at every wrong code, which
  `noskewadj` turns off. pam_oath has `window=1 digits=6`.
- Every login is another user's, so that each right code is a fresh one and no limit on tries comes
  into it; before a user comes up again, the files are put back as they were. A login that ends
  otherwise than it should ends the run. /etc/passwd holds root and the twelve users, always.
- Instructions are callgrind's: the difference of 12 and 2 logins in one process, for one of them;
  the work of the kernel is not in it. The application brings no library but libpam and libc, so
  that what a module pulls in is counted. "First login of a process" is one login and no more, as
  in sshd, which has a process for each connection.
- Times are medians; contestants take turns, login by login, on a disk (no tmpfs), with somebody
  reading /dev/log.
- 100,000 users: the user who logs in is enrolled by otp-enroll; the other records are files
  of the same size in the same folder, because a record opens for its own user only. In pam_oath's
  file the user stands in the middle.
"""
