"""The figures of one run: what is compared, what is aimed at, and the table for the terminal."""

import statistics

from service import CONVERSATIONS

GA, NOSKEW, OATH, OURS = "google-authenticator", "ga-noskewadj", "oath", "swiftotp"
# Ours without a service that runs.
OWN = "swiftotp-own"


class Figures:
    """What was measured. Costs of a login are over the pam_permit stack's."""

    def __init__(self, most):
        self.machine = ""
        self.names = []
        # How many users are enrolled, from one to the most.
        self.counts = [count for count in (1, 1_000, 100_000) if count < most] + [most]
        self.bytes, self.libraries = {}, {}
        # In the host, and in the service.
        self.instructions, self.served = {True: {}, False: {}}, {True: {}, False: {}}
        self.first = {}
        self.microseconds, self.quartiles = {True: {}, False: {}}, {True: {}, False: {}}
        # The least that parts of a login can take, by its name; see `measure.Disk` and `Exchange`.
        self.floors = {True: {}, False: {}}
        self.sizes = {True: {}, False: {}}
        self.seconds, self.refused, self.crowd = {}, {}, 0
        self.peak, self.own = {}, {}
        self.syncs = {True: {}, False: {}}
        self.enrolling = {"instructions": {}, "time": {}}
        # Of the service: milliseconds of logins that start it, its memory at rest, with many
        # conversations open and after that, its size, and its libraries.
        self.idle, self.memory, self.program = [], (), ()

    def module(self, name, size, libraries):
        self.bytes[name], self.libraries[name] = size, libraries

    def count(self, right, name, instructions):
        self.instructions[right][name] = instructions

    def time(self, right, samples):
        for name in ("disk", "exchange"):
            self.floors[right][name] = statistics.median(samples.pop(name))
        self.microseconds[right] = medians(samples)
        self.quartiles[right] = {
            name: statistics.quantiles(values, n=4) for name, values in samples.items()}

    def floor(self, right):
        """The least that a durable login through a service can take: one exchange for the question
        and one for the result, and the disk."""
        return self.floors[right]["disk"] + 2 * self.floors[right]["exchange"]

    def size(self, right, samples):
        self.sizes[right].update(over(medians(samples)))

    def throughput(self, samples, refused, crowd):
        self.seconds, self.refused, self.crowd = medians(samples), refused, crowd

    def rows(self):
        """What is compared: a title, its unit, and the contestants' values over pam_permit."""
        for right, word in ((True, "right"), (False, "wrong")):
            host = over(self.instructions[right])
            yield f"instructions in the host, {word} code", "", host
            yield f"the same plus the service's, {word} code", "", {
                name: value + self.served[right].get(name, 0) for name, value in host.items()
                if name != OWN}
        yield "instructions in the host, first login of a process", "", over(self.first)
        yield "time, right code, durable", " (µs)", over(self.microseconds[True])
        yield "time, wrong code", " (µs)", over(self.microseconds[False])
        yield "logins per second, 16 at once", "", self.rates()
        yield "peak memory of the host", " (KB)", over(self.peak)
        yield "memory changed by the host (private dirty)", " (KB)", over(self.own)
        yield "size of the module, stripped", " (bytes)", {
            name: self.bytes[name] for name in self.names}

    def rates(self):
        return {name: self.crowd * (1 - self.refused[name]) / seconds
                for name, seconds in over(self.seconds).items()}

    def words(self):
        """What is compared as it is: a title, and each contestant's words."""
        yield "right codes refused, 16 at once", {
            name: f"{100 * self.refused[name]:.1f} %" if self.refused[name] else "none"
            for name in self.names}
        for right, title in ((True, "sync calls, right code"), (False, "sync calls, wrong code")):
            yield title, {name: calls(self.syncs[right][name]) for name in self.names}
        yield "libraries the module needs", {
            name: library_names(self.libraries[name]) for name in self.names}

    def aims(self):
        """Each aim: its text, the figure, the limit, and whether that is the least or the most."""
        most = self.counts[-1]
        one, many = (self.sizes[True][f"{OURS}-{count}"] for count in (1, most))
        rest, full, _ = self.memory
        of = "relative to google-authenticator"
        yield f"instructions in the host, {of}", ratio(over(self.instructions[True])), 0.35, "most"
        yield f"time of a durable login, {of}", ratio(over(self.microseconds[True])), 0.5, "most"
        yield f"time of a wrong code, {of}", ratio(over(self.microseconds[False])), 0.1, "most"
        yield f"logins per second, 16 at once, {of}", ratio(self.rates()), 1.2, "least"
        yield f"time to the QR code, {of}", ratio(self.enrolling["time"]), 2.0, "most"
        yield f"a login among {most:,} users, relative to one among 1", many / one, 1.1, "most"
        yield "sync calls per login", sum(self.syncs[True][OURS].values()), 1, "most"
        yield "a login that starts the service, ms", statistics.median(self.idle), 40, "most"
        yield "memory of the service at rest, MB", rest.resident / 1024, 16, "most"
        yield (f"memory of the service with {CONVERSATIONS} conversations open, MB",
               full.resident / 1024, 32, "most")


