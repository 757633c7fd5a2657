# SPDX-License-Identifier: GPL-2.0-only
"""What a flip costs the display daemon: figures of the tests that measure it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from figures import Counted, Measured, counts_of, load, per_one
from profile_blocks import Section


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
    # How many there were of each number, flips or not
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Flip(Counted):
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
    # Instructions a flip: Xen's, those of dom0's kernel and programs
    xen: int | None
    kernel: int | None
    user: int | None
    # Hypercalls a flip, by their number
    kinds: dict[int, float]


Value = Callable[[Flip], float | None]
# A world, how many guests flip, and the size
Case = tuple[str, int, str]


def read(name: str, folder: str) -> list[Flip]:
    """The flips of one world's file; none if it was not measured."""
    raw = load(folder, WORLDS[name].file)
    if raw is None:
        return []
    rows = [Row(**row) for row in raw["rows"]]
    counts = counts_of(folder, len(rows))
    flips = []
    idle, idle_count = Row(0, "-", "idle", 0, 0, None, None, None), None
    for at, row in enumerate(rows):
        count = counts[at] if counts else None
        if row.how == "idle":
            idle, idle_count = row, count
            continue
        flips.append(Flip(name, raw["output"], row.guests, row.size, row.how, row.flips, row.ms,
                          row.daemon_us, row.dom0_us, row.hypercalls,
                          *per_flip(row, count, idle, idle_count), kinds_of(row, idle)))
    return flips


def per_flip(row: Row, count: Section | None, idle: Row,
             idle_count: Section | None) -> tuple[int | None, int | None, int | None]:
    """Instructions a flip, less those of so long without flips: Xen, kernel, programs."""
    if not count or not idle_count:
        return None, None, None
    return per_one(count, idle_count, row.ms / idle.ms, row.flips)


def kinds_of(row: Row, idle: Row) -> dict[int, float]:
    """Hypercalls a flip by their number, less those of so long without flips."""
    share = row.ms / idle.ms if idle.ms else 0
    return {int(number): (times - idle.kinds.get(number, 0) * share) / row.flips
            for number, times in row.kinds.items()}


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
