#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the examples in the manual pages compile?

manuals.py INCLUDE-DIRECTORY PAGE... -- COMPILER...
"""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import tap

# One for each of open, map, grant and wait, at the least
LEAST = 4


def examples(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", text, re.S | re.M)
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$",
                        found.group(1) if found else "", re.S | re.M)
    # roff's way of writing a backslash
    return [block.replace(r"\e", "\\") for block in blocks]


def compiles(compiler: list[str], include: str, text: str) -> str:
    """What the compiler says against it; nothing if it compiles."""
    command = compiler + ["-std=gnu11", "-Wall", "-Wextra", "-Werror",
                          "-I" + include, "-I" + os.path.join(include, "uapi"),
                          "-fsyntax-only", "-x", "c", "-"]
    run = subprocess.run(command, input=text, text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.stdout + f"exit status {run.returncode}" if run.returncode else ""


def main() -> int:
    end = sys.argv.index("--")
    include, pages, compiler = sys.argv[1], sys.argv[2:end], sys.argv[end + 1:]
    results = [("invalid example: refused by the compiler",
                "" if compiles(compiler, include, "int main(void) { xendmabuf }\n")
                else "it was accepted")]
    for page in pages:
        for i, text in enumerate(examples(page), 1):
            results.append((f"{os.path.basename(page)}: example {i} compiles",
                            compiles(compiler, include, text)))
    results.append(("manual pages: have at least four examples",
                    "" if len(results) > LEAST else "too few were found"))
    return tap.report((name, wrong.splitlines()) for name, wrong in results)


if __name__ == "__main__":
    sys.exit(main())
