#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the library export what its header declares: no more, no less?

exports.py HEADER MAP LIBRARY [NM]
"""
import re
import subprocess
import sys


def declared(header):
    with open(header, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return set(re.findall(r"\b(xendmabuf_\w+)\s*\(", text))


def mapped(path):
    with open(path, encoding="utf-8") as f:
        return set(re.findall(r"^\s*(xendmabuf_\w+);", f.read(), flags=re.M))


def exported(nm, library):
    out = subprocess.run([nm, "-D", "--defined-only", library], check=True,
                         capture_output=True, text=True).stdout
    names = set()
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if kind == "A":  # the version itself
            continue
        names.add(name)
    return names


def main():
    header, symbol_map, library = sys.argv[1:4]
    nm = sys.argv[4] if len(sys.argv) > 4 else "nm"
    want = declared(header)
    versioned = {n + "@@XENDMABUF_0" for n in want}
    checks = [
        ("header: declares functions", want, want or {"functions"}),
        ("symbol map: names what the header declares",
         mapped(symbol_map), want),
        ("library: exports what the header declares, versioned, and no more",
         exported(nm, library), versioned),
    ]
    failed = 0
    print(f"1..{len(checks)}")
    for i, (name, have, expected) in enumerate(checks, 1):
        good = have == expected
        print(f"{'ok' if good else 'not ok'} {i} - {name}")
        for n in sorted(have ^ expected):
            print(f"# {'missing' if n in expected else 'too many'}: {n}")
        failed += not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
