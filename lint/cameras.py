#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does a test run what docs/cameras.md tells the reader to do?

Each command of the page, with the prompt of its domain, and each block of a
configuration is in tests/world/channel/test-channel-camera as it stands there.
"""

import re
import sys

PAGE = "docs/cameras.md"
TEST = "tests/world/channel/test-channel-camera"
BLOCK = re.compile(r"^```(?P<kind>sh|ini)\n(?P<text>.*?)^```$", re.S | re.M)
COMMAND = re.compile(r"^(?:usb|call)\$ (.*)$")


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def said(page: str) -> list[tuple[int, str]]:
    """The commands and configurations of the page, each with its line there."""
    found = []
    for block in BLOCK.finditer(page):
        line = page.count("\n", 0, block.start("text")) + 1
        if block["kind"] == "ini":
            found.append((line, block["text"].rstrip("\n")))
            continue
        for at, text in enumerate(block["text"].splitlines()):
            command = COMMAND.match(text)
            found.append((line + at, command[1] if command else text))
    return found


def main() -> int:
    test = read(TEST)
    found = said(read(PAGE))
    bad = [f"{PAGE}:{line}: not in {TEST}: {text.splitlines()[0]}"
           for line, text in found if f"'{text}'" not in test]
    if not found:
        bad.append(f"{PAGE}: says nothing to do")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
