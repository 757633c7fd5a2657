# SPDX-License-Identifier: GPL-2.0-only
"""Judges a run: reads the TAP of its tests, and looks for errors in its logs."""

import fnmatch
import os
import re
import tomllib
from dataclasses import dataclass

from result import Count
from say import Failure

# Lines that show an error.  Xen's lines begin with "(XEN)".
KERNEL_BAD = re.compile(
    r"WARNING:|\bBUG\b|Oops|general protection|segfault at|Bad page|Bad rss-counter"
    r"|hung task|blocked for more than|rcu.*(stall|detected)|soft lockup|hard LOCKUP"
    r"|possible (recursive|circular) lock|inconsistent lock state|suspicious RCU usage"
    r"|Call Trace|Kernel panic|UBSAN|KASAN|DMA-API:|Out of memory|oom-kill|trap invalid"
    r"|unable to handle|refcount_t:|list_(add|del) corruption|scheduling while atomic"
    r"|sleeping function called|use-after-free|still in use|unexpected|swiotlb buffer is full"
    r"|new suspected memory leaks|leak detector disabled|turning off the locking"
    r"|Disabling lock debugging|(leaking|deferring) g\.e\."
    # dom0's /init: a program that it cannot do without
    r"|\bworld: failed \("
    # A DRM driver whose page flip timed out
    r"|flip_done timed out"
    # The driver logs errors only; the other lines are the kernel's, about its module
    r"|\bxen_dmabuf: (?!loading out-of-tree module|module verification failed)")
XEN_BAD = re.compile(
    r"WARN|\bBUG\b|call trace|Fatal|FATAL|Panic|panic|Assertion|general protection"
    r"|Unhandled|watchdog|crashed|Bad |bad |mm\.c.*[Ee]rror|grant_table\.c|d\d+v\d+.*fault"
    r"|Guest stack|domain_crash|out of memory|shadow.*[Ee]rror|leak", re.ASCII)
STAMP = re.compile(r"^(\(XEN\) )?(\[\s*\d+[.\d]*\]\s*|\[\d{4}-[^]]*\]\s*)*")


@dataclass(frozen=True)
class Entry:
    """A check, or a comment on those before it."""

    text: str
    about: str = ""             # the program or the log that it is of
    good: bool | None = None    # None: a comment

    @property
    def name(self) -> str:
        return f"{self.about}: {self.text}" if self.about else self.text

    def tap(self, number: int) -> str:
        if self.good is None:
            return f"# {self.name}"
        return f"{'ok' if self.good else 'not ok'} {number} - {self.name}"

    def __str__(self) -> str:
        return f"{'ok' if self.good else 'not ok'} - {self.name}"