def medians(samples):
    return {name: statistics.median(values) for name, values in samples.items()}


def over(values):
    """The values over pam_permit's, without pam_permit."""
    base = values["permit"]
    return {name: value - base for name, value in values.items() if name != "permit"}


def ratio(values):
    return values[OURS] / values[GA]


def calls(counts):
    """`1 fsync`; `none` where there are no calls."""
    return ", ".join(f"{count:g} {name}" for name, count in sorted(counts.items())) or "none"


def library_names(libraries):
    return ", ".join(library.split(".so")[0] for library in libraries
                     if not library.startswith("ld-"))


def met(value, limit, bound):
    return "met" if (value <= limit if bound == "most" else value >= limit) else "NOT MET"


# MARK: The table for the terminal

def table(figures):
    """Everything, with the figures of this machine."""
    lines = [f"{'over the pam_permit stack':<52}" + "".join(f"{n:>22}" for n in figures.names)]
    for title, unit, values in figures.rows():
        lines.append(f"{title + unit:<52}" + "".join(
            f"{values[name]:>14,.0f} {values[name] / values[GA]:>6.2f}x" if name in values
            else 22 * " " for name in figures.names))
    for title, values in figures.words():
        lines += [f"{title}, {name}: {values[name]}" for name in figures.names]
    lines += list(time_lines(figures))
    lines.append("pam_permit's own: {:,.0f} instructions, {:,.0f} µs, {:,.0f} logins/s".format(
        figures.instructions[True]["permit"], figures.microseconds[True]["permit"],
        figures.crowd / figures.seconds["permit"]))
    lines += list(service_lines(figures))
    lines += [f"aim: {text}: {value:.2f} (at {bound} {limit}): {met(value, limit, bound)}"
              for text, value, limit, bound in figures.aims()]
    return "\n".join(lines)


def time_lines(figures):
    for right, word in ((True, "right"), (False, "wrong")):
        for name, quartiles in figures.quartiles[right].items():
            yield "µs, {} code, {}, with all: quartiles {:,.0f}, {:,.0f}, {:,.0f}".format(
                word, name, *quartiles)
        for name, value in figures.sizes[right].items():
            kind, size = name.rsplit("-", 1)
            yield f"µs, {word} code, {kind} with {int(size):,} enrolled: {value:,.0f}"
    for right, word in ((True, "right"), (False, "wrong")):
        yield ("µs, between {} codes: one block of a file overwritten and synced: {:,.0f}, "
               "an exchange with another process: {:,.0f}").format(
                   word, figures.floors[right]["disk"], figures.floors[right]["exchange"])
    for name, value in figures.enrolling["time"].items():
        count = figures.enrolling["instructions"][name]
        yield f"to the QR code, {name}: {value:.1f} ms, {count:,} instructions"


def service_lines(figures):
    served = figures.served[True][OURS]
    yield f"the service's instructions: {served:,.0f}"
    yield "ms, a login that starts the service: quartiles {:.1f}, {:.1f}, {:.1f}".format(
        *statistics.quantiles(figures.idle, n=4))
    for memory, when in zip(figures.memory, (
            "at rest", f"with {CONVERSATIONS} conversations open", "after them")):
        yield (f"the service {when}: {memory.resident:,} KB, of which anonymous "
               f"{memory.anonymous:,}; {memory.threads} threads")
    size, libraries = figures.program
    yield f"the service, stripped: {size:,} bytes; needs {library_names(libraries)}"
