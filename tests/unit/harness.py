#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the worlds' harness notice failures?  Writes TAP.

Usage: harness.py FOLDER, the one of world/run
"""

import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

# pylint: disable=wrong-import-position
import command
import say
import verdict

EXPECTED = verdict.Expected(os.path.join(sys.argv[1], "expected-log.toml"))
CONSOLE = "(XEN) Xen version 4.20\n[    1.0] Linux version 6.12\n"
GUEST = "[    1.0] Linux version 6.12\n"


def findings(console="", guest="", made=True, world="pv"):
    """How many lines of the logs count as failures."""
    tally = verdict.Tally()
    tally.guest_made = made
    with tempfile.TemporaryDirectory() as out:
        for name, text in (("console", CONSOLE + console), ("guest-console", guest)):
            if text:
                with open(os.path.join(out, name + ".log"), "w", encoding="utf-8") as file:
                    file.write(text)
        verdict.check_logs(tally, world, out, EXPECTED)
    return tally.failed


def driver_speaks(text, log="console"):
    line = f"[   12.345678] xen_dmabuf: {text}\n"
    return findings(guest=GUEST + line) if log == "guest" else findings(line, GUEST)


FAULT = ("(XEN) d0v0 Triple fault - invoking HVM shutdown action 1\n"
         "(XEN) *** Dumping Dom0 vcpu#0 state: ***\n")
QUIET = "[    2.0] quiet\n" * verdict.PREFACE


def lost(console):
    """The tally of a machine that was lost in its second test of three, and of the next."""
    tally = verdict.Tally()
    for name in ("first", "second"):
        start = len(tally.lines)
        tap = verdict.Tap(name, tally)
        for line in ("1..2", "ok 1 - a"):
            tap.line(line)
        if name == "first":
            tap.line("ok 2 - b # SKIP")
            tap.end(0, 60)
            tally.keep(name, start)
    with tempfile.TemporaryDirectory() as out:
        with open(os.path.join(out, "console.log"), "w", encoding="utf-8") as file:
            file.write(CONSOLE + console)
        fault, _ = verdict.emulator_fault(out)
        verdict.check_lost(tally, "pvh", out, EXPECTED, 1)
        tally.begin_anew(fault)
        tally.check(True, "second: a")
        path = os.path.join(out, "verdict.tap")
        tally.write(path)
        with open(path, encoding="utf-8") as file:
            return fault, tally.failed, file.read()


def goes_on():
    """Finished tests count, the interrupted one does not, and the results are numbered."""
    fault, failed, text = lost(QUIET + FAULT)
    results = [line for line in text.splitlines() if not line.startswith("#")]
    return "triple fault" in fault and not failed and results == [
        "ok 1 - first: a", "ok 2 - first: b # SKIP", "ok 3 - second: a", "1..3"]


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_end():
    """A command past its limit is killed together with its children."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "child")
        try:
            command.run(["sh", "-c", f"sleep 60 & echo $! >{path}; wait"], 1)
            return False
        except say.Failure:
            pass
        with open(path, encoding="utf-8") as file:
            child = file.read().strip()
    for _ in range(100):
        if not lives(child):
            return True
        time.sleep(0.1)
    return False


CHECKS = (
    ("logs without bad lines: no failure", lambda: findings(guest=GUEST) == 0),
    ("guest made but no guest log: one failure", lambda: findings() == 1),
    ("no guest and no guest log: no failure", lambda: findings(made=False) == 0),
    ("driver logs a leak: one failure", lambda: driver_speaks(
        "Xen refused to unmap a page of domain 3 (status -1, error 0): page leaked") == 1),
    ("driver logs an error in the guest: one failure",
     lambda: driver_speaks("needs 4 KiB pages", "guest") == 1),
    ("kernel logs the module's loading: no failure", lambda: driver_speaks(
        "loading out-of-tree module taints kernel.") == 0),
    ("driver refuses a suspend, as expected: no failure", lambda: driver_speaks(
        "this domain cannot be suspended or migrated while it shares memory: 0 pages mapped, "
        "4 granted (see xendmabuf list)", "guest") == 0),
    ("kernel leaks a grant reference: one failure", lambda: findings(
        "[    2.0] xen:grant_table: leaking g.e. 0x12 (pfn 0x34)\n", GUEST) == 1),
    ("kernel defers a grant reference: one failure", lambda: findings(
        "[    2.0] deferring g.e. 0x12 (pfn 0x34)\n", GUEST) == 1),
    ("card's flip times out: one failure", lambda: findings(
        "[    2.0] cirrus 0000:00:02.0: [drm] *ERROR* flip_done timed out\n", GUEST) == 1),
    ("machine lost: finished tests count", goes_on),
    ("machine lost: bad log lines before the fault count",
     lambda: lost("[    1.5] WARNING: CPU: 0\n" + QUIET + FAULT)[1] == 1),
    ("console without a fault: machine not lost", lambda: lost(QUIET)[0] == ""),
    ("command that ends: its exit status returned",
     lambda: command.run(["sh", "-c", "exit 3"], 60) == 3),
    ("command past its limit: killed with its children", children_end),
)


def main():
    failed = 0
    print(f"1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS, 1):
        good = check()
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
