#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does bench/run read its figures, and say what it needs?  Writes TAP.

Usage: flips.py FOLDER, the one of bench/run
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import channels
import display
import latency
import results
import tables
import tap
import windows

FIGURES = """{{"world": "displd", "output": "headless output", "rows": [
{{"guests": 0, "size": "-", "how": "idle", "flips": 0, "ms": 6000,
  "daemon_us": 9, "dom0_us": 99, "hypercalls": 50, "kinds": {{"23": 600, "29": 60}}}},
{{"guests": 1, "size": "640x480", "how": "zero-copy", "flips": 100, "ms": 3000,
  "daemon_us": 2000, "dom0_us": 5000, "hypercalls": 20,
  "kinds": {{"23": 800, "29": 35, "99": 20}}}},
{{"guests": 1, "size": "1920x1080", "how": "zero-copy", "flips": 50, "ms": 6000,
  "daemon_us": 2500, "dom0_us": 6000, "hypercalls": {calls}}}]}}
"""
# one line a measurement: mark, Xen, kernel, user, other CPUs
SECTIONS = "31 600 1200 60 7\n31 10300 20600 30030 7\n31 5600 11200 15060 7\n"


def read(calls: str = "21", sections: str = SECTIONS) -> list[display.Flip]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("figures.json", FIGURES.format(calls=calls)), ("sections", sections)):
            if text:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
        return display.read("displd", folder)


def read_with_bare() -> list[display.Flip]:
    """As read(), with a bare wake-up: half of a flip's instructions, and 16 hypercalls."""
    bare = """{{"guests": 1, "size": "-", "how": "bare", "flips": 50, "ms": 6000,
  "daemon_us": 1, "dom0_us": 1, "hypercalls": 16}},
{{"guests": 1, "size": "640x480" """
    figures = FIGURES.replace('{{"guests": 1, "size": "640x480"', bare.rstrip())
    idle, *others = SECTIONS.splitlines(keepends=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("figures.json", figures.format(calls="21")),
                           ("sections", idle + "31 3100 6200 7560 7\n" + "".join(others))):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        return display.read("displd", folder)


CHANNEL = '''{"world": "channel", "rows": [
{"what": "idle", "way": "none", "size": "-", "n": 1, "us": 10000},
{"what": "message", "way": "channel", "size": "64", "n": 100, "us": 5000},
{"what": "message", "way": "libxenvchan", "size": "64", "n": 100, "us": 4000},
{"what": "first", "way": "shared", "size": "640x480", "n": 4, "us": 900},
{"what": "frame", "way": "shared", "size": "640x480", "n": 10, "us": 100},
{"what": "frame", "way": "shared", "size": "3840x2160", "n": 10, "us": 100}]}
'''
CHANNEL_SECTIONS = '''31 200 400 0 7
31 1100 2200 3000 7
31 1080 1160 2000 7
31 9000 9000 9000 7
31 102 204 700 7
31 202 204 700 7
'''


# Few of a case and then many, between which the beginnings and ends of programs cancel out
UNIXFD = '''{"world": "channel-unixfd", "rows": [
{"what": "idle", "way": "none", "size": "-", "n": 1, "us": 1000, "cpu_us": 100},
{"what": "unixfd", "way": "steady", "size": "640x480", "n": 10, "us": 5000, "cpu_us": 2000},
{"what": "unixfd", "way": "steady", "size": "640x480", "n": 30, "us": 9000, "cpu_us": 3600}]}
'''
UNIXFD_SECTIONS = '''31 10 10 10 0
31 5000 5000 5000 0
31 5140 5240 5340 0
'''


def read_channels(text: str = CHANNEL_SECTIONS, world: str = "channel",
                  figures: str = CHANNEL) -> list[channels.Cost]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in ((channels.WORLDS[world].file, figures), ("sections", text)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        return channels.read(world, folder)


def read_unixfd() -> channels.Cost:
    return read_channels(UNIXFD_SECTIONS, "channel-unixfd", UNIXFD)[0]


WINDOWS = """{"world": "wayland-cost", "rows": [
{"what": "frame", "way": "none", "size": "-", "n": 1, "us": 1000},
{"what": "frame", "way": "none", "size": "-", "n": 2, "us": 2000},
{"what": "frame", "way": "shared", "size": "256x256", "n": 10, "us": 3000},
{"what": "frame", "way": "shared", "size": "256x256", "n": 20, "us": 4000},
{"what": "frame", "way": "shared", "size": "1920x1080", "n": 10, "us": 3000},
{"what": "frame", "way": "shared", "size": "1920x1080", "n": 20, "us": 5000},
{"what": "frame", "way": "waypipe", "size": "1920x1080", "n": 5, "us": 3000},
{"what": "frame", "way": "waypipe", "size": "1920x1080", "n": 15, "us": 5000}]}
"""
WINDOW_SECTIONS = """31 100 100 100 0
31 200 300 100 0
31 5000 5000 5000 0
31 5200 5300 5100 90
31 5000 5000 5000 0
31 5300 5500 5110 90
31 5000 5000 5000 0
31 9200 9400 9000 90
"""


def read_windows(text: str = WINDOW_SECTIONS, rows: str = WINDOWS) -> list[windows.Frame]:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in ((windows.FILE, rows), ("sections", text)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(content)
        return windows.read("wayland-cost", folder)


KEYS = """{"world": "wayland-cost", "latency": [
{"where": "dom0", "n": 40, "us": 1000}, {"where": "guest", "n": 40, "us": 3600}], "rows": [
{"what": "message", "way": "channel", "size": "64", "n": 100, "us": 50000}]}
"""


def read_keys(text: str) -> list[latency.Latency]:
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, windows.FILE), "w", encoding="utf-8") as file:
            file.write(text)
        return latency.read("wayland-cost", folder)


