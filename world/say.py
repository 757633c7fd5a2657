# SPDX-License-Identifier: GPL-2.0-only
"""Prints progress on standard error, and remembers how long each step took."""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

START = time.monotonic()


@dataclass(frozen=True)
class Step:
    """One that has ended; times are seconds since the start."""

    text: str
    begin: float
    end: float


STEPS: list[Step] = []


class Failure(Exception):
    """An error that ends the run; its text tells the user what failed and why."""


def since_start() -> float:
    return time.monotonic() - START


def phase(text: str) -> None:
    print(f"[{since_start():6.1f}] {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text: str, hint: str = "") -> Iterator[None]:
    """Announce a step and remember how long it took; steps may overlap."""
    begin = since_start()
    phase(text + hint)
    try:
        yield
    finally:
        STEPS.append(Step(text, begin, since_start()))


def time_table() -> list[str]:
    """Lines that say where the time went."""
    lines = [f"{one.end - one.begin:5.0f} s  {one.text} (from {one.begin:.0f} to {one.end:.0f})"
             for one in sorted(STEPS, key=lambda one: one.begin)]
    return ["where the time went:", *lines, f"{since_start():5.0f} s  all of it"]
