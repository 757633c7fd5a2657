# SPDX-License-Identifier: GPL-2.0-only
"""Plots by gnuplot, each as SVG and PNG."""

import os
import subprocess
from collections.abc import Sequence

from display import Flip
from results import GRANTING, MAPPING, Measured, cost_of, find

TERMINALS = {"svg": "svg size 800,500 dynamic", "png": "pngcairo size 1200,750"}
FRAMES = ((300, "640x480"), (2025, "1920x1080"), (8100, "3840x2160"))


def gnuplot(out: str, name: str, lines: list[str], data: dict[str, str]) -> None:
    script = [f"${block} << EOD\n{rows}\nEOD" for block, rows in data.items()]
    for suffix, terminal in TERMINALS.items():
        script += [f"set terminal {terminal}",
                   f"set output '{os.path.join(out, name)}.{suffix}'"] + lines
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def add_curve(data: dict[str, str], curves: list[str], rows: list[str], using: str,
              title: str) -> None:
    """Add a block of data, and the curve that draws it."""
    block = f"d{len(data)}"
    data[block] = "\n".join(rows)
    curves.append(f"${block} using {using} title '{title}' noenhanced")


def per_page(out: str, name: str, title: str, worlds: list[Measured], steps: Sequence[str],
             hows: Sequence[str]) -> None:
    """Cost a page against the size of the share, one line a world and way."""
    data: dict[str, str] = {}
    curves: list[str] = []
    for world in worlds:
        sizes = sorted({row.pages for row in world.series
                        if row.what == steps[0] and not row.live})
        for how in hows:
            costs = [(pages, cost_of(world, steps, how, pages)) for pages in sizes]
            rows = [f"{pages} {value / pages}" for pages, value in costs if value]
            if not rows:
                continue
            add_curve(data, curves, rows, "1:2 with linespoints lw 2",
                      f"{how} ({world.world})")
    if not data:
        return
    gnuplot(out, name, [
        f"set title '{title}'", "set logscale xy", "set grid", "set key outside bottom center",
        "set xlabel 'pages of the share'", f"set ylabel '{unit(worlds)} a page'",
        "plot " + ", ".join(curves)], data)


def unit(worlds: list[Measured]) -> str:
    counted = all(row.instructions for world in worlds for row in world.series)
    return "instructions" if counted else "microseconds"


def per_frame(out: str, worlds: list[Measured]) -> None:
    """What one frame costs, at three sizes."""
    data: dict[str, str] = {}
    curves: list[str] = []
    for world in worlds:
        for how in ("xen-dmabuf, shared", "memcpy through gntdev", "grant copy"):
            found = [(name, find(world, "frame", how, pages)) for pages, name in FRAMES]
            rows = [f"{name} {row.cost}" for name, row in found if row]
            if not rows:
                continue
            add_curve(data, curves, rows, "2:xtic(1)", f"{how} ({world.world})")
    if not data:
        return
    gnuplot(out, "frame", [
        "set title 'One frame'", "set style data histogram", "set style fill solid 0.7",
        "set logscale y", "set grid y", "set key outside bottom center", "unset xlabel",
        f"set ylabel '{unit(worlds)}'", "plot " + ", ".join(curves)], data)


def per_live(out: str, worlds: list[Measured]) -> None:
    """One more share of one page, against how many live."""
    data: dict[str, str] = {}
    curves: list[str] = []
    for world in worlds:
        for steps, how in ((MAPPING, "xen-dmabuf"), (GRANTING, "xen-dmabuf, system memory")):
            lives = sorted({row.live for row in world.series if row.pages == 1})
            costs = [(live, cost_of(world, steps, how, 1, live)) for live in lives]
            rows = [f"{live or 1} {value}" for live, value in costs if value]
            if len(rows) < 2:
                continue
            add_curve(data, curves, rows, "1:2 with linespoints lw 2",
                      f"{' and '.join(steps)} ({world.world})")
    if not data:
        return
    gnuplot(out, "growth", [
        "set title 'One more share of one page'", "set logscale x", "set yrange [0:]",
        "set grid", "set key outside bottom center", "set xlabel 'shares that live'",
        f"set ylabel '{unit(worlds)}'", "plot " + ", ".join(curves)], data)


def memory(out: str, worlds: list[Measured]) -> None:
    """Kernel memory a page while it is shared."""
    data: dict[str, str] = {}
    curves: list[str] = []
    ways: list[tuple[str, str]] = []
    for world in worlds:
        ways += [key for key in ((row.what, row.how) for row in world.held)
                 if key not in ways]
    for world in worlds:
        found = {(row.what, row.how): row.bytes / row.pages for row in world.held}
        if not found:
            continue
        add_curve(data, curves, [f"\"{what}: {how}\" {found.get((what, how), 0)}"
                                 for what, how in ways], "2:xtic(1)", world.world)
    if not data:
        return
    gnuplot(out, "memory", [
        "set title 'Kernel memory while shared'", "set style data histogram",
        "set style fill solid 0.7", "set grid y", "set xtics rotate by -30",
        "set key outside bottom center", "unset xlabel", "set ylabel 'bytes a page'",
        "plot " + ", ".join(curves)], data)


def per_guest(out: str, flips: list[Flip]) -> None:
    """What a flip costs dom0 while more and more guests flip."""
    data: dict[str, str] = {}
    curves: list[str] = []
    many = [row for row in flips if row.world == "displd-many" and row.instructions]
    for size, how in sorted({(row.size, row.how) for row in many}):
        add_curve(data, curves, [f"{row.guests} {row.instructions / 1000}" for row in many
                                 if row.instructions and (row.size, row.how) == (size, how)],
                  "1:2 with linespoints lw 2", f"{size}, {how}")
    if not data:
        return
    gnuplot(out, "flips", [
        "set title 'A flip among those of more guests'", "set yrange [0:]", "set grid",
        "set key outside bottom center", "set xlabel 'guests that flip'",
        "set ylabel 'thousand instructions of dom0'", "plot " + ", ".join(curves)], data)


def draw(worlds: list[Measured], flips: list[Flip], out: str) -> None:
    per_page(out, "map", "Making and ending a mapping", worlds, MAPPING,
             ("xen-dmabuf", "bare calls", "gntdev"))
    per_page(out, "grant", "Making and ending a grant", worlds, GRANTING,
             ("xen-dmabuf, system memory", "bare calls", "gntalloc"))
    per_frame(out, worlds)
    per_live(out, worlds)
    memory(out, worlds)
    per_guest(out, flips)
