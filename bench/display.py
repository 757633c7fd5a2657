# SPDX-License-Identifier: GPL-2.0-only
"""What a flip costs the display daemon: figures of the tests that measure it."""

import os
import re

# A world, its test that measures, and the file that this leaves
WORLDS = {
    "displd": ("test-displd-cost", "figures.txt"),
    "displd-screens": ("test-displd-cost-kms", "figures-kms.txt"),
    "displd-many": ("test-displd-cost-guests", "figures-guests.txt"),
}
COLUMNS = ("guests", "size", "how", "rate", "daemon_us", "dom0_us", "hypercalls")


def read(name, folder):
    """The rows of one world's file; none if it was not measured."""
    path = os.path.join(folder, WORLDS[name][1])
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        title, _, *lines = file.read().splitlines()
    output = re.search(r"\((.*), [^,]*\)$", title).group(1)
    rows = []
    for line in lines:
        row = dict(zip(COLUMNS, line.split()))
        for key, value in row.items():
            if key not in ("size", "how"):
                row[key] = None if value == "-" else int(value)
        rows.append({"world": name, "output": output} | row)
    return rows


def find(rows, world, guests, size, how):
    for row in rows:
        if (row["world"], row["guests"], row["size"], row["how"]) == (world, guests, size, how):
            return row
    return None


def against_size(rows):
    """Of a flip without a copy: hypercalls and time, 1080p against 640x480."""
    small, large = (find(rows, "displd", 1, size, "zero-copy")
                    for size in ("640x480", "1920x1080"))
    if not small or not large:
        return None, None
    calls = large["hypercalls"] / small["hypercalls"] if small["hypercalls"] else None
    return calls, large["daemon_us"] / small["daemon_us"]
