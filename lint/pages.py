#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do tests run what pages of docs/ tell the reader to do?

Each command of a page, what it prints there, and each block of a configuration is in the
page's test as it stands on the page, and in the page's order.  In place of "systemctl
--user enable --now" and "systemctl restart" the test runs the command of the unit.  What
an ordinary user does not find in PATH has sudo before it.
"""

import re
import sys
from collections.abc import Iterator

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
# Packages start the daemons, so that "enable --now" would do nothing for theirs
START_UNIT = re.compile(r"^systemctl (?:--user enable --now|restart) "
                        r"(?P<unit>[\w-]+)(?P<at>@(?P<arg>\w+))?$")
# Of the next boot, which no test waits for
ENABLE = re.compile(r"^systemctl enable [\w-]+$")
SBIN = {"modprobe", "xen-channeld", "xen-displd", "xl"}
START = re.compile(r"^ExecStart=@\w+@/(.*)$", re.M)


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def run_by(command: str) -> str:
    """The command itself, or that of the unit which it starts."""
    started = START_UNIT.match(command)
    if not started:
        return command
    unit = read(f"{UNITS}{started['unit']}{'@' if started['at'] else ''}.service.in")
    start = START.search(unit)
    return start[1].replace("%i", started["arg"] or "") if start else command


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
            as_root = command.removeprefix("sudo ")
            if command not in DONE and not ENABLE.match(as_root):
                found.append((at, f"'{run_by(as_root)}'"))
    return found


def not_found(page: str) -> Iterator[str]:
    """Commands of the page that only root has in PATH."""
    for block in BLOCK.finditer(read(page)):
        for text in block["text"].splitlines() if block["kind"] == "sh" else []:
            command = PROMPT.sub("", text).split()
            if command and command[0] in SBIN:
                yield f"{page}: lacks sudo: {text}"


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
    bad = [text for page, test in PAGES.items()
           for text in [*differences(page, test), *not_found(page)]]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
