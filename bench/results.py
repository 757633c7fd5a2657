# SPDX-License-Identifier: GPL-2.0-only
"""What one world's benchmarks gave: times, instructions, a profile."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import channels
import figures
import latency
import windows
import profile_blocks
from channels import Cost
from windows import Frame
from latency import Latency
from display import Case, Flip, Value, find as find_flip, ratio as flip_ratio
from profile_blocks import Section

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
ONE_PAGE = 32       # tools/bench/mark.h: added to a mark, for a share of one page
TOP = 12            # functions of each
LARGE = 32400       # pages: what a smaller share holds drowns in the noise


@dataclass(frozen=True, kw_only=True)
class Row:
    """One step (map, grant ...) done one way to so many pages, of several rounds."""

    what: str
    how: str
    pages: int
    live: int                       # other shares that there were
    hypercalls: int | None
    copied: int | None              # bytes
    rounds: int
    us: float                       # the median
    us_least: float
    instructions: Section | None    # None: not counted

    @property
    def cost(self) -> float:
        """Instructions if they were counted, microseconds otherwise."""
        return self.instructions.all if self.instructions else self.us


@dataclass(frozen=True)
class Held:
    """Kernel memory that a share takes at one end."""

    what: str
    how: str
    pages: int
    bytes: int


@dataclass(frozen=True)
class Reclaim:
    """How long the granting end took for its pages once dom0 had let go."""

    pages: int
    ms: int
    passes: int


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Everything of one world."""

    world: str
    linux: str
    machine: str
    pv: bool
    rounds: int
    peers: int
    series: list[Row]
    held: list[Held]
    profiles: dict[str, list[tuple[str, float]]]    # functions, and instructions a page
    one_page: dict[str, list[tuple[str, float]]]    # the same of a share of one page
    reclaim: Reclaim | None

    @property
    def counted(self) -> bool:
        """Whether instructions were counted."""
        return any(row.instructions for row in self.series)


@dataclass(frozen=True, kw_only=True)
class Goal:
    """One line of the table of goals."""

    world: str
    goal: str
    limit: float
    value: float | None             # None: not measured
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        return None if self.value is None else self.value <= self.limit


# What results.json has only where it was measured
OPTIONAL = ("hypercalls", "copied", "instructions")


def as_json(one: Any) -> dict[str, Any]:
    """A Measured, a Flip or a Goal as results.json has it."""
    found = asdict(one)
    if isinstance(one, Goal):
        found["met"] = one.met
    for row in found.get("series", []):
        for key in OPTIONAL:
            if row[key] is None:
                del row[key]
    return found


def median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def least(counts: Iterable[Section]) -> Section:
    """The round that was disturbed least: interrupts only ever add."""
    return min(counts, key=lambda count: count.all)


def read_row(raw: dict[str, Any], sections: list[Section]) -> Row:
    """A row of bench.json."""
    return Row(what=raw["what"], how=raw["how"], pages=raw["pages"], live=raw["live"],
               hypercalls=raw.get("hypercalls"), copied=raw.get("copied"),
               rounds=len(raw["ns"]), us=round(median(raw["ns"]) / 1000, 1),
               us_least=round(min(raw["ns"]) / 1000, 1),
               instructions=least(sections[k] for k in raw["sections"]) if sections else None)


def read_world(name: str, folder: str) -> Measured:
    """Everything of one world, from the files that its benchmarks left."""
    with open(os.path.join(folder, "bench.json"), encoding="utf-8") as file:
        raw = json.load(file)
    sections = profile_blocks.sections(folder)
    if sections and len(sections) != raw["sections"]:
        raise ValueError(f"{name}: {raw['sections']} sections were timed and "
                         f"{len(sections)} counted")
    symbols = profile_blocks.Symbols([os.path.join(folder, "kallsyms"),
                                      os.path.join(folder, "xensyms")])
    counted = profile_blocks.profile(folder, symbols) if sections else {}

    def profile(pages: int, offset: int) -> dict[str, list[tuple[str, float]]]:
        return {
            key: [(function, round(count / raw["rounds"] / pages, 1))
                  for function, count in counted[mark + offset].most_common(TOP)]
            for key, mark in MARKS.items() if mark + offset in counted
        }

    held = [Held(**row) for row in raw["held"]]
    return Measured(
        world=name, linux=raw["linux"], machine=raw["machine"], pv=raw["pv"],
        rounds=raw["rounds"], peers=raw["peers"],
        series=[read_row(row, sections) for row in raw["series"]],
        held=[row for row in held if row.pages >= LARGE],
        profiles=profile(FRAME, 0), one_page=profile(1, ONE_PAGE),
        reclaim=read_reclaim(folder))


