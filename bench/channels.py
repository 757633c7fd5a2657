# SPDX-License-Identifier: GPL-2.0-only
"""What channels cost dom0, beside libxenvchan and copies: the figures of test-channel-cost."""

import json
import os
from dataclasses import dataclass

from profile_blocks import Section, sections

WORLDS = ("channel",)
TEST = "test-channel-cost"
FILE = "figures-channel.json"
SIZES = ("640x480", "1920x1080", "3840x2160")


@dataclass(frozen=True)
class Cost:
    """What one of n costs: a message there and back, a MiB, a picture."""

    world: str
    what: str
    way: str
    size: str
    n: int
    us: int
    # Instructions of dom0's processor, which bench/count.c adds
    xen: int | None
    kernel: int | None
    user: int | None

    @property
    def instructions(self) -> int | None:
        """All of them."""
        if self.xen is None or self.kernel is None or self.user is None:
            return None
        return self.xen + self.kernel + self.user

    @property
    def each_us(self) -> float:
        return self.us / self.n


def read(name: str, folder: str) -> list[Cost]:
    """The costs of one world's file; none if it was not measured."""
    path = os.path.join(folder, FILE)
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    counts: list[Section] = sections(folder)
    if counts and len(counts) != len(rows):
        raise ValueError(f"{folder}: {len(counts)} sections, {len(rows)} measurements")
    costs = []
    idle = next((at for at, row in enumerate(rows) if row["what"] == "idle"), None)
    if idle is None:
        raise ValueError(f"{path}: how much the machine does anyway was not measured")
    for at, row in enumerate(rows):
        one = each(row, counts[at], rows[idle], counts[idle]) if counts else (None,) * 3
        costs.append(Cost(name, row["what"], row["way"], row["size"], row["n"], row["us"], *one))
    # those that were sent for the first time are no measure
    return [cost for cost in costs if cost.what not in ("first", "idle")]


def each(row: dict[str, int], count: Section, idle: dict[str, int],
         idle_count: Section) -> tuple[int, int, int]:
    """Instructions of one, less those of so long without work: Xen, kernel, programs."""
    share = row["us"] / idle["us"]

    def one(all_of_them: int, without: int) -> int:
        return round((all_of_them - without * share) / row["n"])

    return (one(count.xen, idle_count.xen), one(count.kernel, idle_count.kernel),
            one(count.user, idle_count.user))


def find(costs: list[Cost], what: str, way: str, size: str) -> Cost | None:
    for cost in costs:
        if (cost.what, cost.way, cost.size) == (what, way, size):
            return cost
    return None


def instructions_ratio(more: Cost | None, less: Cost | None) -> float | None:
    if not more or not less or not more.instructions or not less.instructions:
        return None
    return more.instructions / less.instructions


def time_ratio(more: Cost | None, less: Cost | None) -> float | None:
    return more.each_us / less.each_us if more and less and less.us else None
