# SPDX-License-Identifier: GPL-2.0-only
"""From a key to what a program shows for it, in a guest's window and in one of dom0's own."""

from dataclasses import dataclass

import windows
from figures import load

HERE, GUEST = "dom0", "guest"
# "at most 1.3 times dom0's own, and two messages of a channel"
FACTOR = 1.3


@dataclass(frozen=True)
class Latency:
    """The median of a number of keys, from the compositor's sending it to the commit."""

    world: str
    where: str
    n: int      # keys
    us: int


def read(name: str, folder: str) -> list[Latency]:
    """Of one world's file; none if it was not measured.  The channel's has no window."""
    found = load(folder, windows.FILE)
    if found is None:
        return []
    rows = [Latency(name, row["where"], row["n"], row["us"])
            for row in found.get("latency", [])]
    return rows + [Latency(name, "64 bytes through a channel, and back", row["n"],
                           row["us"] // row["n"])
                   for row in found["rows"] if row["what"] == "message"]


def against_local(rows: list[Latency]) -> float | None:
    """A guest's against what it may be."""
    us = {row.where: row.us for row in rows}
    both = [us.get(where) for where in (HERE, GUEST)]
    messages = sum(row.us for row in rows if row.where not in (HERE, GUEST))
    local, guest = both
    if not local or not guest or not messages:
        return None
    return guest / (FACTOR * local + messages)
