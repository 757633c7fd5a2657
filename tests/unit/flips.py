#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Are the display daemon's figures computed a flip?  Writes TAP.

Usage: flips.py FOLDER, the one of bench/run
"""

import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

# pylint: disable=wrong-import-position
import display
import results

FIGURES = """What a flip costs dom0, and a second without (headless output, displd)
guests size       how         flips       ms  daemon us    dom0 us  hypercalls
0      -          idle            0     6000          9         99          50
1      640x480    zero-copy     100     3000       2000       5000          20
1      1920x1080  zero-copy      50     6000       2500       6000          {calls}
"""
# one line a measurement: mark, Xen, kernel, user, other CPUs
SECTIONS = "31 600 1200 60 7\n31 10300 20600 30030 7\n31 5600 11200 15060 7\n"


def read(calls="21", sections=SECTIONS):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("figures.txt", FIGURES.format(calls=calls)), ("sections", sections)):
            if text:
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
        return display.read("displd", folder)


def refused(*arguments):
    try:
        read(*arguments)
    except ValueError as error:
        return "2 sections, 3 measurements" in str(error)
    return False


def main():
    small, large = read()
    pvh = read("-")[1]
    uncounted = read(sections="")
    goals = results.display_goals(read())
    checks = [
        ("figures file: idle line is no row, title gives the output",
         small["size"] == "640x480" and small["output"] == "headless output"),
        ("instructions a flip: those of idle time subtracted",
         [small[key] for key in display.COUNTED] == [100, 200, 300]
         and [large[key] for key in display.COUNTED] == [100, 200, 300]),
        ("no instruction counts: none reported", uncounted[0]["user"] is None
         and display.instructions(uncounted[0]) is None
         and uncounted[0]["hypercalls"] == 20),
        ("hypercalls not traced: None, not 0", pvh["hypercalls"] is None),
        ("instruction counts of other measurements: refused",
         refused("21", SECTIONS[SECTIONS.index("\n") + 1:])),
        ("display goals: ratios of 1080p to 640x480",
         [goal["value"] for goal in goals] == [1, 1.05]),
        ("display goals without instruction counts: undecided",
         results.display_goals(uncounted)[0]["met"] is None),
        ("no figures file: no rows", not display.read("displd", "/nowhere")),
    ]
    print(f"1..{len(checks)}")
    for i, (name, good) in enumerate(checks, 1):
        print(f"{'ok' if good else 'not ok'} {i} - {name}")
    return 0 if all(good for _, good in checks) else 1


if __name__ == "__main__":
    sys.exit(main())
