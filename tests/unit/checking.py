#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does world/check count right, and is a mistake in worlds.toml named?  Writes TAP.

Usage: checking.py FOLDER, the one of world/check
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import matrix
import parts
import result
import say
import tap
import tested
import worlds
from parts import Parts
from result import Count, Result

RUN = Result(world="pv", description="a world", xen="4.20.2", linux="6.12", passed=7, failed=0,
             boots=1, seconds=60)
REPEATED = Result(world="pvh", description="another", xen="4.20.2", linux="6.12", passed=5,
                  failed=1, failures=["a: b"], boots=2, lost=["a fault"], seconds=90)

WHOLE = tested.Run(version="1.0", commit="0123456789abcdef", processors=4,
                   seconds=99, interrupted=0)


def mistake(change: Callable[[dict[str, Any]], object]) -> str:
    """What is said of worlds.toml once change() was made to its tables."""
    config = worlds.parse()
    change(config)
    try:
        worlds.read("worlds.toml", config)
    except say.Failure as failure:
        return str(failure)
    return ""


def in_section(*path: str, **keys: object) -> str:
    """What is said of worlds.toml with these keys in the section; None: without the key."""
    def change(config: dict[str, Any]) -> None:
        for name in path:
            config = config[name]
        for key, value in keys.items():
            if value is None:
                del config[key]
            else:
                config[key] = value

    return mistake(change)


def alike(all_worlds: dict[str, worlds.World], name: str, like: str) -> bool:
    """But for the tests and what its own section says."""
    one, other = all_worlds[name], all_worlds[like]
    return (one.machine == other.machine and one.debian == other.debian
            and one.dom0.xen_args == other.dom0.xen_args and one.dom0 != other.dom0
            and not one.suite.everyday and one.suite.tests != other.suite.tests)


def counted(command: str, content: str = "", old: str = "") -> Count:
    """What is counted of a command that leaves content in its file, which held old."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "counts")
        if old:
            with open(path, "w", encoding="utf-8") as file:
                file.write(old)
        write = f"printf '%s' '{content}' >{path}; " if content else ""
        return parts.counted(["sh", "-c", write + command], path)


def together() -> tuple[list[str], Parts]:
    """The output of two at a time in the background and one in the foreground."""
    said = io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(said):
        some = Parts(2)
        for name, command in (("slow", "sleep 1; echo late"), ("bad", "echo early; exit 3"),
                              ("third", "echo third")):
            path = os.path.join(folder, name)
            some.start(name, ["sh", "-c", f"""echo '{{"passed": 2, "failed": 0}}' >{path}
                       {command}"""], path)
        some.run("foreground", lambda: Count(1, 0))
        some.finish()
        some.save(os.path.join(folder, "all"), 5)
        assert result.read_count(os.path.join(folder, "all")) == some.count
    return said.getvalue().splitlines(), some


def side_by_side() -> bool:
    lines, some = together()
    counts = {part.name: part.count for part in some.ended}
    return (sorted(lines) == ["== foreground", "bad: early", "slow: late", "third: third"]
            and counts == {"slow": Count(2, 0), "bad": Count(2, 1), "third": Count(2, 0),
                           "foreground": Count(1, 0)}
            and some.count == Count(7, 1))


def meson_log(*results: str) -> Count | None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "testlog.json")
        with open(path, "w", encoding="utf-8") as file:
            for one in results:
                file.write(json.dumps({"name": "a", "result": one}) + "\n")
        return parts.read_meson(path)


def saved_and_read() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        nothing = result.read(folder)
        REPEATED.save(folder)
        return (nothing is None and result.read(folder) == REPEATED
                and result.read_count(os.path.join(folder, result.NAME)) == Count(5, 1))


def cut_short_is_nothing() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, result.NAME), "w", encoding="utf-8") as file:
            file.write('{"world": "pv", "passed"')
        return result.read(folder) is None


def in_checkout(work: Callable[[], bool]) -> bool:
    """work() in the folder of a new git checkout."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        git = ["git", "-c", "user.name=n", "-c", "user.email=e@invalid"]
        os.chdir(folder)
        try:
            os.makedirs("docs")
            os.makedirs("build")
            for path, text in ((matrix.PAGE, "page\n"), (".gitignore", "build\n"),
                               ("VERSION", "1.0\n")):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
                subprocess.run([*git, *words], check=True)
            return work()
        finally:
            os.chdir(before)


def refusal(resume: bool) -> str:
    try:
        matrix.begin(matrix.PROGRESS, resume)
    except say.Failure as failure:
        return str(failure)
    return ""


