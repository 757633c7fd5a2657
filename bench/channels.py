# SPDX-License-Identifier: GPL-2.0-only
"""What channels cost dom0, beside libxenvchan, its proxy and copies."""

from dataclasses import dataclass

from figures import Counted, Measured, counts_of, load, per_one
from profile_blocks import Section

WORLDS = {
    "channel": Measured("test-channel-cost", "figures-channel.json"),
    "channel-unixfd": Measured("test-channel-unixfd", "figures-unixfd.json"),
}
# Messages and bytes go all of these
WAYS = ("channel", "libxenvchan", "vchan-socket-proxy")
# How fast frames can come: their instructions drown in those of programs that begin and end
PACE = "pace"
SIZES = ("640x480", "1920x1080", "3840x2160")


@dataclass(frozen=True)
class Cost(Counted):
    """What one of n costs: a message there and back, a MiB, a picture."""

    world: str
    what: str
    way: str
    size: str
    n: int
    us: int
    cpu_us: float | None    # of dom0, for one; None: not measured
    # Instructions of one
    xen: int | None
    kernel: int | None
    user: int | None

    @property
    def each_us(self) -> float:
        return self.us / self.n


@dataclass(frozen=True)
class Row:
    """What was measured of one case."""

    what: str
    way: str
    size: str
    n: int
    us: int
    cpu_us: int | None = None   # of dom0

    def less(self, few: "Row") -> "Row":
        """Without what few cost, too: the beginning and the end of programs."""
        cpu = None if self.cpu_us is None or few.cpu_us is None else self.cpu_us - few.cpu_us
        return Row(self.what, self.way, self.size, self.n - few.n, self.us - few.us, cpu)

    def same_case(self, other: "Row") -> bool:
        return (self.what, self.way, self.size) == (other.what, other.way, other.size)


def read(name: str, folder: str) -> list[Cost]:
    """The costs of one world's file; none if it was not measured."""
    raw = load(folder, WORLDS[name].file)
    if raw is None:
        return []
    rows, counts = without_ends([Row(**row) for row in raw["rows"]],
                                counts_of(folder, len(raw["rows"])))
    idle = next((at for at, row in enumerate(rows) if row.what == "idle"), None)
    if idle is None:
        raise ValueError(f"{folder}: how much the machine does anyway was not measured")
    costs = [cost(name, row, counts[at] if counts else None, rows[idle],
                  counts[idle] if counts else None) for at, row in enumerate(rows)]
    # those that were sent for the first time are no measure
    return [one for one in costs if one.what not in ("first", "idle")]


def without_ends(rows: list[Row],
                 counts: list[Section]) -> tuple[list[Row], list[Section]]:
    """Few of a case and then many of it become what the many cost more than the few."""
    kept: list[Row] = []
    their: list[Section] = []
    for at, row in enumerate(rows):
        pair = at > 0 and row.same_case(rows[at - 1])
        if pair:
            row = row.less(kept.pop())
        kept.append(row)
        if counts:
            count = counts[at]
            their.append(count.less(their.pop()) if pair else count)
    return kept, their


def cost(world: str, row: Row, count: Section | None, idle: Row,
         idle_count: Section | None) -> Cost:
    """Of one, less what so long without work costs."""
    share = row.us / idle.us
    one: tuple[int | None, int | None, int | None] = (None,) * 3
    if count and idle_count and row.what != PACE:
        one = per_one(count, idle_count, share, row.n)
    cpu = None if row.cpu_us is None or idle.cpu_us is None \
        else (row.cpu_us - idle.cpu_us * share) / row.n
    return Cost(world, row.what, row.way, row.size, row.n, row.us, cpu, *one)


def find(costs: list[Cost], what: str, way: str, size: str) -> Cost | None:
    for cost in costs:
        if (cost.what, cost.way, cost.size) == (what, way, size):
            return cost
    return None


def time_ratio(more: Cost | None, less: Cost | None) -> float | None:
    return more.each_us / less.each_us if more and less and less.us else None
