# SPDX-License-Identifier: GPL-2.0-only
"""The tables of docs/performance.md and docs/profiles.md."""

from collections.abc import Sequence

import channels
import hypercalls
import windows
import display
from channels import Cost
from latency import Latency
from windows import Frame
from display import Flip
from results import FRAME, GRANTING, MAPPING, Goal, Measured, cost_of, find, time_of

SIDES = (("Making and ending a mapping", MAPPING,
          ("xen-dmabuf", "bare calls", "gntdev", "xen-dmabuf and mmap",
           "gntdev's dma-buf calls")),
         ("Making and ending a grant", GRANTING,
          ("xen-dmabuf", "xen-dmabuf, system memory", "bare calls", "gntalloc",
           "gntdev's dma-buf calls")))


def table(heads: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def number(value: float | None, digits: int = 0) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def kind(world: Measured) -> str:
    return f"{'PV' if world.pv else 'PVH'} dom0 (`{world.world}`)" \
        if world.machine == "x86_64" else f"`{world.world}`"


def figure(value: float | None, unit: str) -> str:
    if value is None:
        return "not measured"
    text = f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{text} {unit}".strip()


def goal_table(goals: list[Goal]) -> str:
    rows = []
    for goal in goals:
        verdict = {True: "met", False: "**missed**", None: ""}[goal.met]
        rows.append([f"`{goal.world}`", goal.goal, figure(goal.limit, goal.unit),
                     figure(goal.value, goal.unit), verdict, goal.note])
    return table(["World", "Figure", "At most", "Measured", "Goal", "Note"], rows)


def share_table(world: Measured, title: str, steps: Sequence[str],
                hows: Sequence[str]) -> str:
    """Instructions a page of each way at each size, and times at the largest."""
    sizes = sorted({row.pages for row in world.series
                    if row.what == steps[0] and not row.live})
    counted = world.counted
    unit = "instructions" if counted else "microseconds"
    rows = []
    for how in hows:
        cells = [how]
        for pages in sizes:
            value = cost_of(world, steps, how, pages)
            cells.append(number(value / pages if value else None, 0 if counted else 2))
        cells.append(number(time_of(world, steps, how, FRAME)))
        if any(cells[1:]):
            rows.append(cells)
    heads = [f"{title}: {unit} a page"] + [f"{pages:,} pages" for pages in sizes]
    return table(heads + [f"{FRAME:,}: us in all"], rows)


def frame_table(world: Measured) -> str:
    rows = []
    sizes = ((300, "640x480"), (2025, "1920x1080"), (8100, "3840x2160"))
    for how in ("xen-dmabuf, shared", "memcpy through gntdev", "grant copy"):
        cells = [how]
        for pages, _ in sizes:
            row = find(world, "frame", how, pages)
            cells += [number(row.cost) if row else "", number(row.us_least) if row else ""]
            copied = row.copied if row else None
        rows.append(cells + [number(copied)])
    heads = ["Once a frame"]
    for _, name in sizes:
        heads += [name, "us"]
    heads += ["bytes copied, 3840x2160"]
    return table(heads, rows)


def time_table(world: Measured) -> str:
    """Microseconds a page of each step, beside copying the same pages."""
    sizes = (1, 2, 900, 2025, 8100)
    steps = (("map", "xen-dmabuf"), ("release", "xen-dmabuf"),
             ("grant", "xen-dmabuf, system memory"), ("revoke", "xen-dmabuf, system memory"),
             ("frame", "memcpy through gntdev"), ("frame", "grant copy"))
    names = {"frame": "copy"}
    rows = []
    for what, how in steps:
        found = [find(world, what, how, pages) for pages in sizes]
        cells = [number(row.us_least / row.pages, 2) if row else "" for row in found]
        if any(cells):
            rows.append([f"{names.get(what, what)}: {how}"] + cells)
    return table(["Microseconds a page"] + [f"{pages:,} pages" for pages in sizes], rows)


def full_table(world: Measured) -> str:
    """A large share alone, and the last one that there is room for."""
    rows = []
    for steps, how in ((MAPPING, "xen-dmabuf"), (GRANTING, "xen-dmabuf, system memory")):
        most = max((row.live for row in world.series
                    if row.what == steps[0] and row.pages == FRAME), default=0)
        alone, last = (cost_of(world, steps, how, FRAME, live) for live in (0, most))
        if most and alone and last:
            rows.append([" and ".join(steps), number(alone / FRAME), number(last / FRAME),
                         number(most + 1)])
    if not rows:
        return ""
    return table([f"A share of {FRAME:,} pages, a page", "alone", "the last there is room for",
                  "so many"], rows)


def growth_table(world: Measured) -> str:
    beside = {"xen-dmabuf, beside holes": ", and as many holes",
              "xen-dmabuf, beside peers": f", with {world.peers} other domains"}
    places = [""] + list(beside)
    lives = sorted({(places.index(row.how if row.how in beside else ""), row.live)
                    for row in world.series if row.pages == 1})
    rows = []
    for steps in (MAPPING, GRANTING):
        how = "xen-dmabuf" if steps is MAPPING else "xen-dmabuf, system memory"
        rows.append([" and ".join(steps)] +
                    [number(cost_of(world, steps, places[place] or how, 1, live))
                     for place, live in lives])
    return table(["One more share of one page while there are"] +
                 [f"{live:,}" + beside.get(places[place], "") for place, live in lives], rows)


def held_table(world: Measured) -> str:
    if not world.held:
        return ""
    names = {"map": "mapping end", "grant": "granting end"}
    return table(["Kernel memory while shared", "way", "pages", "bytes a page"],
                 [[names[row.what], row.how, number(row.pages),
                   number(row.bytes / row.pages, 1)] for row in world.held])


def profile_table(profiles: dict[str, list[tuple[str, float]]], keys: Sequence[str]) -> str:
    columns = [(key, profiles[key]) for key in keys if key in profiles]
    if not columns:
        return ""
    rows = []
    for k in range(max(len(column) for _, column in columns)):
        cells = []
        for _, column in columns:
            name, value = column[k] if k < len(column) else ("", None)
            cells += [f"`{name.rsplit('#', 1)[-1]}`" if name else "", number(value, 1)]
        rows.append(cells)
    heads = []
    for key, _ in columns:
        heads += [key, ""]
    return table(heads, rows)


def flip_table(flips: list[Flip]) -> str:
    return table(["Output", "Guests that flip", "Size", "How", "Thousand instructions: in all",
                  "Xen", "kernel", "programs", "Hypercalls", "Daemon, us", "dom0, us",
                  "Flips a second"],
                 [[row.output, number(row.guests), row.size, row.how,
                   thousand(row.instructions), thousand(row.xen),
                   thousand(row.kernel), thousand(row.user),
                   number(row.hypercalls), number(row.daemon_us), number(row.dom0_us),
                   number(1000 * row.flips / row.ms)] for row in flips])


# Whose hypercalls are told apart: a world, how, and the column's head
TOLD = (("displd", "bare", "A wake-up and two events"),
        ("displd", "zero-copy", "A flip, headless"),
        ("displd-screens", "zero-copy", "A flip on cirrus"))


def hypercall_table(flips: list[Flip]) -> str:
    """How many of each kind; "" if none were told apart."""
    told = []
    for world, how, head in TOLD:
        size = "-" if how == "bare" else "640x480"
        flip = display.find(flips, (world, 1, size), how)
        if flip and flip.kinds:
            told.append((head, flip))
    if not told:
        return ""
    return table(["Hypercall", "What for", *(head for head, _ in told)],
                 [[f"`{hypercalls.name_of(kind)}`", hypercalls.purpose_of(kind),
                   *(number(flip.kinds.get(kind, 0), 1) for _, flip in told)]
                  for kind in hypercalls.kinds_seen([flip for _, flip in told])])


def channel_table(costs: list[Cost]) -> str:
    return table(["What", "How", "Size", "Thousand instructions: in all", "Xen", "kernel",
                  "programs", "CPU time of dom0, us", "In all, us", "A second"],
                 [[cost.what, cost.way, cost.size, thousand(cost.instructions),
                   thousand(cost.xen), thousand(cost.kernel), thousand(cost.user),
                   number(cost.cpu_us), number(cost.each_us),
                   number(1e6 / cost.each_us, 1) if cost.us > 0 else ""] for cost in costs])


def window_table(frames: list[Frame]) -> str:
    return table(["How", "Size", "Thousand instructions of dom0: in all", "Xen", "kernel",
                  "programs", "Of the guest, about", "CPU time of dom0, us", "Of the guest, us",
                  "In all, us"],
                 [[one.way, one.size, thousand(one.instructions), thousand(one.xen),
                   thousand(one.kernel), thousand(one.user), thousand(one.other),
                   number(one.dom0_us), number(one.guest_us),
                   # too short to be told from a program's beginning and end
                   number(one.us) if one.us > 0 else "-"] for one in frames])


def latency_table(rows: list[Latency]) -> str:
    return table(["From a key to the window's next commit", "Keys", "us, median"],
                 [[row.where, number(row.n), number(row.us)] for row in rows])


def thousand(value: float | None) -> str:
    return "" if value is None else number(value / 1000)


def parts(worlds: list[Measured], goals: list[Goal], flips: list[Flip],
          costs: list[Cost], frames: list[Frame], waits: list[Latency]) -> dict[str, str]:
    """Text for each pair of marks in the two pages, but of what was not measured."""
    found = {}
    if worlds:
        others = (*display.WORLDS, *channels.WORLDS, *windows.WORLDS)
        found = world_parts(worlds, [one for one in goals if one.world not in others])
    if costs:
        own = [one for one in goals if one.world in channels.WORLDS]
        found["channels"] = goal_table(own) + "\n\n" + channel_table(costs)
    if frames:
        own = [one for one in goals if one.world in windows.WORLDS]
        found["windows"] = "\n\n".join([goal_table(own), window_table(frames)] +
                                       ([latency_table(waits)] if waits else []))
    if flips:
        own = [one for one in goals if one.world in display.WORLDS]
        found["flips"] = "\n\n".join(one for one in (
            goal_table(own) if own else "", flip_table(flips), hypercall_table(flips)) if one)
    return found


def world_parts(worlds: list[Measured], goals: list[Goal]) -> dict[str, str]:
    found = {"goals": goal_table(goals)}
    shares: list[str] = []
    uses: list[str] = []
    profiles: list[str] = []
    for world in worlds:
        shares += [f"### {kind(world)}, Linux {world.linux}"]
        shares += [share_table(world, *side) for side in SIDES]
        shares += [time_table(world), growth_table(world), full_table(world),
                   held_table(world)]
        uses += [f"### {kind(world)}", frame_table(world)]
        if world.profiles:
            profiles += [f"## {kind(world)}"]
        profiles += [profile_table(world.profiles, keys) for keys in (
            ("map xen-dmabuf", "map bare calls", "map gntdev"),
            ("release xen-dmabuf", "release bare calls", "release gntdev"),
            ("grant xen-dmabuf", "grant bare calls", "revoke xen-dmabuf"))]
        if world.one_page:
            profiles += ["A share of one page:"]
        profiles += [profile_table(world.one_page, keys) for keys in (
            ("map xen-dmabuf", "map bare calls", "release xen-dmabuf", "release bare calls"),
            ("grant xen-dmabuf", "grant bare calls", "revoke xen-dmabuf"))]
    found["shares"] = "\n\n".join(part for part in shares if part)
    found["frames"] = "\n\n".join(uses)
    found["profiles"] = "\n\n".join(part for part in profiles if part)
    return found