def goes_on_with_the_same_commit() -> bool:
    begun = matrix.begin(matrix.PROGRESS, False)
    begun.worlds = {"pv": RUN, "pvh": None}
    begun.save(matrix.PROGRESS)
    # the page may differ
    with open(matrix.PAGE, "a", encoding="utf-8") as file:
        file.write("more\n")
    again = matrix.begin(matrix.PROGRESS, True)
    return (again.worlds == begun.worlds and again.commit == begun.commit != ""
            and again.interrupted == 1 and again.failed == 1)


def goes_on_with_nothing_else() -> bool:
    first = refusal(True)
    matrix.Progress("0123").save(matrix.PROGRESS)
    other = refusal(True)
    with open("VERSION", "a", encoding="utf-8") as file:
        file.write("2\n")
    changed = refusal(True)
    return ("no matrix was interrupted" in first and "begun on commit 0123" in other
            and "files differ" in changed and not refusal(False))


def matrix_of(failed: int) -> tuple[list[str], str]:
    """Which worlds are run when pv has been and smp is left; the page after it."""
    started = []
    matrix.Progress(matrix.checked_out(), 9, 0, {"pv": RUN}).save(matrix.PROGRESS)

    class Started(Parts):
        """Runs nothing."""

        def start(self, name: str, line: list[str], path: str) -> None:
            started.append(name)
            result.save(os.path.join(matrix.left_by(name), result.NAME),
                        {**asdict(RUN), "world": name, "failed": failed})
            if self.when_ended:
                self.when_ended(parts.Part(name, Count(1, failed), 5))

    os.makedirs(matrix.left_by("smp"))
    with contextlib.redirect_stdout(io.StringIO()):
        matrix.run(Started(2), ["pv", "smp"], [], True)
    with open(matrix.PAGE, encoding="utf-8") as file:
        return started, file.read()


def runs_what_is_left() -> bool:
    started, page = matrix_of(0)
    return (started == ["smp"] and "interrupted 1 times" in page and page.endswith(
        tested.row("pv", RUN) + "\n" + tested.row("smp", RUN) + "\n"))


def counts_what_was_run_before() -> bool:
    """So that a failure before the interruption fails the whole."""
    some = Parts(2)
    matrix.Progress(matrix.checked_out(), 9, 0, {"pv": RUN, "pvh": REPEATED, "smp": None}
                    ).save(matrix.PROGRESS)
    with contextlib.redirect_stdout(io.StringIO()):
        matrix.run(some, ["pv", "pvh", "smp"], [], True)
    return some.count == Count(12, 2)


def keeps_the_page_after_a_failure() -> bool:
    started, page = matrix_of(1)
    return started == ["smp"] and page == "page\n"


def runs_one_by_one() -> bool:
    began: list[tuple[str, int]] = []

    class Ending(Parts):
        """Runs nothing; each ends when it is waited for."""

        def start(self, name: str, line: list[str], path: str) -> None:
            if self._running >= self.jobs:
                self.finish_one()
            began.append((name, self._running))
            self._running += 1
            self._ending.put(parts.Part(name, Count(1, 0), 5))

    with contextlib.redirect_stdout(io.StringIO()):
        matrix.run(Ending(2), ["a", "b", "c"], [], False)
    return began == [("a", 0), ("b", 0), ("c", 0)]


