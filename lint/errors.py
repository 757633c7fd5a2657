#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is every errno that the UAPI header documents produced by a test?

tests/world/errors says by which: call ("*" for what all calls share), errno,
program, function or table of it.  And is every test there that tests/world/in-tree names for
what gntdev's extension gets wrong?
"""

import re
import sys

HEADER = "include/uapi/xen/dmabuf.h"
TABLE = "tests/world/errors"
IN_TREE = "tests/world/in-tree"
CALL = re.compile(r"\* struct \w+ - XEN_DMABUF_(?:LEASE_)?IOC_(\w+)")
LIST = re.compile(r"\b((?:E[A-Z0-9]{2,}, )*E[A-Z0-9]{2,})(?::| when| for a| after)")
SHARED = re.compile(r"Errors that every call shares:(.*?)What a", re.S)


def documented(text: str) -> set[tuple[str, str]]:
    """Pairs of a call and an errno."""
    found = SHARED.search(text)
    shared = found.group(1) if found else ""
    pairs = {("*", name) for name in re.findall(r"\bE[A-Z0-9]{3,}\b", shared)}
    for block in re.findall(r"/\*\*.*?\*/", text, re.S):
        call = CALL.search(block)
        if call:
            pairs |= {(call.group(1), name) for names in LIST.findall(block)
                      for name in names.split(", ")}
    return pairs


def produces(program: str, function: str, errno: str = "") -> bool:
    """Whether a function or table of a test program is there, and mentions the errno."""
    begins = rf"(?:\w+ {function}\([^;]*?\)\n|const struct \w+ {function}\[\] = ){{\n"
    with open(f"tests/world/{program}.c", encoding="utf-8") as file:
        body = re.search(rf"^static {begins}.*?^}}", file.read(), re.S | re.M)
    return body is not None and errno in body.group(0)


def main() -> int:
    with open(HEADER, encoding="utf-8") as file:
        wanted = documented(file.read())
    bad = []
    with open(TABLE, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip()]
    for call, errno, program, function in rows:
        if (call, errno) not in wanted:
            bad.append(f"{TABLE}: {call} {errno} is not documented in {HEADER}")
        if not produces(program, function, errno):
            bad.append(f"{TABLE}: {function} of {program} does not produce {errno}")
    tested = {(row[0], row[1]) for row in rows}
    bad += [f"{HEADER}: {call} {errno} is in no row of {TABLE}"
            for call, errno in sorted(wanted - tested)]
    with open(IN_TREE, encoding="utf-8") as file:
        bad += [f"{IN_TREE}: there is no such test: {line.strip()}" for line in file
                if not produces(*line.split()[:2])]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
