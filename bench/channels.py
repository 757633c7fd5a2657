# SPDX-License-Identifier: GPL-2.0-only
"""What channels cost dom0, beside libxenvchan, its proxy and copies (test-channel-cost)."""

from dataclasses import dataclass

from figures import Counted, counts_of, load, per_one

WORLDS = ("channel",)
TEST = "test-channel-cost"
FILE = "figures-channel.json"
# Messages and bytes go all of these
WAYS = ("channel", "libxenvchan", "vchan-socket-proxy")
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
    # Instructions of one
    xen: int | None
    kernel: int | None
    user: int | None

    @property
    def each_us(self) -> float:
        return self.us / self.n


def read(name: str, folder: str) -> list[Cost]:
    """The costs of one world's file; none if it was not measured."""
    raw = load(folder, FILE)
    if raw is None:
        return []
    rows = raw["rows"]
    counts = counts_of(folder, len(rows))
    costs = []
    idle = next((at for at, row in enumerate(rows) if row["what"] == "idle"), None)
    if idle is None:
        raise ValueError(f"{folder}/{FILE}: how much the machine does anyway was not measured")
    for at, row in enumerate(rows):
        one = per_one(counts[at], counts[idle], row["us"] / rows[idle]["us"],
                      row["n"]) if counts else (None,) * 3
        costs.append(Cost(name, row["what"], row["way"], row["size"], row["n"], row["us"], *one))
    # those that were sent for the first time are no measure
    return [cost for cost in costs if cost.what not in ("first", "idle")]


def find(costs: list[Cost], what: str, way: str, size: str) -> Cost | None:
    for cost in costs:
        if (cost.what, cost.way, cost.size) == (what, way, size):
            return cost
    return None


def time_ratio(more: Cost | None, less: Cost | None) -> float | None:
    return more.each_us / less.each_us if more and less and less.us else None
