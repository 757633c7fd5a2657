# SPDX-License-Identifier: GPL-2.0-only
"""What a flip costs the display daemon: figures of the tests that measure it."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

from profile_blocks import Section, sections


@dataclass(frozen=True)
class Measured:
    """What measures in a world: its test, and the file that this leaves."""

    test: str
    file: str


WORLDS = {
    "displd": Measured("test-displd-cost", "figures.json"),
    "displd-screens": Measured("test-displd-cost-kms", "figures-kms.json"),
    "displd-many": Measured("test-displd-cost-guests", "figures-guests.json"),
}


@dataclass(frozen=True)
class Row:
    """What was measured of one case, or while nobody flipped; None: not measured there."""

    guests: int
    size: str
    how: str
    flips: int
    ms: int
    daemon_us: int | None
    dom0_us: int | None
    hypercalls: int | None


@dataclass(frozen=True)
class Flip:
    """What a flip costs in one case; None: not measured."""

    world: str
    output: str
    guests: int
    size: str
    how: str
    flips: int
    ms: int
    daemon_us: int | None
    dom0_us: int | None
    hypercalls: int | None
    # Instructions a flip, which bench/count.c adds: Xen's, those of dom0's kernel and programs
    xen: int | None
    kernel: int | None
    user: int | None

    @property
    def instructions(self) -> int | None:
        """All of them."""
        if self.xen is None or self.kernel is None or self.user is None:
            return None
        return self.xen + self.kernel + self.user


Value = Callable[[Flip], float | None]
# A world, how many guests flip, and the size
Case = tuple[str, int, str]


def read(name: str, folder: str) -> list[Flip]:
    """The flips of one world's file; none if it was not measured."""
    path = os.path.join(folder, WORLDS[name].file)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        raw = json.load(file)
    rows = [Row(**row) for row in raw["rows"]]
    counts = sections(folder)
    if counts and len(counts) != len(rows):
        raise ValueError(f"{folder}: {len(counts)} sections, {len(rows)} measurements")
    flips = []
    idle, idle_count = Row(0, "-", "idle", 0, 0, None, None, None), None
    for at, row in enumerate(rows):
        count = counts[at] if counts else None
        if row.how == "idle":
            idle, idle_count = row, count
            continue
        flips.append(Flip(name, raw["output"], row.guests, row.size, row.how, row.flips, row.ms,
                          row.daemon_us, row.dom0_us, row.hypercalls,
                          *per_flip(row, count, idle, idle_count)))
    return flips


def per_flip(row: Row, count: Section | None, idle: Row,
             idle_count: Section | None) -> tuple[int | None, int | None, int | None]:
    """Instructions a flip, less those of so long without flips: Xen, kernel, programs."""
    if not count or not idle_count:
        return None, None, None

    def one(all_of_them: int, without: int) -> int:
        return round((all_of_them - without * row.ms / idle.ms) / row.flips)

    return (one(count.xen, idle_count.xen), one(count.kernel, idle_count.kernel),
            one(count.user, idle_count.user))


def find(flips: list[Flip], case: Case, how: str) -> Flip | None:
    for flip in flips:
        if (flip.world, flip.guests, flip.size) == case and flip.how == how:
            return flip
    return None


def ratio(flips: list[Flip], value: Value, less: Case, more: Case,
          how: str = "zero-copy") -> float | None:
    """What a flip without a copy costs against one of another case; None if not measured.

    how: of the other case
    """
    first, second = find(flips, less, how), find(flips, more, "zero-copy")
    if not first or not second:
        return None
    before, after = value(first), value(second)
    return after / before if before and after is not None else None
