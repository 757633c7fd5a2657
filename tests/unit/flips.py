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

import display
import results
import tap

FIGURES = """What a flip costs dom0, and a second without (headless output, displd)
guests size       how         flips       ms  daemon us    dom0 us  hypercalls
0      -          idle            0     6000          9         99          50
1      640x480    zero-copy     100     3000       2000       5000          20
1      1920x1080  zero-copy      50     6000       2500       6000          {calls}
"""
# one line a measurement: mark, Xen, kernel, user, other CPUs
SECTIONS = "31 600 1200 60 7\n31 10300 20600 30030 7\n31 5600 11200 15060 7\n"


def read(calls: str = "21", sections: str = SECTIONS) -> list[display.Flip]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("figures.txt", FIGURES.format(calls=calls)), ("sections", sections)):
            if text:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
        return display.read("displd", folder)


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


def instructions(flip: display.Flip) -> tuple[int | None, int | None, int | None]:
    return flip.xen, flip.kernel, flip.user


def main() -> int:
    small, large = read()
    pvh = read("-")[1]
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
        ("the goals are 1080p against 640x480",
         [goal.value for goal in goals] == [1, 1.05]),
        ("a goal whose figure was not measured is neither met nor missed",
         results.display_goals(uncounted)[0].met is None),
        ("nothing measured is no row", not display.read("displd", "/nowhere")),
        ("bench/run: names a program that is missing, before it measures", asks_for_programs()),
    ]
    return tap.report((name, [] if good else ["it is not so"]) for name, good in checks)


if __name__ == "__main__":
    sys.exit(main())
