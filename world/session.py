# SPDX-License-Identifier: GPL-2.0-only
"""What runs in dom0 once it is up: tests, the demo, or a command; and the logs."""

import fnmatch
import os
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass

import pictures
from channel import Channel
from say import Failure, phase, step
from verdict import Tally, Tap
from worlds import World

TESTS = "/usr/libexec/xen-dmabuf/tests"
DEMO = "/usr/libexec/xen-dmabuf/demo"
BENCH = "/usr/libexec/xen-dmabuf/bench"
MOST_SHOWN = 400    # failed checks of one test
BUSY = 125          # init/serve.c: another command runs
# Run in dom0 at the end of a run.  In the guest, /init has kmemleak scan all the time.
CHECKERS = {
    # A scan logs how many leaks it has found.  A leak that only the first one sees may be
    # memory in use.
    "kmemleak: dom0 was scanned":
        "leaks=/sys/kernel/debug/kmemleak; echo scan > $leaks; sleep 6; echo scan > $leaks; "
        "cat $leaks > /run/kmemleak.log; world-host save /run/kmemleak.log",
    "lockdep: still on in dom0":
        "grep 'debug_locks: *1$' /proc/lockdep_stats",
    "DMA_API_DEBUG: still on in dom0":
        "grep -w N /sys/kernel/debug/dma-api/disabled",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to run, and for how long; see world/run --help."""

    tests: str = ""         # patterns with commas between them
    everyday: bool = False
    command: str = ""
    demo: bool = False
    bench: bool = False
    timeout: int = 0


def matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


class Session:
    """What runs in dom0 from one boot to its end."""

    def __init__(self, world: World, options: Options, out: str, link: Channel,
                 tally: Tally) -> None:
        self.world = world
        self.options = options
        self.out = out
        self.link = link
        self.tally = tally
        self.limit = options.timeout or world.limits.test
        self.end = time.monotonic() + world.limits.run
        self.guest = ""     # its domain's id

    def left(self, seconds: float) -> float:
        """So many seconds, or fewer at the end of the run."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise Failure(f"the whole run took more than {self.world.limits.run} s")
        return min(seconds, left)

    def guest_up(self) -> bool:
        """Whether the guest is ready; it is created again if it has ended."""
        limit = self.world.limits.guest
        status, lines = self.link.run(f"/usr/libexec/world/guest-up {limit}",
                                      self.left(limit + 30))
        if status == 0 and lines and lines[-1].isdigit():
            if lines[-1] != self.guest:
                phase(f"the guest is domain {lines[-1]}")
            self.guest = lines[-1]
            self.tally.guest_made = True
            return True
        self.guest = ""
        for line in lines:
            self.tally.note(line.lstrip("# "))
            phase(line)
        self.tally.check(False, "the guest starts")
        return False

    def environment(self) -> str:
        """WORLD, GUEST_DOMID, and the seconds that a guest may take to start, GUEST_LIMIT."""
        return (f"export WORLD={self.world.name} GUEST_DOMID={self.guest} "
                f"GUEST_LIMIT={self.world.limits.guest}; ")

    def one_test(self, path: str, show: Callable[[str], None] | None = None) -> None:
        """Run a test program; show() gets its lines."""
        name = os.path.basename(path)
        tap = Tap(name, self.tally)
        start = time.monotonic()
        first = len(self.tally.entries)
        limits: list[float] = [self.limit]

        def each(text: str) -> float | None:
            if show:
                show(text)
            asked = tap.line(text)
            if not asked:
                return None
            limits.append(max(asked, self.limit))
            return self.left(limits[-1])

        status, _ = self.link.run(self.environment() + f"exec {shlex.quote(path)}",
                                  self.left(self.limit), each)
        tap.end(status, limits[-1])
        bad = self.tally.failures_since(first)
        if not bad:
            self.tally.keep(name, first)
        phase(f"{name}: {tap.count} checks, "
              + (f"{len(bad)} FAILED" if bad else "all passed")
              + f", {time.monotonic() - start:.0f} s")
        for entry in bad[-MOST_SHOWN:]:
            phase(f"  {entry}")

    def wanted(self, there: list[str]) -> list[str]:
        """Those of the programs there that are to run."""
        suite = self.world.suite
        patterns = suite.tests
        if self.options.tests:
            patterns = self.options.tests.split(",")
        elif self.options.everyday:
            patterns = suite.everyday or suite.tests
        without = [pattern[1:] for pattern in patterns if pattern.startswith("-")]
        if "*" in patterns and not self.options.tests:
            without += suite.own_tests
        return [name for name in there if name.startswith("test-")
                and matches(name, patterns) and not matches(name, without)]

    def tests(self) -> None:
        status, lines = self.link.run(f"ls {TESTS} 2>/dev/null", self.left(30))
        names = self.wanted(lines)
        if status not in (0, 2) or not names:
            self.tally.check(False, f"a test program is there: {self.options.tests or 'any'}")
        for name in names:
            if name not in self.tally.kept and self.guest_up():
                self.one_test(f"{TESTS}/{name}")

    def command(self, command: str) -> None:
        """Run the user's command and print its output."""
        up = self.guest_up()

        def each(text: str) -> None:
            print(text, flush=True)

        status, _ = self.link.run(
            f"{self.environment()}exec 2>&1; {command}", self.left(self.limit), each)
        what = "the time limit" if status is None else f"status {status}"
        phase(f"the command ended with {what}")
        self.tally.check(up and status == 0, f"command: {command}"[:200])

    def demo(self) -> None:
        """Run the acts of the demo, then compare the pixels of the screenshots."""
        self.link.run(f"exec {DEMO}/desktop begin", self.left(30))
        with step("the guest boots"):
            up = self.guest_up()
        for act, what in (("demo", "first act, a picture"), ("desktop", "second act, a desktop"),
                          ("windows", "third act, windows")):
            if up:
                with step(what):
                    self.one_test(f"{DEMO}/{act}",
                                  lambda text: print(text.lstrip("# "), flush=True))
                # A guest that boots again begins with its first act
                self.tally.kept.clear()
                if act == "demo":
                    phase("the first picture is there: "
                          + os.path.relpath(os.path.join(self.out, "screen.png")))
        for shot, picture, same in (("screen", "wanted", True),
                                    ("screen-changed", "wanted-changed", True),
                                    ("screen", "screen-changed", False),
                                    ("guest", "guest-memory", True),
                                    ("guest", "screen", False),
                                    ("windows", "windows-drawn", True)):
            found, said = pictures.compare(os.path.join(self.out, shot + ".png"),
                                           os.path.join(self.out, picture + ".png"))
            name = f"{shot}.png and {picture}.png {'are the same' if same else 'differ'}"
            self.tally.check(found is same, f"{name}: {said}")
            print(f"{name}: {said}", flush=True)

    def insist(self, command: str, limit: float) -> tuple[int | None, list[str]]:
        """Run a command; again if dom0 is still busy with an interrupted one."""
        for _ in range(4):
            status, lines = self.link.run(f"exec 2>&1; {command}", limit)
            if status != BUSY:
                return status, lines
            time.sleep(1)
        return self.link.run(f"exec 2>&1; {command}", limit)

    def checkers(self) -> None:
        """Check that each checker of a debugging kernel was still at work at the end."""
        for what, command in CHECKERS.items():
            status, lines = self.insist(f"set -e; {command}", 300)
            for line in lines if status else []:
                self.tally.note(line)
            self.tally.check(status == 0, what)

    def save_logs(self) -> None:
        self.link.send(f"kill {self.link.number}")
        if self.world.debian.kernel_config:
            self.checkers()
        for command in (
                "dmesg > /run/dom0-dmesg.log && world-host save /run/dom0-dmesg.log",
                "cd /var/log/xen && for f in console/guest-*.log; do [ -e $f ] && cat $f; "
                "done > /run/guest-console.log; world-host save /run/guest-console.log",
                "cat /var/log/xen/xl-*.log /run/xl-create.log > /run/xl.log 2>/dev/null; "
                "world-host save /run/xl.log"):
            status, lines = self.insist(command, 60)
            if status != 0:
                phase("could not save a log: " + " ".join(lines[-3:]))

    def everything(self) -> None:
        if self.options.demo:
            self.demo()
        elif self.options.bench:
            self.command(self.options.command or f"{BENCH}/bench")
        elif self.options.command:
            self.command(self.options.command)
        else:
            self.tests()