def read_reclaim(folder: str) -> Reclaim | None:
    path = os.path.join(folder, "reclaim")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return Reclaim(*(int(word) for word in file.read().split()))


def find(world: Measured, what: str, how: str, pages: int, live: int = 0) -> Row | None:
    for row in world.series:
        if (row.what, row.how, row.pages, row.live) == (what, how, pages, live):
            return row
    return None


def find_all(world: Measured, steps: Sequence[str], how: str, pages: int,
             live: int = 0) -> list[Row]:
    """A row for each step; none if one was not measured."""
    rows = [find(world, what, how, pages, live) for what in steps]
    found = [row for row in rows if row]
    return found if len(found) == len(rows) else []


def cost_of(world: Measured, steps: Sequence[str], how: str, pages: int,
            live: int = 0) -> float | None:
    """Of all these steps together; None if one was not measured."""
    rows = find_all(world, steps, how, pages, live)
    return sum(row.cost for row in rows) if rows else None


def time_of(world: Measured, steps: Sequence[str], how: str, pages: int) -> float | None:
    rows = find_all(world, steps, how, pages)
    return sum(row.us_least for row in rows) if rows else None


MAPPING = ("map", "release")
GRANTING = ("grant", "revoke")


def ratio(world: Measured, steps: Sequence[str], ours: str, other: str,
          pages: int = FRAME) -> float | None:
    a = cost_of(world, steps, ours, pages)
    b = cost_of(world, steps, other, pages)
    return a / b if a and b else None


def time_ratio(world: Measured, steps: Sequence[str], ours: str, other: str,
               pages: int = FRAME) -> float | None:
    a = time_of(world, steps, ours, pages)
    b = time_of(world, steps, other, pages)
    return a / b if a and b else None


def held(world: Measured, what: str, how: str) -> float | None:
    """Bytes a page."""
    for row in world.held:
        if (row.what, row.how) == (what, how):
            return row.bytes / row.pages
    return None


