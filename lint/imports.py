#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Imports go down only: no circles between files, no component that uses one above it.

usage: lint/imports.py [--build FOLDER]

A unit is a source file with its header.  A unit uses another if it includes its header,
or calls (by nm, of the objects in FOLDER) or names what the other defines.  Operation
tables, init tables and callbacks are the ways out of a circle: who fills the table is
above both."""

import argparse
import json
import pathlib
import posixpath
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

# What each component may use beside itself
FLOORS: dict[str, set[str]] = {
    "include": set(),
    "driver": {"include"},
    "common": set(),
    "lib": {"include", "common"},
    "tools": {"include", "common", "lib"},
    "displd": {"include", "common", "lib"},
    "channel": {"include", "common", "lib"},
    "wayland": {"include", "common", "lib"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<(xen/dmabuf[^>]*|xendmabuf[^>]*)>)', re.M)
DEFINED = set("TDBRCVWGS")
# In the driver, which is compiled elsewhere: definitions begin in the first column
DRIVER_NAME = re.compile(r"(?<!struct )\b(xdb_\w+|xen_dmabuf_\w+)\b")
DRIVER_DEFINES = re.compile(
    r"^(?!static\b|extern\b|struct \w+ \{|enum |#|typedef |EXPORT_|\s|/|\*)"
    r"[\w \t*]*?\b(xdb_\w+|xen_dmabuf_\w+)(?:\(|\[|;|\s*=)", re.M)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)

Uses = dict[str, dict[str, str]]  # unit -> unit that it uses -> why


def component(path: str) -> str | None:
    """Whose file it is; None for tests, demo and bench, which nothing may use."""
    parts = path.split("/")
    return parts[0] if parts[0] in FLOORS and "tests" not in parts else None


def unit(path: str) -> str:
    return re.sub(r"\.[ch]$", "", path)


def sources() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.c", "*.h"],
        check=True, capture_output=True, text=True).stdout.split()
    return [path for path in listed if pathlib.Path(path).exists()]


class Build:
    """The objects of user space, and the include folders of each component."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.objects: dict[str, pathlib.Path] = {}
        self.folders: dict[str, list[str]] = {}
        root = pathlib.Path.cwd()
        for command in json.loads((folder / "compile_commands.json").read_text()):
            where = pathlib.Path(command["directory"])
            source = (where / command["file"]).resolve()
            if not source.is_relative_to(root):
                continue
            path = str(source.relative_to(root))
            owner = component(path)
            # Tests compile some files once more
            if not owner or not command["output"].startswith(owner + "/"):
                continue
            self.objects[path] = where / command["output"]
            for word in shlex.split(command["command"]):
                if word.startswith("-I"):
                    found = (where / word[2:]).resolve()
                    if found.is_relative_to(root):
                        self.folders.setdefault(owner, []).append(
                            str(found.relative_to(root)))


def includes(path: str, known: set[str], folders: list[str]) -> Iterator[tuple[str, str]]:
    """Each file of this project that path includes, and the line that does it."""
    for match in INCLUDE.finditer(pathlib.Path(path).read_text()):
        name = match[1] or match[2]
        beside = [str(pathlib.PurePosixPath(path).parent)] if match[1] else []
        for folder in [*beside, *folders, "include", "include/uapi"]:
            found = posixpath.normpath(posixpath.join(folder, name))
            if found in known:
                yield found, f'{path} includes "{name}"'
                break


def symbols(objects: dict[str, pathlib.Path]) -> Iterator[tuple[str, str, bool]]:
    """Of each source: a symbol, and whether it is defined there."""
    for path, file in objects.items():
        listed = subprocess.run(["nm", "-P", "-g", str(file)], check=True,
                                capture_output=True, text=True).stdout
        for line in listed.splitlines():
            name, kind = line.split()[:2]
            if kind in DEFINED or kind == "U":
                yield path, name, kind != "U"


def driver_symbols(paths: list[str]) -> Iterator[tuple[str, str, bool]]:
    for path in paths:
        text = COMMENT.sub("", pathlib.Path(path).read_text())
        own = set(DRIVER_DEFINES.findall(text))
        for name in own:
            yield path, name, True
        for name in set(DRIVER_NAME.findall(text)) - own:
            yield path, name, False


def find_uses(paths: list[str], build: Build) -> Uses:
    uses: Uses = {}
    known = set(paths)

    def add(user: str, used: str, why: str) -> None:
        if unit(user) != unit(used):
            uses.setdefault(unit(user), {}).setdefault(unit(used), why)

    product = [path for path in paths if component(path)]
    for path in product:
        owner = component(path) or ""
        for found, why in includes(path, known, build.folders.get(owner, [])):
            add(path, found, why)
    driver = [path for path in product if path.startswith("driver/") and path.endswith(".c")]
    for listed in list(symbols(build.objects)), list(driver_symbols(driver)):
        home = {name: path for path, name, defined in listed if defined}
        for path, name, defined in listed:
            if not defined and name in home:
                add(path, home[name], f"{path} uses {name} of {home[name]}")
    return uses


def upward(uses: Uses) -> Iterator[str]:
    for user, used in sorted(uses.items()):
        owner = component(user + ".c")
        if owner is None:
            continue
        for other, why in sorted(used.items()):
            whose = component(other + ".c")
            if whose != owner and whose not in FLOORS[owner]:
                yield f"upward: {why} ({whose or 'not part of the product'} is above {owner})"


def groups(uses: Uses) -> list[list[str]]:
    """Units that reach each other (Tarjan), of two and more."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(at: str) -> None:
        index[at] = low[at] = len(index)
        stack.append(at)
        for other in uses.get(at, {}):
            if other not in index:
                visit(other)
                low[at] = min(low[at], low[other])
            elif other in stack:
                low[at] = min(low[at], index[other])
        if low[at] == index[at]:
            group = stack[stack.index(at):]
            del stack[stack.index(at):]
            if len(group) > 1:
                found.append(sorted(group))

    for start in sorted(uses):
        if start not in index:
            visit(start)
    return found


def shortest(group: list[str], uses: Uses) -> list[str]:
    """The shortest way round in a group, as reasons."""
    best: list[str] = []
    for start in group:
        ways: list[tuple[str, list[str]]] = [(start, [])]
        seen: set[str] = set()
        while ways:
            at, way = ways.pop(0)
            for other, why in uses.get(at, {}).items():
                if other == start and (not best or len(way) + 1 < len(best)):
                    best = [*way, why]
                elif other in group and other not in seen:
                    seen.add(other)
                    ways.append((other, [*way, why]))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/clang"),
                        help="where meson built user space (default: %(default)s)")
    folder: pathlib.Path = parser.parse_args().build
    if not (folder / "compile_commands.json").exists():
        print(f"{folder} holds no build; try: meson setup {folder} && meson compile -C {folder}")
        return 1
    paths = sources()
    build = Build(folder)
    missing = [path for path, file in build.objects.items() if not file.exists()]
    if missing:
        print(f"{missing[0]} is not compiled; try: meson compile -C {folder}")
        return 1
    uses = find_uses(paths, build)
    wrong = list(upward(uses))
    for group in groups(uses):
        wrong.append(f"circle of {len(group)}: {' '.join(group)}")
        wrong += [f"    {why}" for why in shortest(group, uses)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
