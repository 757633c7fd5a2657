# SPDX-License-Identifier: GPL-2.0-only
"""Runs parts of the checks, one by one or several at a time, and counts their checks."""

import json
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import command
import entry
from result import Count, forget, read_count, save
from say import Failure


@dataclass(frozen=True)
class Part:
    """One that has ended."""

    name: str
    count: Count
    seconds: int

    def __str__(self) -> str:
        return f"{self.name:<16} {self.count.passed:5} passed, {self.count.failed} failed, " \
               f"{self.seconds} s"


def judge(status: int, count: Count | None) -> Count:
    """A command that failed counts as a failed check; so does one that checked nothing."""
    count = count or Count(0, 0)
    if not count.failed and (status or not count.passed):
        return Count(count.passed, 1)
    return count


class Parts:
    """The parts of one run of world/check; up to `jobs` run in the background at a time."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self.ended: list[Part] = []
        # Called for each of the background that has ended
        self.when_ended: Callable[[Part], None] | None = None
        self._running = 0
        self._ending: queue.Queue[Part] = queue.Queue()
        self._printing = threading.Lock()

    @property
    def count(self) -> Count:
        return Count(sum(part.count.passed for part in self.ended),
                     sum(part.count.failed for part in self.ended))

    def say(self, text: str) -> None:
        with self._printing:
            print(text, flush=True)

    def run(self, name: str, work: Callable[[], Count]) -> None:
        """In the foreground; work() counts."""
        begin = time.monotonic()
        self.say(f"== {name}")
        self.ended.append(Part(name, work(), int(time.monotonic() - begin)))

    def start(self, name: str, line: list[str], path: str) -> None:
        """Run in the background, with the name before each line of output; path: see counted()."""
        if self._running >= self.jobs:
            self.finish_one()
        forget(path)
        self._running += 1
        threading.Thread(target=self._follow, args=(name, line, path), daemon=True).start()

    def _follow(self, name: str, line: list[str], path: str) -> None:
        begin = time.monotonic()
        try:
            status = command.follow(line, lambda text: self.say(f"{name}: {text}"))
            count = judge(status, read_count(path))
        except (Failure, OSError) as error:
            self.say(f"{name}: {entry.explain(error) if isinstance(error, OSError) else error}")
            count = Count(0, 1)
        self._ending.put(Part(name, count, int(time.monotonic() - begin)))

    def finish_one(self) -> None:
        """Wait for any in the background."""
        part = self._ending.get()
        self.ended.append(part)
        self._running -= 1
        if self.when_ended:
            self.when_ended(part)

    def finish(self) -> None:
        """Wait for all in the background."""
        while self._running:
            self.finish_one()

    def save(self, path: str, seconds: int) -> None:
        """All counts, as JSON."""
        save(path, {**asdict(self.count), "seconds": seconds, "parts": [
            {"name": part.name, **asdict(part.count), "seconds": part.seconds}
            for part in self.ended]})


def counted(line: list[str], path: str) -> Count:
    """What a command counted, which it leaves in the JSON file at path."""
    forget(path)
    return judge(command.run(line, None), read_count(path))


def read_meson(path: str) -> Count | None:
    """What meson's testlog.json has: one object a line, one line a test."""
    good = bad = 0
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                result = json.loads(line)["result"]
                good += result in ("OK", "EXPECTEDFAIL")
                bad += result in ("FAIL", "ERROR", "INTERRUPT", "UNEXPECTEDPASS", "TIMEOUT")
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return Count(good, bad)


def meson(compiler: str, folder: str, options: list[str], steps: list[list[str]]) -> Count:
    """Set up a folder with a compiler, then meson's steps in it, of which the last one tests.

    What was built counts as one check.
    """
    log = os.path.join(folder, "meson-logs/testlog.json")
    if not shutil.which(compiler):
        print(f"{compiler} is missing; run world/install-packages", flush=True)
        return Count(0, 1)
    forget(log)
    if not os.path.exists(os.path.join(folder, "build.ninja")):
        shutil.rmtree(folder, ignore_errors=True)
        if command.run(["env", f"CC={compiler}", "meson", "setup", folder, *options], None):
            return Count(0, 1)
    for verb, *arguments in steps:
        status = command.run(["meson", verb, "-C", folder, *arguments], None)
        if status and verb != "test":
            return Count(0, 1)
    count = read_meson(log)
    return Count(count.passed + 1, count.failed) if count else Count(0, 1)


def unit(compiler: str, sanitized: bool = False) -> Count:
    """User space with a compiler, and its unit tests; sanitized: with ASan and UBSan."""
    options = ["-Dtests=true"]
    if sanitized:
        # gcc's runtime is a library, which the tests' --wrap of calls leaves alone.  It
        # would optimise for longer than the tests run; the worlds' builds do
        options += ["-Db_sanitize=address,undefined", "-Doptimization=0"]
    return meson(compiler, f"build/{compiler}{'-sanitized' if sanitized else ''}", options,
                 [["compile"],
                  # Most of the time they wait.  Beside the worlds' machines the longest
                  # takes more than meson's 30 s
                  ["test", "--no-rebuild", "--print-errorlogs", "--timeout-multiplier=10",
                   "--num-processes", str(2 * (os.cpu_count() or 1))]])


def fuzzers(seconds: int, whole: bool) -> Count:
    """The parsers' fuzzers over their seeds, each for so many seconds.

    whole: for all of them, however many runs that are
    """
    limit = f"-max_total_time={seconds}" + (" -runs=-1" if whole else "")
    # This builds them, and nothing else
    return meson("clang", "build/fuzz", ["-Dfuzz=true", "-Dtests=false"],
                 [["test", "--print-errorlogs", "--suite", "fuzz", "--timeout-multiplier=0",
                   f"--test-args={limit}"]])
