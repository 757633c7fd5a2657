#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does lint/imports.py find circles and upward uses in small trees?  Writes TAP.

Usage: imports.py LINT COMPILER...: the script, and the compiler with its options
"""

import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import tap

LINT, COMPILER = os.path.abspath(sys.argv[1]), sys.argv[2:]
Tree = dict[str, str]   # path -> content

# Each part uses what is below it only
GOOD: Tree = {
    "include/xendmabuf.h": "int xendmabuf_open(void);\n",
    "common/list.h": "int list_length(void);\n",
    "common/list.c": '#include "list.h"\nint list_length(void) { return 0; }\n',
    "lib/open.c": "#include <xendmabuf.h>\n"
                  '#include "../common/list.h"\n'
                  "int xendmabuf_open(void) { return list_length(); }\n",
    "displd/screen.h": "int screen_show(void);\n",
    "displd/screen.c": '#include "screen.h"\n#include "../common/list.h"\n'
                       "int screen_show(void) { return list_length(); }\n",
    "displd/main.c": '#include <xendmabuf.h>\n#include "screen.h"\n'
                     "int main(void) { return xendmabuf_open() + screen_show(); }\n",
    "tools/show.h": "int show_picture(void);\n",
    "tools/show.c": '#include "show.h"\nint show_picture(void) { return 0; }\n',
    "tests/fake.h": "int fake_open(void);\n",
    "driver/map.h": "int xdb_map(void);\n",
    "driver/map.c": '#include "map.h"\nint xdb_map(void)\n{\n\treturn 0;\n}\n',
    "driver/main.c": '#include "map.h"\nint xdb_init(void)\n{\n\treturn xdb_map();\n}\n',
}


OBJECTS: dict[tuple[str, str], bytes] = {}     # of a source's path and content


def compile_once(line: list[str], folder: str, output: str, source: tuple[str, str]) -> None:
    place = os.path.join(folder, output)
    if source in OBJECTS:
        with open(place, "wb") as file:
            file.write(OBJECTS[source])
        return
    subprocess.run(line, cwd=folder, check=True)
    with open(place, "rb") as file:
        OBJECTS[source] = file.read()


def build(folder: str, tree: Tree, compiled: bool) -> None:
    """The files, known to git, and what meson leaves where it has built user space."""
    commands = []
    for path, text in {**tree, ".gitignore": "/build\n"}.items():
        place = os.path.join(folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
    for path in tree:
        if not path.endswith(".c") or path.startswith("driver/"):
            continue
        output = path.replace(".c", ".o")
        os.makedirs(os.path.join(folder, "build", os.path.dirname(output)), exist_ok=True)
        line = [*COMPILER, "-I../include", "-w", "-c", "../" + path, "-o", output]
        if compiled:
            compile_once(line, os.path.join(folder, "build"), output, (path, tree[path]))
        commands.append({"directory": os.path.join(folder, "build"), "file": "../" + path,
                         "output": output, "command": " ".join(line)})
    with open(os.path.join(folder, "build/compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump(commands, file)
    subprocess.run(["git", "init", "-q", folder], check=True)


def said_of(changes: Tree, compiled: bool = True) -> tuple[int, str]:
    """(exit status, output) of the lint for the good tree with these files changed."""
    with tempfile.TemporaryDirectory() as folder:
        # The lint compares paths without links
        folder = os.path.realpath(folder)
        build(folder, {**GOOD, **changes}, compiled)
        done = subprocess.run([sys.executable, LINT, "--build", "build"], cwd=folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def named(changes: Tree, *lines: str) -> bool:
    """Whether the lint fails and says this, and nothing else."""
    status, said = said_of(changes)
    for line in said.splitlines():
        print(f"# {line}")
    return status == 1 and said.splitlines() == list(lines)


CIRCLE_OF_HEADERS = {
    "displd/flip.h": "int flip_page(void);\n",
    "displd/flip.c": '#include "flip.h"\n#include "screen.h"\nint flip_page(void) { return 0; }\n',
    "displd/screen.c": '#include "screen.h"\n#include "flip.h"\n'
                       "int screen_show(void) { return 0; }\n",
}
CIRCLE_OF_CALLS = {
    "lib/wait.c": "int xendmabuf_open(void);\nint wait_end(void) { return xendmabuf_open(); }\n",
    "lib/open.c": "int wait_end(void);\nint xendmabuf_open(void) { return wait_end(); }\n",
}
CIRCLE_OF_THREE = {
    "lib/one.c": "int two(void);\nint one(void) { return two(); }\n",
    "lib/two.c": "int three(void);\nint two(void) { return three(); }\n",
    "lib/three.c": "int one(void);\nint three(void) { return one(); }\n",
}
# The one that is above fills the table: no circle
CALLBACK = {
    "displd/screen.c": '#include "screen.h"\nint (*screen_flip)(void);\n'
                       "int screen_show(void) { return screen_flip(); }\n",
    "displd/main.c": "extern int (*screen_flip)(void);\nint screen_show(void);\n"
                     "static int flip(void) { return 0; }\n"
                     "int main(void) { screen_flip = flip; return screen_show(); }\n",
}

CHECKS = (
    ("imports: a tree that is right passes", lambda: said_of({}) == (0, "\n")),
    ("imports: a callback is no circle", lambda: said_of(CALLBACK) == (0, "\n")),
    ("imports: two files include each other: circle named", lambda: named(
        CIRCLE_OF_HEADERS, "circle of 2: displd/flip displd/screen",
        '    displd/flip.c includes "screen.h"', '    displd/screen.c includes "flip.h"')),
    ("imports: two files call each other without a header: circle named", lambda: named(
        CIRCLE_OF_CALLS, "circle of 2: lib/open lib/wait",
        "    lib/open.c uses wait_end of lib/wait.c",
        "    lib/wait.c uses xendmabuf_open of lib/open.c")),
    ("imports: three files in a circle: each is named", lambda: named(
        CIRCLE_OF_THREE, "circle of 3: lib/one lib/three lib/two",
        "    lib/one.c uses two of lib/two.c", "    lib/two.c uses three of lib/three.c",
        "    lib/three.c uses one of lib/one.c")),
    ("imports: two files of the driver name each other: circle named", lambda: named(
        {"driver/map.c": "int xdb_map(void)\n{\n\treturn xdb_init();\n}\n"},
        "circle of 2: driver/main driver/map",
        '    driver/main.c includes "map.h"',
        "    driver/map.c uses xdb_init of driver/main.c")),
    ("imports: a header of the part above: named", lambda: named(
        {"common/list.c": '#include "../tools/show.h"\nint list_length(void) { return 0; }\n'},
        'upward: common/list.c includes "../tools/show.h" (tools is above common)')),
    ("imports: a function of the part above: named", lambda: named(
        {"common/list.c": "int show_picture(void);\n"
                          "int list_length(void) { return show_picture(); }\n"},
        "upward: common/list.c uses show_picture of tools/show.c (tools is above common)")),
    ("imports: the daemon uses the command: named", lambda: named(
        {"displd/screen.c": '#include "../tools/show.h"\nint screen_show(void) { return 0; }\n'},
        'upward: displd/screen.c includes "../tools/show.h" (tools is above displd)')),
    ("imports: a program uses a header of the tests: named", lambda: named(
        {"tools/show.c": '#include "../tests/fake.h"\nint show_picture(void) { return 0; }\n'},
        'upward: tools/show.c includes "../tests/fake.h" '
        "(not part of the product is above tools)")),
    ("imports: a tree that is not compiled: says how", lambda: (
        said_of({}, compiled=False)[0] == 1
        and "is not compiled; try: meson compile -C build" in said_of({}, compiled=False)[1])),
)


if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