def goals(world: Measured) -> list[Goal]:
    """The goals, each with what was measured."""
    pv = world.pv
    rows = find_all(world, MAPPING, "xen-dmabuf", FRAME)
    calls = sum(row.hypercalls or 0 for row in rows) if rows else None

    def goal(text: str, limit: float, value: float | None, unit: str = "",
             note: str = "") -> Goal:
        return Goal(world=world.world, goal=text, limit=limit, value=value, unit=unit, note=note)

    def timed(steps: Sequence[str], ours: str, other: str) -> str:
        value = time_ratio(world, steps, ours, other)
        return f"in time {value:.2f}" if value else ""

    small = cost_of(world, ("frame",), "xen-dmabuf, shared", 300)
    large = cost_of(world, ("frame",), "xen-dmabuf, shared", 2025)

    def crowded(steps: Sequence[str], how: str) -> float | None:
        few, many = (cost_of(world, steps, how, 1, live) for live in (100, 10000))
        return many / few if few and many else None

    reclaim = world.reclaim
    # arch/arm/xen/p2m.c allocates an entry for each foreign page that any driver maps
    p2m = "up to 64 of them are the kernel's p2m" if world.machine == "aarch64" else ""
    return [
        goal("MAP and release, against the bare calls", 1.1,
             ratio(world, MAPPING, "xen-dmabuf", "bare calls"),
             note=timed(MAPPING, "xen-dmabuf", "bare calls")),
        goal("MAP and release, against gntdev's ioctl, mmap, munmap",
             0.65 if pv else 1.0, ratio(world, MAPPING, "xen-dmabuf", "gntdev"),
             note=timed(MAPPING, "xen-dmabuf", "gntdev")),
        goal("MAP and release of one page, against the bare calls", 1.5,
             ratio(world, MAPPING, "xen-dmabuf", "bare calls", 1)),
        goal("GRANT and release, against the bare calls; system heap", 1.15,
             ratio(world, GRANTING, "xen-dmabuf, system memory", "bare calls"),
             note=timed(GRANTING, "xen-dmabuf, system memory", "bare calls")),
        goal("GRANT and release, against the bare calls; sg table with an entry a page", 1.15,
             ratio(world, GRANTING, "xen-dmabuf", "bare calls"),
             note=timed(GRANTING, "xen-dmabuf", "bare calls")),
        goal(f"hypercalls for MAP and release of {FRAME} pages",
             2 * -(-FRAME // BATCH) + 4, calls),
        # One pass: a second at most until it begins, and its holder's end
        goal("until revoked pages are back, once the peer has let go", 5,
             reclaim.ms / 1000 if reclaim else None, "s",
             f"{reclaim.pages} pages; stock kernel: {reclaim.pages // 10:,} s"
             if reclaim else ""),
        # A second one if the first came while the peer was letting go
        goal("passes over the references that this takes", 2,
             reclaim.passes if reclaim else None),
        goal("kernel memory while shared, mapping end", 24,
             held(world, "map", "xen-dmabuf"), "bytes a page", p2m),
        goal("kernel memory while shared, mapping end with a user mapping", 28 if pv else 24,
             held(world, "map", "xen-dmabuf and mmap"), "bytes a page",
             p2m or "8 of them are page tables"),
        goal("kernel memory while shared, granting end", 8,
             held(world, "grant", "xen-dmabuf"), "bytes a page"),
        goal("work per frame that stays shared, 1080p against 640x480", 1.02,
             large / small if small and large else None),
        goal("MAP and release beside 10,000 live shares, against 100", 1.1,
             crowded(MAPPING, "xen-dmabuf")),
        goal("GRANT and release beside 10,000 live shares, against 100", 1.1,
             crowded(GRANTING, "xen-dmabuf, system memory")),
    ]


# What a flip may cost at most: instructions of dom0, and hypercalls.  Copied ones: what they cost
# displ_be, the backend of xen-troops, in the same world.
FLIP_LIMITS: tuple[tuple[Case, str, int, int], ...] = (
    (("displd", 1, "640x480"), "zero-copy", 55_000, 14),
    (("displd", 1, "1920x1080"), "zero-copy", 55_000, 14),
    (("displd-screens", 1, "640x480"), "zero-copy", 100_000, 18),
    (("displd-screens", 1, "800x600"), "zero-copy", 100_000, 18),
    (("displd-screens", 1, "640x480"), "copied", 1_206_000, 327),
)


# A wake-up and two events, which every flip needs: what else one does costs less than that
BARE: Case = ("displd", 1, "-")


def against_bare(flips: list[Flip]) -> list[Goal]:
    """What a flip without a copy costs against a process that wakes up and sends two events."""
    small: Case = ("displd", 1, "640x480")
    if not find_flip(flips, BARE, "bare"):
        return []
    text = "per flip at 640x480 without a copy, against a bare wake-up with two events"
    return [Goal(world="displd", goal=f"dom0's instructions {text}", limit=1.5,
                 value=flip_ratio(flips, lambda flip: flip.instructions, BARE, small, "bare")),
            Goal(world="displd", goal=f"dom0's hypercalls {text}", limit=1.25,
                 value=flip_ratio(flips, lambda flip: flip.hypercalls, BARE, small, "bare"))]


def flip_limits(flips: list[Flip]) -> list[Goal]:
    """Those of the worlds that were measured."""
    found = []
    for case, how, instructions, hypercalls in FLIP_LIMITS:
        world, _, size = case
        if world not in {flip.world for flip in flips}:
            continue
        flip = find_flip(flips, case, how)
        text = f"per flip at {size}, {how}"
        found += [Goal(world=world, goal=f"dom0's instructions {text}", limit=instructions,
                       value=flip.instructions if flip else None),
                  Goal(world=world, goal=f"dom0's hypercalls {text}", limit=hypercalls,
                       value=flip.hypercalls if flip else None)]
    return found


def display_goals(flips: list[Flip]) -> list[Goal]:
    """The display daemon's, of flips without a copy; none where they were not measured."""
    sizes: tuple[Case, Case] = ("displd", 1, "640x480"), ("displd", 1, "1920x1080")
    guests: tuple[Case, Case] = ("displd-many", 1, "1920x1080"), ("displd-many", 8, "1920x1080")
    measured = {flip.world for flip in flips}

    def goal(cases: tuple[Case, Case], text: str, value: Value, note: str = "") -> list[Goal]:
        world = cases[0][0]
        if world not in measured:
            return []
        return [Goal(world=world, goal=text, limit=1.1, value=flip_ratio(flips, value, *cases),
                     note=note)]

    time = flip_ratio(flips, lambda flip: flip.daemon_us, *sizes)
    return [
        *goal(sizes, "dom0's instructions per flip without a copy, 1080p against 640x480",
              lambda flip: flip.instructions, f"the daemon's time {time:.2f}" if time else ""),
        *goal(sizes, "dom0's hypercalls per flip without a copy, 1080p against 640x480",
              lambda flip: flip.hypercalls),
        *goal(guests, "dom0's instructions per flip without a copy, eight guests against one",
              lambda flip: flip.instructions),
        *against_bare(flips),
        *flip_limits(flips),
    ]


def channel_goals(costs: list[Cost]) -> list[Goal]:
    """Of channels; none where they were not measured."""
    found = []
    if any(one.world == "channel" for one in costs):
        found += message_goals(costs, "channel")
    if any(one.world == "channel-unixfd" for one in costs):
        found += unixfd_goals(costs, "channel-unixfd")
    return found


def unixfd_goals(costs: list[Cost], world: str) -> list[Goal]:
    """Of GStreamer's frames, whose buffers were sent before."""
    small, *larger = (channels.find(costs, "unixfd", "steady", size) for size in channels.SIZES)
    return [Goal(world=world, goal=f"dom0's instructions for a frame of GStreamer's, {size} "
                 "against 640x480", limit=1.1, value=figures.ratio(large, small))
            for size, large in zip(("1080p", "2160p"), larger)]


def message_goals(costs: list[Cost], world: str) -> list[Goal]:
    message, mib = ({way: channels.find(costs, what, way, size) for way in channels.WAYS}
                    for what, size in (("message", "64"), ("bytes", "1048576")))
    small, *_, large = (channels.find(costs, "frame", "shared", size) for size in channels.SIZES)
    return [
        *(Goal(world=world, goal=f"dom0's instructions for 64 bytes there and back, against {way}",
               limit=1.2, value=figures.ratio(message["channel"], message[way]))
          for way in channels.WAYS[1:]),
        *(Goal(world=world, goal=f"time of a MiB, against {way}",
               limit=1.0, value=channels.time_ratio(mib["channel"], mib[way]))
          for way in channels.WAYS[1:]),
        Goal(world=world, goal="dom0's instructions for a picture that was sent before, 2160p "
             "against 640x480", limit=1.1, value=figures.ratio(large, small)),
    ]


def latency_goals(rows: list[Latency]) -> list[Goal]:
    """From a key to a window's next commit; none where it was not measured."""
    if not rows:
        return []
    return [Goal(world=rows[0].world, goal="time from a key to a guest's window, against 1.3 times "
                 "that of dom0's own and two messages", limit=1.0,
                 value=latency.against_local(rows))]


def window_goals(frames: list[Frame]) -> list[Goal]:
    """Of windows; none where they were not measured."""
    if not frames:
        return []
    small, *_, large = (windows.find(frames, "shared", size) for size in windows.SIZES)
    waypipe = windows.find(frames, "waypipe", windows.SIZES[-1])
    world = frames[0].world
    return [
        Goal(world=world, goal="dom0's instructions for a frame that is shared, 1080p against "
             "256x256", limit=1.1, value=figures.ratio(large, small)),
        Goal(world=world, goal="dom0's instructions for a frame of 1080p that is shared, against "
             "waypipe", limit=0.05, value=figures.ratio(large, waypipe)),
    ]
