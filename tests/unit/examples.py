#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the programs take the configurations that manual pages and documents show?

examples.py SOURCES XEN-CHANNELD XEN-DISPLD XEN-WAYLAND

Each block that begins with a section is checked by the program whose section it is, and
each program's own example with the lines that are commented out in it.  Sections for
xen-wayland are as it needs them.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

sys.dont_write_bytecode = True

import tap

ROFF = re.compile(r"^\.Bd -literal[^\n]*\n(?P<text>.*?)^\.Ed$", re.S | re.M)
MARKDOWN = re.compile(r"^```ini\n(?P<text>.*?)^```$", re.S | re.M)
SECTION = re.compile(r"\A(?:#[^\n]*\n)*\[(?P<kind>[\w-]+)")
COMMENTED = re.compile(r"^# ?(?=\[|[\w-]+ = \S+$|[\w-]+ = .*;)", re.M)
WAYLAND = re.compile(r"^\[(?:use|service) wayland\]\n(?P<keys>(?:.+\n)*)", re.M)
CHANNELD = {"introduce", "peer", "service", "use"}
# Units of systemd are shown, too
OTHERS = {"Socket"}
# With fewer, some were overlooked
LEAST = 9


@dataclass(frozen=True)
class Example:
    """A configuration in a page."""

    line: int           # where it begins there
    kind: str           # of its first section
    text: str


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def examples(path: str) -> Iterator[Example]:
    page = read(path)
    for block in (MARKDOWN if path.endswith(".md") else ROFF).finditer(page):
        section = SECTION.match(block["text"])
        if section and section["kind"] not in OTHERS:
            yield Example(page.count("\n", 0, block.start("text")) + 1, section["kind"],
                          block["text"])


def refusal(program: str, text: str) -> list[str]:
    """What the program says against it, or xen-wayland would; nothing if both take it."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([program, "--config", file.name, "check"], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    wrong = done.stdout.splitlines() + [f"status {done.returncode}"] if done.returncode else []
    return wrong + [f"xen-wayland needs {key}" for section in WAYLAND.finditer(text)
                    for key in ("type = seqpacket", "fds = memory dmabuf pipe")
                    if key not in section["keys"].splitlines()]


def check(sources: str, channeld: str, displd: str, wayland: str) -> Iterator[tap.Finding]:
    for program in (channeld, displd, wayland):
        name = os.path.basename(program)
        yield (f"{name} refuses an unknown section",
               [] if refusal(program, "[nothing]\n") else ["it was accepted"])
        own, = glob.glob(f"{sources}/*/{name}.conf")
        yield (f"{name} takes all lines of {os.path.relpath(own, sources)}",
               refusal(program, COMMENTED.sub("", read(own))))
    checked = 0
    for path in sorted(glob.glob(f"{sources}/man/*.[1-9]") + glob.glob(f"{sources}/docs/*.md")):
        page = os.path.relpath(path, sources)
        for example in examples(path):
            program = (channeld if example.kind in CHANNELD else
                       displd if "xen-displd" in page else wayland)
            yield (f"{page}:{example.line}: {os.path.basename(program)} takes the example",
                   refusal(program, example.text))
            checked += 1
    yield (f"there are at least {LEAST} examples",
           [] if checked >= LEAST else [f"there are {checked}"])


def main() -> int:
    return tap.report(check(*sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
