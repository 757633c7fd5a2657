#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the worlds' harness notice failures?  Writes TAP.

Usage: harness.py FOLDER, the one of world/run
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import command
import say
import tap
import verdict

EXPECTED = verdict.Expected(os.path.join(sys.argv[1], "expected-log.toml"))
CONSOLE = "(XEN) Xen version 4.20\n[    1.0] Linux version 6.12\n"
GUEST = "[    1.0] Linux version 6.12\n"


def findings(console: str = "", guest: str = "", made: bool = True, world: str = "pv") -> int:
    """How many lines of the logs count as failures."""
    tally = verdict.Tally()
    tally.guest_made = made
    with tempfile.TemporaryDirectory() as out:
        for name, text in (("console", CONSOLE + console), ("guest-console", guest)):
            if text:
                with open(os.path.join(out, name + ".log"), "w", encoding="utf-8") as file:
                    file.write(text)
        verdict.check_logs(tally, world, out, EXPECTED)
    return tally.count.failed


def driver_speaks(text: str, log: str = "console") -> int:
    line = f"[   12.345678] xen_dmabuf: {text}\n"
    return findings(guest=GUEST + line) if log == "guest" else findings(line, GUEST)


FAULT = ("(XEN) d0v0 Triple fault - invoking HVM shutdown action 1\n"
         "(XEN) *** Dumping Dom0 vcpu#0 state: ***\n")
QUIET = "[    2.0] quiet\n" * verdict.PREFACE


@dataclass(frozen=True)
class Lost:
    """What came of a machine that was lost in its second test, and of the next machine."""

    fault: str      # the emulator's; empty if none was found
    failed: int
    tap: list[str]


def lost(console: str) -> Lost:
    tally = verdict.Tally()
    for name in ("first", "second"):
        start = len(tally.entries)
        program = verdict.Tap(name, tally)
        for line in ("1..2", "ok 1 - a"):
            program.line(line)
        if name == "first":
            program.line("ok 2 - b # SKIP")
            program.end(0, 60)
            tally.keep(name, start)
    with tempfile.TemporaryDirectory() as out:
        with open(os.path.join(out, "console.log"), "w", encoding="utf-8") as file:
            file.write(CONSOLE + console)
        found = verdict.emulator_fault(out)
        verdict.check_lost(tally, "pvh", out, EXPECTED, 1)
        tally.begin_anew(found.text if found else "")
        tally.check(True, "second: a")
        path = os.path.join(out, "verdict.tap")
        tally.write(path)
        with open(path, encoding="utf-8") as file:
            return Lost(found.text if found else "", tally.count.failed,
                        file.read().splitlines())


def goes_on() -> bool:
    """Finished tests count, the interrupted one does not, and the results are numbered."""
    found = lost(QUIET + FAULT)
    results = [line for line in found.tap if not line.startswith("#")]
    return "triple fault" in found.fault and not found.failed and results == [
        "ok 1 - first: a", "ok 2 - first: b # SKIP", "ok 3 - second: a", "1..3"]


def lives(pid: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_end() -> bool:
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


def refuses(variable: str) -> bool:
    """world/check says which variable is no number, before it does anything."""
    done = subprocess.run([sys.executable, os.path.join(sys.argv[1], "check"), "fuzzers"],
                          env=dict(os.environ, **{variable: "many"}), capture_output=True,
                          text=True, check=False)
    return done.returncode == 2 and f"{variable}=many: not a number" in done.stderr \
        and "Traceback" not in done.stderr


CHECKS = (
    ("clean logs: no finding", lambda: findings(guest=GUEST) == 0),
    ("a guest without a log: one finding", lambda: findings() == 1),
    ("a guest that was never made: no log is expected", lambda: findings(made=False) == 0),
    ("the driver leaks a page: one finding", lambda: driver_speaks(
        "Xen refused to unmap a page of domain 3 (status -1, error 0): page leaked") == 1),
    ("a line of the driver in the guest's log: one finding",
     lambda: driver_speaks("needs 4 KiB pages", "guest") == 1),
    ("the kernel speaks of the driver's module: no finding", lambda: driver_speaks(
        "loading out-of-tree module taints kernel.") == 0),
    ("the driver refuses to be suspended: no finding", lambda: driver_speaks(
        "this domain cannot be suspended or migrated while it shares memory: 0 pages mapped, "
        "4 granted (see xendmabuf list)", "guest") == 0),
    ("the kernel leaks a grant reference: one finding", lambda: findings(
        "[    2.0] xen:grant_table: leaking g.e. 0x12 (pfn 0x34)\n", GUEST) == 1),
    ("the kernel defers the end of a grant reference: one finding", lambda: findings(
        "[    2.0] deferring g.e. 0x12 (pfn 0x34)\n", GUEST) == 1),
    ("a page flip times out: one finding", lambda: findings(
        "[    2.0] cirrus 0000:00:02.0: [drm] *ERROR* flip_done timed out\n", GUEST) == 1),
    ("a program that dom0 cannot do without fails: one finding", lambda: findings(
        "world: failed (253): xen-init-dom0\n", GUEST) == 1),
    ("a lost machine: tests that had ended count", goes_on),
    ("a lost machine: findings of its logs count",
     lambda: lost("[    1.5] WARNING: CPU: 0\n" + QUIET + FAULT).failed == 1),
    ("a machine without a fault of the emulator's is not lost",
     lambda: lost(QUIET).fault == ""),
    ("a command that ends: its status", lambda: command.run(["sh", "-c", "exit 3"], 60) == 3),
    ("a command over its time limit ends, and what it started", children_end),
    ("world/check: JOBS is no number", lambda: refuses("JOBS")),
    ("world/check: FUZZ_SECONDS is no number", lambda: refuses("FUZZ_SECONDS")),
)


if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
