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
from dataclasses import dataclass

TUTORIAL = "docs/tutorial.md"
TEST = "tests/world/test-tutorial"
BLOCK = re.compile(r"(?P<before>[^\n]*)\n+```c\n(?P<code>.*?)^```$", re.S | re.M)
HEADING = re.compile(r"`(examples/[\w-]+\.c)`:$")
EXPLAINS = re.compile(r"""^explains "[^"\n]*"[\s\\]*(?:'([^'\n]*)'|"([^"\n]*)")""", re.M)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


@dataclass(frozen=True)
class Quote:
    """What one block of the tutorial quotes."""

    line: int           # where it begins there
    code: list[str]


def blocks(tutorial: str, bad: list[str]) -> dict[str, list[Quote]]:
    """The blocks by the file that they quote."""
    quoted: dict[str, list[Quote]] = {}
    for block in BLOCK.finditer(tutorial):
        line = line_of(tutorial, block.start("code"))
        heading = HEADING.search(block["before"])
        if heading:
            quoted.setdefault(heading[1], []).append(
                Quote(line, block["code"].splitlines()))
        else:
            bad.append(f"{TUTORIAL}:{line}: the line before this block does not end in "
                       "`examples/NAME.c`:")
    return quoted


def compare(name: str, source: list[str], quotes: list[Quote], bad: list[str]) -> None:
    """Add to bad what is quoted and not there, and what is there and not quoted."""
    done = 0
    for quote in quotes:
        code = quote.code
        places = [at for at in range(done, len(source)) if source[at:at + len(code)] == code]
        if not code or not places:
            bad.append(f"{TUTORIAL}:{quote.line}: {name} has no such lines after those "
                       "quoted before")
            return
        left_out(name, source, done, places[0], bad)
        done = places[0] + len(code)
    left_out(name, source, done, len(source), bad)


def left_out(name: str, source: list[str], start: int, end: int, bad: list[str]) -> None:
    """Add to bad if lines from start to end are not blank."""
    lines = [at for at in range(start, end) if source[at].strip()]
    if lines:
        bad.append(f"{name}:{lines[0] + 1}: not quoted in {TUTORIAL}")


def main() -> int:
    tutorial = read(TUTORIAL)
    bad: list[str] = []
    quoted = blocks(tutorial, bad)
    files = set(glob.glob("examples/*.c"))
    for name in sorted(set(quoted) - files):
        bad.append(f"{TUTORIAL}:{quoted[name][0].line}: there is no {name}")
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
