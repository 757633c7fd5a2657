#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the library export what its header declares: no more, no less?

exports.py HEADER MAP LIBRARY [NM]
"""
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import tap


def declared(header: str) -> set[str]:
    with open(header, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    text = re.sub(r"^\s*#.*$", "", text, flags=re.M)
    return set(re.findall(r"\b(xendmabuf_\w+)\s*\(", text))


def mapped(path: str) -> set[str]:
    with open(path, encoding="utf-8") as f:
        return set(re.findall(r"^\s*(xendmabuf_\w+);", f.read(), flags=re.M))


def exported(nm: str, library: str) -> set[str]:
    out = subprocess.run([nm, "-D", "--defined-only", library], check=True,
                         capture_output=True, text=True).stdout
    names = set()
    for line in out.splitlines():
        kind, name = line.split()[-2:]
        if kind == "A":  # the version itself
            continue
        names.add(name)
    return names


def main() -> int:
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
    return tap.report((name, [f"{'missing' if n in expected else 'too many'}: {n}"
                              for n in sorted(have ^ expected)])
                      for name, have, expected in checks)


if __name__ == "__main__":
    sys.exit(main())
