#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the examples in the manual pages compile?

manuals.py INCLUDE-DIRECTORY PAGE... -- COMPILER...
"""
import os
import re
import subprocess
import sys

# At least one for each of open, map, grant and wait
LEAST = 4


def examples(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", text, re.S | re.M)
    blocks = re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$",
                        found.group(1) if found else "", re.S | re.M)
    # roff's way of writing a backslash
    return [block.replace(r"\e", "\\") for block in blocks]


def compiles(compiler, include, text):
    """What the compiler says against it; nothing if it does."""
    command = compiler + ["-std=gnu11", "-Wall", "-Wextra", "-Werror",
                          "-I" + include, "-I" + os.path.join(include, "uapi"),
                          "-fsyntax-only", "-x", "c", "-"]
    run = subprocess.run(command, input=text, text=True, check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return run.stdout + f"exit status {run.returncode}" if run.returncode else ""


def main():
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
    print(f"1..{len(results)}")
    for i, (name, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {i} - {name}")
        for line in wrong.splitlines():
            print("#", line)
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