def says_nothing_was_checked() -> bool:
    """world/check without a part, in a copy so that no checkout's build/ is touched."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cp", "-R", sys.argv[1], folder], check=True)
        done = subprocess.run([os.path.join(folder, "world/check")], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL)
        with open(os.path.join(folder, "build/check.txt"), encoding="utf-8") as file:
            last = file.read()
    return done.returncode == 1 and done.stdout.endswith("\n0 passed, 0 failed\n") \
        and last == "0 passed, 0 failed\n"


CHECKS: list[tap.Check] = [
    ("worlds.toml as it is has no mistake", lambda: mistake(lambda config: None) == ""),
    ("an unknown key of a world is named", lambda: in_section("world", "smp", guest_vcpu=2)
     == "worlds.toml: [world.smp]: unknown key guest_vcpu (did you mean guest_vcpus?)"),
    ("an unknown key of the defaults is named", lambda: in_section("defaults", nonsense=1)
     == "worlds.toml: [defaults]: unknown key nonsense"),
    ("a text where a number belongs is named", lambda: in_section("bench", guest_memory="7")
     == "worlds.toml: [bench]: guest_memory = '7' is not a number"),
    ("true is no number", lambda: in_section("world", "pv", run_limit=True)
     == "worlds.toml: [world.pv]: run_limit = True is not a number"),
    ("a list with a number is no list of texts", lambda: in_section("packages", dom0=["a", 1])
     == "worlds.toml: [packages]: dom0 = ['a', 1] is not a list of strings"),
    ("a missing key is named", lambda: in_section("defaults", boot_limit=None)
     == "worlds.toml: [world.pv]: boot_limit is missing"),
    ("a missing extra is named", lambda: in_section("world", "displd", extras=["displays"])
     == "worlds.toml: [world.displd]: extras: there is no [extra.displays]"),
    ("unknown key of an extra: named, with its file", lambda: in_section(
        "extra", "labwc", package=["grim"])
     == "extras.toml: [extra.labwc]: unknown key package (did you mean packages?)"),
    ("a world that is like none is named", lambda: in_section("world", "arm64-frames", like="arm")
     == "worlds.toml: [world.arm64-frames]: like = 'arm' is no world that is like none"),
    ("a world that is like one that is like another is named",
     lambda: in_section("world", "arm64-frames", like="channel-arm64")
     == "worlds.toml: [world.arm64-frames]: like = 'channel-arm64' is no world that is like none"),
    ("a world has the keys of the one that it is like, and its own",
     lambda: alike(worlds.load().worlds, "arm64-frames", "arm64")),
    ("an unknown architecture is named", lambda: in_section("world", "pv", arch="i386")
     == "worlds.toml: [world.pv]: arch = 'i386' is none of amd64, arm64"),
    ("a patch without its target is named", lambda: in_section(
        "emulator", "qemu-system-x86", "patched", target=None)
     == "worlds.toml: [emulator.qemu-system-x86.patched]: target is missing"),
    ("an unknown section is named", lambda: in_section(worlds={})
     == "worlds.toml: unknown section [worlds]"),
    ("a command's counts are those of its file",
     lambda: counted("true", '{"passed": 3, "failed": 2}') == Count(3, 2)),
    ("a command that fails has a failed check",
     lambda: counted("exit 1", '{"passed": 3, "failed": 0}') == Count(3, 1)),
    ("a command that leaves no counts has a failed check", lambda: counted("true") == Count(0, 1)),
    ("a command that checks nothing has a failed check",
     lambda: counted("true", '{"passed": 0, "failed": 0}') == Count(0, 1)),
    ("an earlier run's counts do not count",
     lambda: counted("true", old='{"passed": 9, "failed": 0}') == Count(0, 1)),
    ("text instead of JSON does not count",
     lambda: counted("true", "9 passed, 0 failed") == Count(0, 1)),
    ("parts run side by side, their lines are named, and all count", side_by_side),
    ("meson: a skipped test counts as nothing, a timeout as failed",
     lambda: meson_log("OK", "SKIP", "EXPECTEDFAIL", "TIMEOUT", "ERROR") == Count(2, 2)),
    ("meson: without a log nothing is counted", lambda: parts.read_meson("/nowhere") is None),
    ("a world's result is read as it was saved", saved_and_read),
    ("half a result is none", cut_short_is_nothing),
    ("the table's row of a world", lambda: tested.row("pv", RUN)
     == "| `pv` | a world | 4.20.2 | 6.12 | 7 | 0 | 60 |"),
    ("the table says where boots were repeated", lambda: tested.row("pvh", REPEATED)
     == "| `pvh` | another | 4.20.2 | 6.12 | 5 | 1 (boots repeated: 1) | 90 |"),
    ("the table says which world did not boot", lambda: tested.row("smp", None)
     == "| `smp` | did not boot | | | 0 | 1 | |"),
    ("docs/tested.md ends in the table", lambda: tested.page(
        tested.table({"pv": RUN}), WHOLE).endswith(
            "\n\n" + "\n".join([*tested.HEAD, tested.row("pv", RUN)]) + "\n")),
    ("a matrix goes on if the same commit is checked out",
     lambda: in_checkout(goes_on_with_the_same_commit)),
    ("a matrix of another commit, or of changed files, is not gone on with",
     lambda: in_checkout(goes_on_with_nothing_else)),
    ("a matrix that goes on runs what is left", lambda: in_checkout(runs_what_is_left)),
    ("a matrix that goes on counts what was run before",
     lambda: in_checkout(counts_what_was_run_before)),
    ("a matrix runs one world at a time", lambda: in_checkout(runs_one_by_one)),
    ("a matrix with a failure leaves docs/tested.md as it is",
     lambda: in_checkout(keeps_the_page_after_a_failure)),
    ("world/check without a part fails, and its last line counts", says_nothing_was_checked),
]


if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
