# SPDX-License-Identifier: GPL-2.0-only
"""The matrix: a run of every world, which may be interrupted and gone on with."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import result
import tested
from parts import Part, Parts
from result import Count, Result
from say import Failure

RUN = "world/run"
TABLE = "build/matrix.md"
PROGRESS = "build/matrix.json"
PAGE = "docs/tested.md"


def result_of(world: str) -> str:
    """The file that a world's run leaves."""
    return os.path.join(left_by(world), result.NAME)


def left_by(world: str) -> str:
    return os.path.join("build/world", world)


@dataclass
class Progress:
    """What of a matrix has been run, of one commit."""

    commit: str
    seconds: int = 0            # of all parts together
    interrupted: int = 0        # how often
    worlds: dict[str, Result | None] = field(default_factory=dict)      # that have ended

    @property
    def failed(self) -> int:
        return sum(run.failed if run and run.boots else 1 for run in self.worlds.values())

    def save(self, path: str) -> None:
        result.save(path, asdict(self))


def read(path: str) -> Progress | None:
    """What a matrix has left; None if there is nothing whole."""
    found: dict[str, Any] = result.read_object(path)
    try:
        found["worlds"] = {name: Result(**run) if run else None
                           for name, run in found["worlds"].items()}
        return Progress(**found)
    except (AttributeError, KeyError, TypeError):
        return None


def checked_out() -> str:
    """The commit, if the files are those of it but for the page; else empty."""
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL)
        return done.stdout.strip() if not done.returncode else "?"

    changed = git("status", "--porcelain", "--", ".", f":!{PAGE}")
    return "" if changed else git("rev-parse", "HEAD")


def begin(path: str, resume: bool) -> Progress:
    """A new matrix, or the one that was interrupted."""
    commit = checked_out()
    if not resume:
        return Progress(commit)
    progress = read(path)
    if not progress:
        raise Failure("RESUME=1: no matrix was interrupted here")
    if not commit:
        raise Failure("RESUME=1: files differ from the commit (see git status)")
    if progress.commit != commit:
        raise Failure(f"RESUME=1: the matrix was begun on commit {progress.commit or '?'}, and "
                      f"{commit} is checked out")
    progress.interrupted += 1
    return progress


@contextlib.contextmanager
def recording(progress: Progress, parts: Parts, path: str) -> Iterator[None]:
    """Save each world's result as soon as it has ended; not of those that are interrupted."""
    began, before = time.monotonic(), progress.seconds

    def record(part: Part) -> None:
        run = result.read(left_by(part.name))
        progress.worlds[part.name] = run if run and run.passed + run.failed else None
        progress.seconds = before + int(time.monotonic() - began)
        progress.save(path)

    parts.when_ended = record
    try:
        yield
        parts.finish()
    finally:
        parts.when_ended = None


def ended(world: str, its: Result | None) -> Part:
    """A world that an earlier part of the matrix has run."""
    if not its or not its.boots:
        return Part(world, Count(0, 1), 0)
    return Part(world, Count(its.passed, its.failed), its.seconds)


def start(parts: Parts, name: str) -> None:
    parts.start(name, [RUN, "--world", name], result_of(name))


def run(parts: Parts, every: list[str], asked: list[str], resume: bool) -> None:
    """Every world, or only those that are asked for, and the table of them.

    One at a time: a machine keeps up to two processors busy, and tests have limits of
    users and of stock drivers, which one with half a processor exceeds.
    """
    progress = begin(PROGRESS, resume)
    names = asked or every
    left = [name for name in names if name not in progress.worlds]
    path = PROGRESS if not asked else os.path.join("build", "matrix-part.json")
    if resume:
        # They count, and a failure among them is one of the whole
        parts.ended += [ended(name, its) for name, its in progress.worlds.items()]
        parts.say(f"{len(progress.worlds)} worlds have been run, {len(left)} are left.")
    progress.save(path)
    with recording(progress, parts, path):
        for name in left:
            start(parts, name)
            parts.finish()
    rows = tested.table({name: progress.worlds[name] for name in names})
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write(rows)
    parts.say("\n" + rows.rstrip())
    if asked:
        parts.say(f"Only a run of all worlds makes {PAGE}.")
    elif progress.failed:
        parts.say(f"{PAGE} stays as it is, as {progress.failed} checks failed.")
    else:
        write_page(progress, rows)
        parts.say(f"The table is in {PAGE}.")


def write_page(progress: Progress, rows: str) -> None:
    with open("VERSION", encoding="utf-8") as file:
        version = file.read().strip()
    page = tested.page(rows, tested.Run(
        version=version, commit=progress.commit, processors=len(os.sched_getaffinity(0)),
        seconds=progress.seconds, interrupted=progress.interrupted))
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(page)
