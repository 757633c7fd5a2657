# SPDX-License-Identifier: GPL-2.0-only
"""What one world's benchmarks gave: times, instructions, a profile."""

import json
import os

import display
import profile_blocks

FRAME = 8100        # pages of 3840x2160
BATCH = 512         # grant operations in one hypercall
# tools/bench/*.c: the marks of what is looked into, at FRAME pages
MARKS = {
    "map xen-dmabuf": 1, "release xen-dmabuf": 2, "map bare calls": 3, "release bare calls": 4,
    "map gntdev": 5, "release gntdev": 6, "grant xen-dmabuf": 9, "revoke xen-dmabuf": 10,
    "grant bare calls": 11, "revoke bare calls": 12, "grant xen-dmabuf, system memory": 13,
    "revoke xen-dmabuf, system memory": 14, "map gntdev's dma-buf calls": 21,
    "release gntdev's dma-buf calls": 22,
}
TOP = 12            # functions of each
LARGE = 32400       # pages: what a smaller share holds drowns in the noise


def median(values):
    return sorted(values)[len(values) // 2]


def least(counts):
    """The round that was disturbed least: interrupts only ever add."""
    return min(counts, key=lambda c: c["xen"] + c["kernel"] + c["user"])


def read_world(name, folder):
    """Everything of one world, ready for results.json."""
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        raw = json.load(file)
    sections = profile_blocks.sections(folder)
    if sections and len(sections) != raw["sections"]:
        raise ValueError(f"{name}: {raw['sections']} sections were timed and "
                         f"{len(sections)} counted")
    series = []
    for one in raw["series"]:
        row = {key: one[key] for key in ("what", "how", "pages", "live", "hypercalls", "copied")
               if key in one}
        row["rounds"] = len(one["ns"])
        row["us"] = round(median(one["ns"]) / 1000, 1)
        row["us_least"] = round(min(one["ns"]) / 1000, 1)
        if sections:
            row["instructions"] = least([sections[k] for k in one["sections"]])
        series.append(row)
    symbols = profile_blocks.Symbols([os.path.join(folder, "kallsyms"),
                                      os.path.join(folder, "xensyms")])
    counted = profile_blocks.profile(folder, symbols) if sections else {}
    profiles = {
        key: [[function, round(count / raw["rounds"] / FRAME, 1)]
              for function, count in counted[mark].most_common(TOP)]
        for key, mark in MARKS.items() if mark in counted
    }
    return {"world": name, "linux": raw["linux"], "machine": raw["machine"], "pv": raw["pv"],
            "rounds": raw["rounds"], "peers": raw["peers"], "series": series,
            "held": [row for row in raw["held"] if row["pages"] >= LARGE],
            "profiles": profiles, "reclaim": read_reclaim(folder)}


def read_reclaim(folder):
    """How long the granting end took for its pages once dom0 had let go."""
    path = os.path.join(folder, "reclaim")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        pages, milliseconds, passes = (int(word) for word in file.read().split())
    return {"pages": pages, "ms": milliseconds, "passes": passes}


def find(world, what, how, pages, live=0):
    for row in world["series"]:
        if (row["what"], row["how"], row["pages"], row["live"]) == (what, how, pages, live):
            return row
    return None


def cost(row):
    """Instructions if they were counted, microseconds otherwise."""
    if "instructions" in row:
        counts = row["instructions"]
        return counts["xen"] + counts["kernel"] + counts["user"]
    return row["us"]


def cost_of(world, steps, how, pages, live=0):
    """Of all these steps together; None if one was not measured."""
    rows = [find(world, what, how, pages, live) for what in steps]
    return sum(cost(row) for row in rows) if all(rows) else None


def time_of(world, steps, how, pages):
    rows = [find(world, what, how, pages) for what in steps]
    return sum(row["us_least"] for row in rows) if all(rows) else None


MAPPING = ("map", "release")
GRANTING = ("grant", "revoke")


def ratio(world, steps, ours, other, pages=FRAME):
    a = cost_of(world, steps, ours, pages)
    b = cost_of(world, steps, other, pages)
    return a / b if a and b else None


def time_ratio(world, steps, ours, other, pages=FRAME):
    a = time_of(world, steps, ours, pages)
    b = time_of(world, steps, other, pages)
    return a / b if a and b else None


def held(world, what, how):
    for row in world["held"]:
        if (row["what"], row["how"]) == (what, how):
            return row["bytes"] / row["pages"]
    return None


def goal(world, text, limit, value, unit="", note=""):
    """One line of the table of goals; None means not measured."""
    return {"world": world["world"], "goal": text, "limit": limit, "value": value,
            "unit": unit, "note": note,
            "met": None if value is None else value <= limit}


def goals(world):
    """The goals, each with what was measured."""
    pv = world["pv"]
    frame = FRAME if find(world, "map", "xen-dmabuf", FRAME) else 0
    calls = None
    if frame:
        calls = sum(find(world, what, "xen-dmabuf", frame).get("hypercalls", 0)
                    for what in MAPPING)

    def timed(steps, ours, other):
        value = time_ratio(world, steps, ours, other)
        return f"in time {value:.2f}" if value else ""

    small = cost_of(world, ("frame",), "xen-dmabuf, shared", 300)
    large = cost_of(world, ("frame",), "xen-dmabuf, shared", 2025)

    def crowded(steps, how):
        few, many = (cost_of(world, steps, how, 1, live) for live in (100, 10000))
        return many / few if few and many else None

    reclaim = world["reclaim"]
    # arch/arm/xen/p2m.c allocates an entry for each foreign page, whoever maps it
    p2m = "up to 64 of them are the kernel's p2m" if world["machine"] == "aarch64" else ""
    rows = [
        goal(world, "MAP and release, against the bare calls", 1.1,
             ratio(world, MAPPING, "xen-dmabuf", "bare calls"),
             note=timed(MAPPING, "xen-dmabuf", "bare calls")),
        goal(world, "MAP and release, against gntdev's ioctl, mmap, munmap",
             0.65 if pv else 1.0, ratio(world, MAPPING, "xen-dmabuf", "gntdev"),
             note=timed(MAPPING, "xen-dmabuf", "gntdev")),
        goal(world, "GRANT and release, against the bare calls; system heap", 1.2,
             ratio(world, GRANTING, "xen-dmabuf, system memory", "bare calls"),
             note=timed(GRANTING, "xen-dmabuf, system memory", "bare calls")),
        goal(world, "the same; an sg table with an entry for each page", 1.2,
             ratio(world, GRANTING, "xen-dmabuf", "bare calls"),
             note=timed(GRANTING, "xen-dmabuf", "bare calls")),
        goal(world, f"hypercalls for MAP and release of {FRAME} pages",
             2 * -(-FRAME // BATCH) + 4, calls),
        # One pass: a second at most until it begins, and its holder's end
        goal(world, "until revoked pages are back, once the peer has let go", 5,
             reclaim["ms"] / 1000 if reclaim else None, "s",
             f"{reclaim['pages']} pages; stock kernel: {reclaim['pages'] // 10:,} s"
             if reclaim else ""),
        # A second one if the first came while the peer was letting go
        goal(world, "passes over the references that this takes", 2,
             reclaim["passes"] if reclaim else None),
        goal(world, "kernel memory while shared, mapping end", 24,
             held(world, "map", "xen-dmabuf"), "bytes a page", p2m),
        goal(world, "the same with a user mapping", 28 if pv else 24,
             held(world, "map", "xen-dmabuf and mmap"), "bytes a page",
             p2m or "8 of them are page tables"),
        goal(world, "kernel memory while shared, granting end", 8,
             held(world, "grant", "xen-dmabuf"), "bytes a page"),
        goal(world, "work per frame that stays shared, 1080p against 640x480", 1.02,
             large / small if small and large else None),
        goal(world, "MAP and release beside 10,000 live shares, against 100", 1.1,
             crowded(MAPPING, "xen-dmabuf")),
        goal(world, "GRANT and release beside 10,000 live shares, against 100", 1.1,
             crowded(GRANTING, "xen-dmabuf, system memory")),
    ]
    return rows


def display_goals(flips):
    """The display daemon's, of flips without a copy; none where they were not measured."""
    sizes = ("displd", 1, "640x480"), ("displd", 1, "1920x1080")
    guests = ("displd-many", 1, "1920x1080"), ("displd-many", 8, "1920x1080")
    time = display.ratio(flips, lambda row: row["daemon_us"], *sizes)
    found = [
        ("displd", "dom0's instructions per flip without a copy, 1080p against 640x480",
         display.ratio(flips, display.instructions, *sizes),
         f"the daemon's time {time:.2f}" if time else ""),
        ("displd", "its hypercalls, the same",
         display.ratio(flips, lambda row: row["hypercalls"], *sizes), ""),
        ("displd-many", "its instructions per flip, eight guests against one",
         display.ratio(flips, display.instructions, *guests), ""),
    ]
    measured = {row["world"] for row in flips}
    return [goal({"world": world}, text, 1.1, value, note=note)
            for world, text, value, note in found if world in measured]