def window_error(rows: str) -> bool:
    try:
        read_windows("", rows)
    except ValueError:
        return True
    return False


def channel_goals() -> bool:
    """60 and 40 instructions a message, 100 and 110 a picture; nothing else was measured."""
    values = [goal.value for goal in results.channel_goals(read_channels())]
    return values == [1.5, None, None, None, 1.1]


def refused(*arguments: str) -> bool:
    try:
        read(*arguments)
    except ValueError as error:
        return "2 sections, 3 measurements" in str(error)
    return False


def asks_for_programs() -> bool:
    """Whether bench/run, where no program is installed, ends with what to install."""
    done = subprocess.run([sys.executable, os.path.join(sys.argv[1], "run"), "--report-only"],
                          env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False)
    return done.returncode == 1 and "apt-get install gcc" in done.stderr \
        and "Traceback" not in done.stderr


def hypercall_rows() -> list[str]:
    return tables.hypercall_table(read()).splitlines()


def instructions(flip: display.Flip) -> tuple[int | None, int | None, int | None]:
    return flip.xen, flip.kernel, flip.user


def main() -> int:
    small, large = read()
    pvh = read("null")[1]
    uncounted = read(sections="")
    goals = results.display_goals(read())
    checks = [
        ("what is measured idle is no row, and gives the output",
         small.size == "640x480" and small.output == "headless output"),
        ("instructions are a flip's, less those of as long without flips",
         instructions(small) == instructions(large) == (100, 200, 300)),
        ("without the plugin there are no instructions", uncounted[0].user is None
         and uncounted[0].instructions is None and uncounted[0].hypercalls == 20),
        ("a figure that is missing is not 0", pvh.hypercalls is None),
        ("sections that are not the measurements' are no figures",
         refused("21", SECTIONS[SECTIONS.index("\n") + 1:])),
        ("hypercalls are told apart by kind, less those of as long without flips",
         small.kinds == {23: 5, 29: 0.05, 99: 0.2} and not large.kinds),
        ("the kinds have names, and what is by chance is left out", hypercall_rows() == [
            "| Hypercall | What for | A flip, headless |", "|---|---|---|",
            "| `iret` | back from an interrupt, to the kernel or a program | 5.0 |",
            "| `number 99` |  | 0.2 |"]),
        ("without kinds there is no table", not tables.hypercall_table(read()[1:])),
        ("the goals are 1080p against 640x480",
         [goal.value for goal in goals[:2]] == [1, 1.05]),
        ("limits of a flip are those of the worlds that were measured",
         [(goal.limit, goal.value, goal.met) for goal in goals[2:]] ==
         [(55_000, 600, True), (14, 20, False), (55_000, 600, True), (14, 21, False)]),
        ("a flip's costs are set against those of a bare wake-up",
         [(goal.limit, goal.value) for goal in results.display_goals(read_with_bare())
          if "bare" in goal.goal] == [(1.5, 2), (1.25, 1.25)]),
        ("a goal whose figure was not measured is neither met nor missed",
         results.display_goals(uncounted)[0].met is None),
        ("channels: what is sent for the first time is no row, and costs are of one each",
         [(cost.what, cost.instructions) for cost in read_channels()]
         == [("message", 60), ("message", 40), ("frame", 100), ("frame", 110)]),
        ("channels: the goals are set against libxenvchan, and sizes", channel_goals()),
        ("channels: of few and many, what the many cost more, without idle time",
         (read_unixfd().n, read_unixfd().each_us, read_unixfd().cpu_us,
          read_unixfd().instructions) == (20, 200, 60, 30)),
        ("channels: without the plugin there are no instructions",
         read_channels("")[0].instructions is None and read_channels("")[0].each_us == 50),
        ("windows: a frame costs what many cost more than few, less what is done anyway",
         [(one.way, one.us, one.instructions, one.other) for one in read_windows()]
         == [("shared", 100, 30, 9), ("shared", 200, 31, 9), ("waypipe", 200, 1200, 9)]),
        ("windows: the goals are set against a small window, and waypipe",
         [round(goal.value or 0, 3) for goal in results.window_goals(read_windows())]
         == [1.033, 0.026]),
        ("windows: without the plugin there are no instructions",
         read_windows("")[0].instructions is None and read_windows("")[0].us == 100),
        ("windows: what is no pair, or has no idle time to take off, is refused",
         window_error(WINDOWS.replace('"n": 20', '"n": 10'))
         and window_error(WINDOWS.replace("none", "nothing"))),
        ("windows: messages among the rows are no frames",
         len(read_windows(WINDOW_SECTIONS + "31 1 1 1 0\n", WINDOWS.replace(
             '"us": 5000}]}', '"us": 5000},\n{"what": "message", "way": "channel", "size": "64", '
             '"n": 9, "us": 9}]}'))) == 3),
        ("latency: 3.6 ms are twice what they may be beside 1 ms and messages of 0.5",
         [goal.value for goal in results.latency_goals(read_keys(KEYS))] == [2.0]),
        ("latency: without a guest's there is no figure",
         results.latency_goals(read_keys(KEYS.replace("guest", "none")))[0].value is None),
        ("nothing measured is no row", not display.read("displd", "/nowhere")),
        ("bench/run: names a program that is missing, before it measures", asks_for_programs()),
    ]
    return tap.report((name, [] if good else ["it is not so"]) for name, good in checks)


if __name__ == "__main__":
    sys.exit(main())