class Tally:
    """The checks of a run, in their order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.lost: list[str] = []       # for each machine that was lost, why
        self.guest_made = False
        self.kept: dict[str, list[Entry]] = {}  # what the loss of a machine does not undo

    @property
    def count(self) -> Count:
        return Count(sum(entry.good is True for entry in self.entries),
                     sum(entry.good is False for entry in self.entries))

    @property
    def failures(self) -> list[Entry]:
        return self.failures_since(0)

    def failures_since(self, start: int) -> list[Entry]:
        """The failed checks from entry number start on."""
        return [entry for entry in self.entries[start:] if entry.good is False]

    def keep(self, name: str, start: int) -> None:
        """The entries from number start on count also if this machine is lost."""
        self.kept[name] = self.entries[start:]

    def begin_anew(self, why: str) -> None:
        """Forget every entry that was not kept."""
        self.lost.append(why)
        self.guest_made = False
        self.entries = [Entry(why)]
        for entries in self.kept.values():
            self.entries += entries

    def check(self, good: bool, text: str, about: str = "") -> bool:
        self.entries.append(Entry(text, about, good))
        return good

    def note(self, text: str, about: str = "") -> None:
        self.entries.append(Entry(text, about))

    def write(self, path: str) -> None:
        """As TAP."""
        number = 0
        with open(path, "w", encoding="utf-8") as file:
            for entry in self.entries:
                number += entry.good is not None
                file.write(entry.tap(number) + "\n")
            file.write(f"1..{number}\n")


class Tap:
    """One test program's output."""

    RESULT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*-?\s*(.*)$")
    PLAN = re.compile(r"^1\.\.(\d+)\s*(#.*)?$")

    def __init__(self, name: str, tally: Tally) -> None:
        self.name = name
        self.tally = tally
        self.plan: int | None = None
        self.count = 0
        self.failures = 0

    def line(self, text: str) -> int | None:
        """Take one line; the time limit that it announces, if it does."""
        found = self.RESULT.match(text)
        if found:
            self.count += 1
            good = not found[1] or re.search(r"#\s*(TODO|SKIP)", found[3], re.I)
            if not self.tally.check(bool(good), found[3], self.name):
                self.failures += 1
            return None
        found = self.PLAN.match(text)
        if found:
            self.plan = int(found[1])
            return None
        if text.startswith("Bail out!"):
            self.fail(text)
            return None
        self.tally.note(text.lstrip("# "), self.name)
        found = re.match(r"^#\s*timeout\s+(\d+)\s*$", text)
        return int(found[1]) if found else None

    def fail(self, why: str) -> None:
        self.failures += 1
        self.tally.check(False, why, self.name)

    def end(self, status: int | None, limit: float) -> None:
        """The program has ended with status, None for the time limit."""
        if status is None:
            self.fail(f"still running after {limit} s")
        elif status > 128:
            self.fail(f"killed by signal {status - 128}")
        elif status and not self.failures:
            self.fail(f"exit status {status}, but no check failed")
        elif self.plan is None:
            self.fail("no plan (1..N): it ended early")
        elif self.plan != self.count:
            self.fail(f"{self.count} results, but {self.plan} were planned")
        elif not self.plan:
            self.tally.note("skipped", self.name)


def read(path: str) -> list[str]:
    """The lines of a log; none if there is no log."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\r\n") for line in file]


def split_console(out: str) -> tuple[list[str], list[str]]:
    """console.log holds Xen's and dom0's lines: write xen.log, return both."""
    xen: list[str] = []
    dom0: list[str] = []
    for line in read(os.path.join(out, "console.log")):
        line = line.replace("\r", "").replace("\0", "")
        (xen if "(XEN)" in line else dom0).append(line)
    with open(os.path.join(out, "xen.log"), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in xen)
    return xen, dom0


# Without qemu.patch QEMU loses the state of a PVH dom0 now and then: a triple fault,
# mostly with the hypervisor's own registers.  No PV dom0 can have one.
TRIPLE_FAULT = re.compile(r"\(XEN\).*d0v\d+ Triple fault")
# And it sometimes computes flags that no processor has, whose reserved bits are
# all clear; what is shown are those that an exception pushed.
FLAGS = re.compile(r"\b[ER]FLAGS: ([0-9a-f]{8,16})\b")
POSSIBLE_FLAGS = 0x3f7fd7
LOGS = ("console.log", "guest-console.log")
# Lines before the one that shows such a fault which belong to it
PREFACE = 10


@dataclass(frozen=True)
class Fault:
    """What the emulator did wrong."""

    text: str
    line: int           # number of the log's line that shows it
    lines: list[str]    # the log's lines that tell of it


def find_fault(log: list[str]) -> Fault | None:
    """The first fault of the emulator's that a log shows."""
    for number, line in enumerate(log):
        flags = FLAGS.search(line)
        if TRIPLE_FAULT.search(line):
            text = "dom0 died of a triple fault, as QEMU makes happen"
        elif flags and int(flags[1], 16) & ~POSSIBLE_FLAGS:
            text = f"a processor had impossible flags, {flags[1]}: QEMU's mistake"
        else:
            continue
        return Fault(text, number, log[max(number - PREFACE, 0):number + 40])
    return None


