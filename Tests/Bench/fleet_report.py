"""The figures of one run of the fleet: what is aimed at, and the table for the terminal."""

import collections
import os
import pathlib
import statistics
import time

import measure
import postgres
from report import met

TITLES = {"kept": "kept connection", "cold": "a new connection each", "wrong": "wrong code",
          "size": "a login by itself", "crowded": "kept, beside idle hosts", "beside": "kept, in turns with privacyIDEA"}


class Figures:
    """What was measured. Keys are target, kind and how many at once."""

    def __init__(self, users, small):
        self.machine, self.users, self.small = "", users, small
        self.microseconds = collections.defaultdict(list)
        self.rates = collections.defaultdict(list)
        self.processor = collections.defaultdict(lambda: [0, 0.0, 0.0])
        self.yeses = collections.defaultdict(list)
        # Logins that were not answered with yes or no, by what was answered instead.
        self.unchecked = collections.defaultdict(collections.Counter)
        self.disk, self.loads, self.memories = [], {}, {}
        self.opened, self.workers = {}, 0
        self.beats, self.beating = 0.0, 0.0

    def add(self, key, result, processor):
        """One round, and the processor seconds of server and database."""
        self.microseconds[key] += result["microseconds"]
        self.unchecked[key].update(result["troubles"])
        self.rates[key].append(len(result["microseconds"]) / result["seconds"])
        if processor:
            sums = self.processor[key]
            sums[0] += len(result["microseconds"])
            sums[1] += processor[0]
            sums[2] += processor[1]

    def race(self, target, result):
        self.yeses[target].append(result["yeses"])

    def load(self, when):
        """What others do on the machine: a figure from a busy one says little by itself."""
        self.loads[when] = os.getloadavg()[0]

    def memory(self, when, process):
        status = pathlib.Path(f"/proc/{process}/status")
        self.memories[when] = tuple(
            measure.kilobytes(status, key) / 1024 for key in ("VmRSS", "RssAnon"))

    def herd(self, process, count):
        """Ten seconds of nothing but heartbeats."""
        count()
        begin, used = time.monotonic(), postgres.seconds(process)
        time.sleep(10)
        answered, passed = count()["beats"], time.monotonic() - begin
        self.beats = answered / passed
        self.beating = (postgres.seconds(process) - used) / passed

    # MARK: What follows from them

    def every_second(self):
        """Processors that a heartbeat a second of each open connection would take."""
        return self.beating / max(1, self.beats) * self.opened["open"]

    def p50(self, *key):
        return statistics.median(self.microseconds[key]) / 1000

    def p99(self, *key):
        samples = sorted(self.microseconds[key])
        return samples[min(len(samples) - 1, len(samples) * 99 // 100)] / 1000

    def rate(self, *key):
        return statistics.median(self.rates[key])

    def milliseconds(self, key):
        """Processor milliseconds of a login: the server's, and the database's."""
        count, server, database = self.processor[key]
        return 1000 * server / count, 1000 * database / count

    def rows(self):
        """Every key of the fleet's own, in the order in which they were measured."""
        return [key for key in self.microseconds if key[1] != "size"]

    def aims(self):
        """Each aim: its text, the figure, the limit, and whether that is the least or the most."""
        yield "p99 of a login on a kept connection, ms", self.p99("large", "kept", 1), 5, "most"
        yield "logins a second, 16 at once", self.rate("large", "kept", 16), 1500, "least"
        sizes = [self.p50(name, "size", 1) for name in ("large", "small")]
        yield (f"a login among {self.users:,} users, relative to one among {self.small:,}",
               sizes[0] / sizes[1], 1.1, "most")
        yield f"yeses of one code, {len(self.yeses['large'])} races", max(
            self.yeses["large"]), 1, "most"
        if self.yeses["peer"]:
            yield ("time of a login (p50), relative to privacyIDEA's",
                   self.p50("large", "beside", 1) / self.p50("peer", "kept", 1), 0.03, "most")
            yield ("logins a second, 16 at once, relative to privacyIDEA's",
                   self.rate("large", "beside", 16) / self.rate("peer", "kept", 16), 100, "least")


def title(key):
    target, kind, at_once = key
    name = "privacyIDEA" if target == "peer" else TITLES[kind]
    return f"{name}, {at_once} at once"


def quantity(figures, key):
    """Of one row: p50 and p99 in ms, logins a second, and processor time in ms."""
    words = [f"{figures.p50(*key):.2f}", f"{figures.p99(*key):.2f}", f"{figures.rate(*key):,.0f}"]
    if key in figures.processor:
        return words + [f"{value:.2f}" for value in figures.milliseconds(key)]
    return words + ["", ""]


def table(figures):
    """Everything, with the figures of this machine."""
    head = ["p50 ms", "p99 ms", "a second", "server ms", "database ms"]
    lines = [f"{'':<50}" + "".join(f"{word:>12}" for word in head)]
    for key in figures.rows():
        lines.append(f"{title(key):<50}" + "".join(
            f"{word:>12}" for word in quantity(figures, key)))
    for key, troubles in figures.unchecked.items():
        lines += [f"not checked, {title(key)}: {count} times: {why}"
                  for why, count in troubles.items()]
    for name, count in (("small", figures.small), ("large", figures.users)):
        key = (name, "size", 1)
        lines.append(f"ms, among {count:,} users: p50 {figures.p50(*key):.2f},"
                     f" p99 {figures.p99(*key):.2f}")
    lines.append("ms, one block of a file overwritten and synced: p50 {:.2f}, p99 {:.2f}".format(
        statistics.median(figures.disk) / 1000, sorted(figures.disk)[-6] / 1000))
    for target, yeses in figures.yeses.items():
        lines.append(f"yeses of one code, 32 at once, {target}: {yeses}")
    for when, (resident, own) in figures.memories.items():
        lines.append(f"the server {when}: {resident:.0f} MB, of which anonymous {own:.0f}")
    if figures.opened:
        lines.append(f"{figures.opened['open']:,} connections opened in"
                     f" {figures.opened['seconds']:.0f} s; then {figures.beats:,.0f} heartbeats a"
                     f" second, which take {figures.beating:.2f} of a processor in the server;"
                     f" {figures.opened['open']:,} a second would take {figures.every_second():.2f}")
    lines += [f"load of the machine {when}: {value:.1f}" for when, value in figures.loads.items()]
    lines += [f"aim: {text}: {value:,.3g} (at {bound} {limit:,}): {met(value, limit, bound)}"
              for text, value, limit, bound in figures.aims()]
    return "\n".join(lines)
