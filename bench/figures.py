# SPDX-License-Identifier: GPL-2.0-only
"""What the figures of all measurements have in common: a world's file, and its instructions."""

import json
import os
from dataclasses import dataclass
from typing import Any

from profile_blocks import Section, sections


@dataclass(frozen=True)
class Measured:
    """What measures in a world: its test, and the file that this leaves."""

    test: str
    file: str


class Counted:
    """Instructions of dom0's processor, which bench/count.c adds; None: not counted."""

    xen: int | None
    kernel: int | None
    user: int | None

    @property
    def instructions(self) -> int | None:
        """All of them."""
        if self.xen is None or self.kernel is None or self.user is None:
            return None
        return self.xen + self.kernel + self.user


def load(folder: str, name: str) -> dict[str, Any] | None:
    """What a test has left in a world's folder; None if it was not measured."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        raw: dict[str, Any] = json.load(file)
    return raw


def counts_of(folder: str, rows: int) -> list[Section]:
    """The instructions of each of so many measurements; none if nothing counted."""
    counts = sections(folder)
    if counts and len(counts) != rows:
        raise ValueError(f"{folder}: {len(counts)} sections, {rows} measurements")
    return counts


def per_one(count: Section, idle: Section, share: float, n: int) -> tuple[int, int, int]:
    """Instructions of one of n, less those of so long without work: Xen, kernel, programs.

    share: how long the n took, in times of idle
    """
    def one(all_of_them: int, without: int) -> int:
        return round((all_of_them - without * share) / n)

    return one(count.xen, idle.xen), one(count.kernel, idle.kernel), one(count.user, idle.user)


def ratio(more: Counted | None, less: Counted | None) -> float | None:
    """How many times as many instructions of dom0's."""
    if not more or not less or not more.instructions or not less.instructions:
        return None
    return more.instructions / less.instructions