def emulator_fault(out: str) -> Fault | None:
    """The first fault of the emulator's that a run's logs show."""
    for name in LOGS:
        found = find_fault(read(os.path.join(out, name)))
        if found:
            return found
    return None


def before_fault(lines: list[str]) -> list[str]:
    found = find_fault(lines)
    return lines[:max(found.line - PREFACE, 0)] if found else lines


def last_words(out: str) -> list[str]:
    """The console's last lines."""
    return read(os.path.join(out, "console.log"))[-40:]


def booted_xen(out: str) -> str:
    """The version of Xen that the log names; empty if it names none."""
    for line in read(os.path.join(out, "xen.log")):
        found = re.search(r"Xen version (\d[\w.]*)", line)
        if found:
            return found[1]
    return ""


@dataclass(frozen=True)
class Excuse:
    """Lines that are no failure: of these logs, in these worlds (patterns of names)."""

    line: re.Pattern[str]
    worlds: list[str]
    log: str

    def covers(self, world: str, log: str, text: str) -> bool:
        return (bool(self.line.search(text)) and fnmatch.fnmatch(log, self.log)
                and any(fnmatch.fnmatch(world, name) for name in self.worlds))


class Expected:
    """Lines that a stock system prints anyway, each with a reason."""

    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            entries = tomllib.load(file).get("expected", [])
        for entry in entries:
            if not entry.get("reason") or not entry.get("line"):
                raise Failure(f"{path}: every entry needs a line and a reason")
        self.excuses = [Excuse(re.compile(entry["line"]), entry.get("worlds", ["*"]),
                               entry.get("log", "*")) for entry in entries]

    def covers(self, world: str, log: str, text: str) -> bool:
        return any(excuse.covers(world, log, text) for excuse in self.excuses)


def check_logs(tally: Tally, world: str, out: str, expected: Expected) -> None:
    """One failed check for each finding; one passed check for each clean log."""
    xen, console = split_console(out)
    logs = {
        "xen": (XEN_BAD, xen),
        "dom0": (KERNEL_BAD, console + read(os.path.join(out, "dom0-dmesg.log"))),
        "guest": (KERNEL_BAD, read(os.path.join(out, "guest-console.log"))),
    }
    for name, (bad, lines) in logs.items():
        check_log(tally, world, expected, name, bad, lines)
        if not lines and (name != "guest" or tally.guest_made):
            tally.check(False, "empty", f"{name} log")
        elif not any(entry.about == f"{name} log" for entry in tally.entries):
            tally.check(True, "nothing unexpected", f"{name} log")


def check_lost(tally: Tally, world: str, out: str, expected: Expected, boots: int) -> None:
    """A failed check for each finding before the machine was lost."""
    start = len(tally.entries)
    lines = before_fault(read(os.path.join(out, "console.log")))
    for name, bad, among in (("xen", XEN_BAD, True), ("dom0", KERNEL_BAD, False)):
        check_log(tally, world, expected, name, bad,
                  [line for line in lines if ("(XEN)" in line) == among])
    check_log(tally, world, expected, "guest", KERNEL_BAD,
              before_fault(read(os.path.join(out, "guest-console.log"))))
    tally.keep(f"the logs of boot {boots}", start)


def check_log(tally: Tally, world: str, expected: Expected, name: str, bad: re.Pattern[str],
              lines: list[str]) -> None:
    """A failed check for each finding."""
    seen = set()
    for line in lines:
        text = STAMP.sub("", line).strip()
        if text in seen or not bad.search(text):
            continue
        seen.add(text)
        if not expected.covers(world, name, text):
            tally.check(False, text[:300], f"{name} log")
            if len(seen) > 50:
                tally.note("more lines were found; see the logs", f"{name} log")
                break
