#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""layout.py FILE...: does .editorconfig say how the files are written?

The indentation is that of most of a file's indented lines: a C comment's second
line begins with a space, and a shell script within Python with a tab."""

import os
import subprocess
import sys

FEW = 4


def wrong(path: str, want: dict[str, str]) -> str:
    """The first rule of .editorconfig that the file breaks; empty if there is none."""
    with open(path, "rb") as file:
        data = file.read()
    lines = data.split(b"\n")
    if want.get("insert_final_newline") == "true" and data and data[-1:] != b"\n":
        return "the last line has no line end"
    if want.get("trim_trailing_whitespace") == "true" and any(
            line != line.rstrip() for line in lines):
        return "space at line ends"
    if want.get("end_of_line") == "lf" and b"\r" in data:
        return "carriage returns"
    if want.get("charset") == "utf-8":
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return "not UTF-8"
    tabs = sum(line.startswith(b"\t") for line in lines)
    spaces = sum(line.startswith(b"  ") for line in lines)
    style = want.get("indent_style")
    if (style == "tab" and spaces > tabs + FEW) or (style == "space" and tabs > spaces):
        return f"{tabs} lines begin with a tab and {spaces} with spaces; .editorconfig says {style}"
    return ""


def settings(paths: list[str]) -> dict[str, dict[str, str]]:
    """What .editorconfig says of each path."""
    # of one path it prints no name
    names = [os.path.abspath(path) for path in (".", *paths)]
    out = subprocess.run(["editorconfig", *names], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    found: dict[str, dict[str, str]] = {}
    want: dict[str, str] = {}
    for line in out.splitlines():
        if line.startswith("["):
            want = found[line[1:-1]] = {}
        else:
            name, value = line.split("=", 1)
            want[name] = value
    return found


def main() -> int:
    bad = 0
    found = settings(sys.argv[1:])
    for path in sys.argv[1:]:
        want = found[os.path.abspath(path)]
        why = wrong(path, want)
        if why or not want:
            print(f"{path}: {why or 'no section of .editorconfig matches it'}")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
