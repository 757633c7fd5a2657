#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does a test run what docs/windows.md tells the reader to do?

Each command of the page, what it prints there, and each block of a configuration is in
tests/world/wayland/test-windows-page as it stands on the page, and in the page's order.  In
place of "systemctl enable --now" that test runs the command of the unit.
"""

import re
import sys

PAGE = "docs/windows.md"
TEST = "tests/world/wayland/test-windows-page"
UNITS = "packaging/systemd/"
# The world that runs the test has installed it like this
DONE = {"make all && sudo make install"}
BLOCK = re.compile(r"^```(?P<kind>sh|ini)\n(?P<text>.*?)^```$", re.S | re.M)
PROMPT = re.compile(r"^(?:dom0|work)\$ ")
COMMENT = re.compile(r"\s+#.*$")
ENABLE = re.compile(r"^systemctl (?:--user )?enable --now (?P<unit>[\w-]+)(?P<at>@(?P<arg>\w+))?$")
START = re.compile(r"^ExecStart=@\w+@/(.*)$", re.M)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def run_by(command: str) -> str:
    """The command itself, or that of the unit which it enables."""
    enable = ENABLE.match(command)
    if not enable:
        return command
    unit = read(f"{UNITS}{enable['unit']}{'@' if enable['at'] else ''}.service.in")
    start = START.search(unit)
    return start[1].replace("%i", enable["arg"] or "") if start else command


def said(page: str) -> list[tuple[int, str]]:
    """What the test has to have, in its order, each with its line on the page."""
    found = []
    for block in BLOCK.finditer(page):
        line = page.count("\n", 0, block.start("text")) + 1
        lines = block["text"].splitlines()
        if block["kind"] == "ini":
            found.append((line, f"'{block['text'].rstrip()}'"))
            continue
        prompts = any(PROMPT.match(text) for text in lines)
        for at, text in enumerate(lines, line):
            if prompts and not PROMPT.match(text):
                found.append((at, text))
                continue
            command = COMMENT.sub("", PROMPT.sub("", text))
            if command not in DONE:
                found.append((at, f"'{run_by(command.removeprefix('sudo '))}'"))
    return found


def main() -> int:
    test = read(TEST)
    found = said(read(PAGE))
    bad = []
    last = 0
    for line, text in found:
        first = text.splitlines()[0]
        if text not in test:
            bad.append(f"{PAGE}:{line}: not in {TEST}: {first}")
        elif test.index(text) < last:
            bad.append(f"{PAGE}:{line}: earlier in {TEST} than on the page: {first}")
        else:
            last = test.index(text)
    if not found:
        bad.append(f"{PAGE}: says nothing to do")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
