# SPDX-License-Identifier: GPL-2.0-only
"""What a frame of a guest's window costs dom0, beside waypipe and a window of dom0's own."""

from dataclasses import dataclass

from figures import Counted, counts_of, load
from profile_blocks import Section

WORLDS = ("wayland-cost",)
TEST = "test-windows-cost"
FILE = "figures-windows.json"
SIZES = ("256x256", "640x480", "1920x1080")


@dataclass(frozen=True)
class Row:
    """One of a pair of measurements: few frames and many, of the same case."""

    what: str
    way: str
    size: str
    n: int      # frames; seconds where there are none
    us: int
    # CPU time of dom0 and of the guest; messages have none
    dom0_us: int = 0
    guest_us: int = 0


@dataclass(frozen=True)
class Frame(Counted):
    """What a frame costs in one case, as many cost more than few: without begin and end."""

    world: str
    way: str
    size: str
    us: float
    dom0_us: float
    guest_us: float
    # Instructions of dom0's processor, and of the guest's, which bench/count.c adds
    xen: int | None
    kernel: int | None
    user: int | None
    other: int | None


@dataclass(frozen=True)
class Step:
    """How much more many frames cost than few."""

    way: str
    size: str
    n: int
    us: int
    dom0_us: int
    guest_us: int
    counts: tuple[int, int, int, int] | None    # Xen, kernel, programs, other processors


def read(name: str, folder: str) -> list[Frame]:
    """The frames of one world's file; none if it was not measured."""
    raw = load(folder, FILE)
    if raw is None:
        return []
    found = [Row(**row) for row in raw["rows"]]
    # messages come last; they are for bench/latency.py
    rows = [row for row in found if row.what == "frame"]
    if len(rows) % 2:
        raise ValueError(f"{folder}: {len(rows)} measurements are no pairs")
    counts = counts_of(folder, len(found))
    steps = [step(rows[at:at + 2], counts[at:at + 2]) for at in range(0, len(rows), 2)]
    idle = next((one for one in steps if one.way == "none"), None)
    if not idle:
        raise ValueError(f"{folder}/{FILE}: how much the machine does anyway was not measured")
    return [frame(name, one, idle) for one in steps if one is not idle]


def step(pair: list[Row], counts: list[Section]) -> Step:
    few, many = pair
    if (few.way, few.size) != (many.way, many.size) or few.n >= many.n:
        raise ValueError(f"{few.way}, {few.size}: no pair of few frames and many")
    more = None
    if counts:
        a, b = counts
        more = (b.xen - a.xen, b.kernel - a.kernel, b.user - a.user, b.other - a.other)
    return Step(few.way, few.size, many.n - few.n, many.us - few.us,
                many.dom0_us - few.dom0_us, many.guest_us - few.guest_us, more)


def frame(world: str, one: Step, idle: Step) -> Frame:
    each: list[int | None] = [None] * 4
    share = one.us / idle.us
    if one.counts and idle.counts:
        each = [round((spent - without * share) / one.n)
                for spent, without in zip(one.counts, idle.counts)]
    return Frame(world, one.way, one.size, one.us / one.n,
                 (one.dom0_us - idle.dom0_us * share) / one.n,
                 (one.guest_us - idle.guest_us * share) / one.n, *each)


def find(frames: list[Frame], way: str, size: str) -> Frame | None:
    for one in frames:
        if (one.way, one.size) == (way, size):
            return one
    return None
