#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does docs/tutorial.md quote the programs of examples/ as they are?

A block of C is headed by a line that ends in "`examples/NAME.c`:".  The blocks of a file
stand in its order, and together they are the whole file.  The tutorial also says what
tests/world/test-tutorial expects the programs to say where they fail ("explains").
"""

import glob
import re
import sys

TUTORIAL = "docs/tutorial.md"
TEST = "tests/world/test-tutorial"
BLOCK = re.compile(r"(?P<before>[^\n]*)\n+```c\n(?P<code>.*?)^```$", re.S | re.M)
HEADING = re.compile(r"`(examples/[\w-]+\.c)`:$")
EXPLAINS = re.compile(r"""^explains "[^"\n]*"[\s\\]*(?:'([^'\n]*)'|"([^"\n]*)")""", re.M)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def blocks(tutorial, bad):
    """Pairs of line and code, by the file that they quote."""
    quoted = {}
    for block in BLOCK.finditer(tutorial):
        line = line_of(tutorial, block.start("code"))
        heading = HEADING.search(block["before"])
        if heading:
            quoted.setdefault(heading[1], []).append((line, block["code"].splitlines()))
        else:
            bad.append(f"{TUTORIAL}:{line}: the line before this block does not end in "
                       "`examples/NAME.c`:")
    return quoted


def compare(name, source, quotes, bad):
    """Add to bad what is quoted and not there, and what is there and not quoted."""
    done = 0
    for line, code in quotes:
        places = [at for at in range(done, len(source)) if source[at:at + len(code)] == code]
        if not code or not places:
            bad.append(f"{TUTORIAL}:{line}: {name} has no such lines after those quoted before")
            return
        left_out(name, source, done, places[0], bad)
        done = places[0] + len(code)
    left_out(name, source, done, len(source), bad)


def left_out(name, source, start, end, bad):
    lines = [at for at in range(start, end) if source[at].strip()]
    if lines:
        bad.append(f"{name}:{lines[0] + 1}: not quoted in {TUTORIAL}")


def main():
    tutorial = read(TUTORIAL)
    bad = []
    quoted = blocks(tutorial, bad)
    files = set(glob.glob("examples/*.c"))
    for name in sorted(set(quoted) - files):
        bad.append(f"{TUTORIAL}:{quoted[name][0][0]}: there is no {name}")
    for name in sorted(files):
        compare(name, read(name).splitlines(), quoted.get(name, []), bad)

    said = EXPLAINS.findall(read(TEST))
    if not said:
        bad.append(f"{TEST}: nothing is explained")
    words = " ".join(tutorial.split())
    bad += [f"{TEST}: not in {TUTORIAL}: {a or b}" for a, b in said
            if " ".join((a or b).split()) not in words]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
