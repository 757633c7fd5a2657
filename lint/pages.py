#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do tests run what pages of docs/ tell the reader to do?

Each command of a page, what it prints there, and each block of a configuration is in the
page's test as it stands on the page, and in the page's order.  In place of "systemctl
enable --now" the test runs the command of the unit.
"""

import re
import sys

PAGES = {
    "docs/cameras.md": "tests/world/channel/test-channel-camera",
    "docs/windows.md": "tests/world/wayland/test-windows-page",
}
UNITS = "packaging/systemd/"
# The worlds that run the tests have installed it like this
DONE = {"make all && sudo make install"}
BLOCK = re.compile(r"^```(?P<kind>sh|ini)\n(?P<text>.*?)^```$", re.S | re.M)
PROMPT = re.compile(r"^(?:dom0|work|usb|call)\$ ")
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


def differences(page: str, test: str) -> list[str]:
    """What of the page the test does not have, or not in the page's order."""
    has = read(test)
    found = said(read(page))
    bad = [] if found else [f"{page}: says nothing to do"]
    last = 0
    for line, text in found:
        first = text.splitlines()[0]
        if text not in has:
            bad.append(f"{page}:{line}: not in {test}: {first}")
        elif has.index(text) < last:
            bad.append(f"{page}:{line}: earlier in {test} than on the page: {first}")
        else:
            last = has.index(text)
    return bad


def main() -> int:
    bad = [text for page, test in PAGES.items() for text in differences(page, test)]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
