#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the documents name functions and source files that exist?

Looks at `name()` and `folder/file.c` in README.md, SECURITY.md, CONTRIBUTING.md and docs/."""

import re
import subprocess
import sys

FUNCTION = re.compile(r"`(\w+)\(\)`")
FILE = re.compile(r"`([\w./-]+\.(?:c|h|py))`")
# Defined, declared or called somewhere
DEFINED = re.compile(r"(?:^|[\s*])(\w+)\(", re.M)


def listed(*patterns: str) -> list[str]:
    return subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard",
                           *patterns], check=True, capture_output=True, text=True).stdout.split()


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def main() -> int:
    sources = listed("*.c", "*.h", "*.py", "*.map")
    functions: set[str] = set()
    for path in sources:
        functions |= set(DEFINED.findall(read(path)))
    names = {path.rsplit("/", maxsplit=1)[-1] for path in sources}
    wrong = 0
    for path in [*listed("docs/*.md"), "README.md", "SECURITY.md", "CONTRIBUTING.md"]:
        for number, line in enumerate(read(path).splitlines(), 1):
            for function in FUNCTION.findall(line):
                if function not in functions:
                    print(f"{path}:{number}: there is no function {function}()")
                    wrong = 1
            for name in FILE.findall(line):
                if name.startswith("arch/"):    # of the kernel
                    continue
                if name not in sources and name.rsplit("/", maxsplit=1)[-1] not in names:
                    print(f"{path}:{number}: there is no file {name}")
                    wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
