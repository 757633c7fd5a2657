# SPDX-License-Identifier: GPL-2.0-only
"""Count what passed and what failed: TAP of the tests, and the logs."""

import fnmatch
import os
import re
import tomllib

# What no log of a good run holds.  Xen's own lines begin with "(XEN)".
KERNEL_BAD = re.compile(
    r"WARNING:|\bBUG\b|Oops|general protection|segfault at|Bad page|Bad rss-counter"
    r"|hung task|blocked for more than|rcu.*(stall|detected)|soft lockup|hard LOCKUP"
    r"|possible (recursive|circular) lock|inconsistent lock state|suspicious RCU usage"
    r"|Call Trace|Kernel panic|UBSAN|KASAN|DMA-API:|Out of memory|oom-kill|trap invalid"
    r"|unable to handle|refcount_t:|list_(add|del) corruption|scheduling while atomic"
    r"|sleeping function called|use-after-free|still in use|unexpected|swiotlb buffer is full"
    r"|new suspected memory leaks|leak detector disabled|turning off the locking"
    r"|Disabling lock debugging|(leaking|deferring) g\.e\."
    # A screen's driver, when a flip is never done
    r"|flip_done timed out"
    # Our driver speaks only when something is wrong; the others speak of its module
    r"|\bxen_dmabuf: (?!loading out-of-tree module|module verification failed)")
XEN_BAD = re.compile(
    r"WARN|\bBUG\b|call trace|Fatal|FATAL|Panic|panic|Assertion|general protection"
    r"|Unhandled|watchdog|crashed|Bad |bad |mm\.c.*[Ee]rror|grant_table\.c|d\d+v\d+.*fault"
    r"|Guest stack|domain_crash|out of memory|shadow.*[Ee]rror|leak", re.ASCII)
STAMP = re.compile(r"^(\(XEN\) )?(\[\s*\d+[.\d]*\]\s*|\[\d{4}-[^]]*\]\s*)*")


class Tally:
    """Passed and failed checks, with every line kept for verdict.tap."""

    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.lines = []
        self.remarks = []       # what the reader of the last line has to know, too
        self.guest_made = False
        self.kept = {}          # of what a machine's loss does not undo: lines

    def keep(self, name, start):
        """What has been said since line start counts also if this machine is lost."""
        self.kept[name] = self.lines[start:]

    def begin_anew(self, why):
        """What was counted does not count, but for what was kept."""
        self.remarks.append(why)
        self.guest_made = False
        self.lines = [f"# {why}"] + sum(self.kept.values(), [])
        self.passed = sum(line.startswith("ok ") for line in self.lines)
        self.failed = sum(line.startswith("not ok ") for line in self.lines)

    def check(self, good, name):
        if good:
            self.passed += 1
        else:
            self.failed += 1
        self.lines.append(f"{'ok' if good else 'not ok'} - {name}")
        return good

    def note(self, text):
        self.lines.append(f"# {text}")

    def summary(self):
        return f"{self.passed} passed, {self.failed} failed"

    def write(self, path):
        number = 0
        with open(path, "w", encoding="utf-8") as file:
            for line in self.lines:
                if not line.startswith("#"):
                    number += 1
                    line = line.replace("ok -", f"ok {number} -", 1)
                file.write(line + "\n")
            file.write(f"1..{number}\n")


class Tap:
    """One test program's output."""

    RESULT = re.compile(r"^(not )?ok\b\s*(\d+)?\s*-?\s*(.*)$")
    PLAN = re.compile(r"^1\.\.(\d+)\s*(#.*)?$")

    def __init__(self, name, tally):
        self.name = name
        self.tally = tally
        self.plan = None
        self.count = 0
        self.failures = 0

    def line(self, text):
        """Take one line; the time limit that it announces, if it does."""
        found = self.RESULT.match(text)
        if found:
            self.count += 1
            good = not found[1] or re.search(r"#\s*(TODO|SKIP)", found[3], re.I)
            if not self.tally.check(bool(good), f"{self.name}: {found[3]}"):
                self.failures += 1
            return None
        found = self.PLAN.match(text)
        if found:
            self.plan = int(found[1])
            return None
        if text.startswith("Bail out!"):
            self.fail(text)
            return None
        self.tally.note(f"{self.name}: {text.lstrip('# ')}")
        found = re.match(r"^#\s*timeout\s+(\d+)\s*$", text)
        return int(found[1]) if found else None

    def fail(self, why):
        self.failures += 1
        self.tally.check(False, f"{self.name}: {why}")

    def end(self, status, limit):
        """The program has ended with status, None for the time limit."""
        if status is None:
            self.fail(f"still running after {limit} s")
        elif status > 128:
            self.fail(f"killed by signal {status - 128}")
        elif status and not self.failures:
            self.fail(f"exit status {status} although no check failed")
        elif self.plan is None:
            self.fail("no plan (1..N): it ended early")
        elif self.plan != self.count:
            self.fail(f"{self.count} results although {self.plan} were planned")
        elif not self.plan:
            self.tally.note(f"{self.name}: skipped")


