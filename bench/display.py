# SPDX-License-Identifier: GPL-2.0-only
"""What a flip costs the display daemon: figures of the tests that measure it."""

import os
import re

import profile_blocks

# A world, its test that measures, and the file that this leaves
WORLDS = {
    "displd": ("test-displd-cost", "figures.txt"),
    "displd-screens": ("test-displd-cost-kms", "figures-kms.txt"),
    "displd-many": ("test-displd-cost-guests", "figures-guests.txt"),
}
COLUMNS = ("guests", "size", "how", "flips", "ms", "daemon_us", "dom0_us", "hypercalls")
# and the instructions that bench/count.c adds: Xen's, those of dom0's kernel and programs
COUNTED = ("xen", "kernel", "user")


def read(name, folder):
    """The rows of one world's file; none if it was not measured."""
    path = os.path.join(folder, WORLDS[name][1])
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        title, _, *lines = file.read().splitlines()
    output = re.search(r"\((.*), [^,]*\)$", title).group(1)
    counts = profile_blocks.sections(folder)
    if counts and len(counts) != len(lines):
        raise ValueError(f"{folder}: {len(counts)} sections, {len(lines)} measurements")
    rows = []
    for line, count in zip(lines, counts or [None] * len(lines)):
        row = dict(zip(COLUMNS, line.split()))
        for key, value in row.items():
            if key not in ("size", "how"):
                row[key] = None if value == "-" else int(value)
        if row["how"] == "idle":
            idle = row["ms"], count
            continue
        rows.append({"world": name, "output": output} | row | per_flip(row, count, *idle))
    return rows


def per_flip(row, count, idle_ms, idle):
    """Instructions of dom0 a flip, less those of so long without flips."""
    if not count:
        return dict.fromkeys(COUNTED)
    return {key: round((count[key] - idle[key] * row["ms"] / idle_ms) / row["flips"])
            for key in COUNTED}


def instructions(row):
    """All of them, or None."""
    return None if row["user"] is None else sum(row[key] for key in COUNTED)


def find(rows, world, guests, size, how):
    for row in rows:
        if (row["world"], row["guests"], row["size"], row["how"]) == (world, guests, size, how):
            return row
    return None


def ratio(rows, value, less, more):
    """What a flip without a copy costs in one case against another; None if not measured.

    A case is a world, the number of guests, and the size."""
    first, second = (find(rows, *case, "zero-copy") for case in (less, more))
    if not first or not second or not value(first) or value(second) is None:
        return None
    return value(second) / value(first)
