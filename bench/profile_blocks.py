# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions went: what count.so wrote, by function."""

import bisect
import collections
import os
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """Instructions from one mark of the benchmark's to the next."""

    mark: int
    xen: int
    kernel: int
    user: int
    other: int      # of other processors

    @property
    def all(self) -> int:
        return self.xen + self.kernel + self.user

    def less(self, few: "Section") -> "Section":
        return Section(self.mark, self.xen - few.xen, self.kernel - few.kernel,
                       self.user - few.user, self.other - few.other)


class Symbols:
    """Names of addresses, from lists as /proc/kallsyms has them."""

    def __init__(self, paths: Iterable[str]) -> None:
        found: dict[int, str] = {}
        for path in paths:
            if not os.path.exists(path):
                continue
            with open(path, encoding="utf-8", errors="replace") as file:
                for line in file:
                    fields = line.split()
                    # Xen's list names the text section as kallsyms does
                    if len(fields) >= 3 and fields[1] in "tTwW":
                        found.setdefault(int(fields[0], 16), fields[2])
        self.addresses = sorted(found)
        self.names = [found[address] for address in self.addresses]

    def name(self, address: int) -> str:
        if address < 1 << 47:
            return "(user space)"
        k = bisect.bisect_right(self.addresses, address) - 1
        if k < 0 or address - self.addresses[k] > 1 << 20:
            return f"{address:x}"
        return self.names[k]


def sections(folder: str) -> list[Section]:
    """The counts of each section, in order; none if nothing counted."""
    path = os.path.join(folder, "sections")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [Section(*(int(word) for word in line.split())) for line in file]


def profile(folder: str, symbols: Symbols) -> dict[int, collections.Counter[str]]:
    """For each mark, how many instructions each function took in all."""
    marks: dict[int, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    path = os.path.join(folder, "blocks")
    if not os.path.exists(path):
        return marks
    with open(path, encoding="utf-8") as file:
        for line in file:
            mark, address, count = line.split()
            marks[int(mark)][symbols.name(int(address, 16))] += int(count)
    return marks