def read(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\r\n") for line in file]


def split_console(out):
    """console.log holds Xen's and dom0's lines: write xen.log, return both."""
    xen, dom0 = [], []
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
# Lines before the one that shows such a fault which speak of it already
PREFACE = 10


def find_fault(lines):
    """What the emulator did wrong, and the number of the line that shows it, or None."""
    for number, line in enumerate(lines):
        if TRIPLE_FAULT.search(line):
            return "dom0 died of a triple fault, as QEMU makes happen", number
        found = FLAGS.search(line)
        if found and int(found[1], 16) & ~POSSIBLE_FLAGS:
            return f"a processor had impossible flags, {found[1]}: QEMU's mistake", number
    return None


def emulator_fault(out):
    """What the emulator did wrong, and what logs say of it; "", [] if nothing."""
    for name in LOGS:
        lines = read(os.path.join(out, name))
        found = find_fault(lines)
        if found:
            return found[0], lines[max(found[1] - PREFACE, 0):found[1] + 40]
    return "", []


def before_fault(lines):
    found = find_fault(lines)
    return lines[:max(found[1] - PREFACE, 0)] if found else lines


def last_words(out):
    """What the console said before the machine ended."""
    return read(os.path.join(out, "console.log"))[-40:]


def write_row(tally, world, out, seconds):
    """OUT/row.md: the run as a row of the table of worlds."""
    xen = world["xen"]
    for line in read(os.path.join(out, "xen.log")):
        found = re.search(r"Xen version (\d[\w.]*)", line)
        if found:
            xen = found[1]
            break
    remark = f" (boots repeated: {len(tally.remarks)})" if tally.remarks else ""
    with open(os.path.join(out, "row.md"), "w", encoding="utf-8") as file:
        file.write(f"| `{world['name']}` | {world['description']} | {xen} | "
                   f"{world.get('release', '?')} | {tally.passed} | {tally.failed}{remark} | "
                   f"{seconds} |\n")


class Expected:
    """Lines that a stock system prints anyway, each with a reason."""

    def __init__(self, path):
        with open(path, "rb") as file:
            entries = tomllib.load(file).get("expected", [])
        for entry in entries:
            if not entry.get("reason") or not entry.get("line"):
                raise ValueError(f"{path}: every entry needs a line and a reason")
        self.entries = [(re.compile(entry["line"]), entry.get("worlds", ["*"]),
                         entry.get("log", "*")) for entry in entries]

    def covers(self, world, log, text):
        return any(pattern.search(text) and fnmatch.fnmatch(log, name)
                   and any(fnmatch.fnmatch(world, one) for one in worlds)
                   for pattern, worlds, name in self.entries)


def check_logs(tally, world, out, expected):
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
            tally.check(False, f"{name} log: empty")
        elif not any(f"{name} log:" in line for line in tally.lines):
            tally.check(True, f"{name} log: nothing unexpected")


def check_lost(tally, world, out, expected, boots):
    """A failed check for each finding before the machine was lost."""
    start = len(tally.lines)
    lines = before_fault(read(os.path.join(out, "console.log")))
    for name, bad, among in (("xen", XEN_BAD, True), ("dom0", KERNEL_BAD, False)):
        check_log(tally, world, expected, name, bad,
                  [line for line in lines if ("(XEN)" in line) == among])
    check_log(tally, world, expected, "guest", KERNEL_BAD,
              before_fault(read(os.path.join(out, "guest-console.log"))))
    tally.keep(f"the logs of boot {boots}", start)


def check_log(tally, world, expected, name, bad, lines):
    """A failed check for each finding."""
    seen = set()
    for line in lines:
        text = STAMP.sub("", line).strip()
        if text in seen or not bad.search(text):
            continue
        seen.add(text)
        if not expected.covers(world, name, text):
            tally.check(False, f"{name} log: {text[:300]}")
            if len(seen) > 50:
                tally.note(f"{name} log: more follows, see the files")
                break
