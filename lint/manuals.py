#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Are the manual pages complete, and do they agree with the sources?

 - every function of the libraries has a page or a link in section 3, no page or
   link there is without one, and the prototypes are the header's
 - section 3 names every errno that the UAPI header documents
 - man/meson.build installs every page, and a Debian package has it
 - the synopses of xendmabuf(1) name the options that each command takes, and
   xen-displd(8), xen-channeld(8) and xen-wayland(1) theirs
 - every key of the JSON output is documented
 - what commands in manual pages and documents grant, a guest with Xen's defaults can
"""

import fnmatch
import glob
import os
import re
import sys
from collections.abc import Iterator

from errors import HEADER as UAPI, documented

# The libraries: header, what each exports, and the page that names every call
LIBRARIES = (
    ("include/xendmabuf.h", "lib/libxendmabuf.map", "man/libxendmabuf.7"),
    ("include/xendmabuf-channel.h", "lib/channel/libxendmabuf-channel.map",
     "man/libxendmabuf-channel.7"),
)
INSTALLED = "man/meson.build"
TOOL = "man/xendmabuf.1"
TOOL_JSON = "man/xendmabuf-json.5"
DISPLD = "man/xen-displd.8"
CHANNELD = "man/xen-channeld.8"

# Pages of programs that have the same options for all commands, and the source with them
PROGRAMS = {
    DISPLD: "displd/main.c",
    CHANNELD: "channel/main.c",
    "man/xen-wayland.1": "wayland/main.c",
}

# References of a guest: 64 frames of 512, of which the driver leaves 1,024 to others
REFERENCES = 64 * 512 - 1024
PAGE = 4096

# Calls of the kernel interface, and the page that lists their errors
CALLS = {
    "RESTRICT": "man/xendmabuf_open.3",
    "MAP": "man/xendmabuf_map.3",
    "GRANT": "man/xendmabuf_grant.3",
    "LEASE_OPEN": "man/xendmabuf_lease_open.3",
    "DMABUF": "man/xendmabuf_lease_dmabuf.3",
}
# Sources that write JSON, and the subsection that documents it
JSON = {
    "tools/doctor/finding.c": (TOOL_JSON, "doctor"),
    "tools/info.c": (TOOL_JSON, "info"),
    "tools/list.c": (TOOL_JSON, "list"),
    "tools/bench/result.c": (TOOL_JSON, "bench"),
    "displd/status.c": (DISPLD, "status"),
    "channel/status.c": (CHANNELD, "status"),
    "wayland/host/worker/status.c": ("man/xen-wayland.1", "status"),
}


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def section(text: str, name: str) -> str:
    """The body of a .Sh or .Ss; empty if there is none."""
    found = re.search(rf"^\.S[hs] {re.escape(name)}\n(.*?)(?=^\.S[hs] |\Z)",
                      text, re.S | re.M)
    return found.group(1) if found else ""


def normal(text: str) -> str:
    """A prototype with no more space than it needs."""
    text = re.sub(r"\s+", " ", text)
    return re.sub(r" ?([*(),]) ?", r"\1", text).strip()


def declared() -> dict[str, str]:
    """Prototypes of the headers by name; parameter names included."""
    text = "".join(re.sub(r"/\*.*?\*/|^\s*#[^\n]*", "", read(header), flags=re.S | re.M)
                   for header, _, _ in LIBRARIES)
    found = {}
    for result, name, args in re.findall(
            r"([\w\s]+?[ *]+)(xendmabuf_\w+)\(([^)]*)\);", text):
        found[name] = normal(f"{result} {name}({args})")
    return found


def prototype(result: str, name: str, args: list[str]) -> str:
    return normal(f"{result} {name}({','.join(args)})")


def in_synopsis(text: str) -> dict[str, str]:
    """Prototypes of a page's synopsis by name."""
    found = {}
    result, name = "", ""
    args: list[str] = []
    for line in section(text, "SYNOPSIS").splitlines():
        macro, _, rest = line.partition(" ")
        words = [quoted or bare for quoted, bare in
                 re.findall(r'"([^"]*)"|(\S+)', rest)]
        if macro == ".Ft":
            result = rest
        elif macro == ".Fn":
            found[words[0]] = prototype(result, words[0], words[1:])
        elif macro == ".Fo":
            name, args = words[0], []
        elif macro == ".Fa":
            args += words
        elif macro == ".Fc":
            found[name] = prototype(result, name, args)
    return found


def check_calls() -> Iterator[str]:
    exported = {symbols: set(re.findall(r"\b(xendmabuf_\w+);", read(symbols)))
                for _, symbols, _ in LIBRARIES}
    every = set().union(*exported.values())
    prototypes = declared()
    meson = read(INSTALLED)
    table = re.search(r"call_pages = {(.*?)^}", meson, re.S | re.M)
    owner = {}
    for page, links in re.findall(r"'(\w+)': \[(.*?)\]", table.group(1) if table else "", re.S):
        path = f"man/{page}.3"
        if not os.path.exists(path):
            yield f"{INSTALLED}: there is no {path}"
            continue
        text = read(path)
        names = [page] + re.findall(r"'(\w+)'", links)
        for name in names:
            owner[name] = page
            if name not in every:
                yield f"{INSTALLED}: {name}.3 is for no function of a library"
        headline = re.findall(r"^\.Nm (\w+)", section(text, "NAME"), re.M)
        if sorted(headline) != sorted(names):
            yield (f"{path}: NAME has {', '.join(headline)}; "
                   f"{INSTALLED} installs it as {', '.join(names)}")
        synopsis = in_synopsis(text)
        for name in sorted(set(names) | set(synopsis)):
            if synopsis.get(name) != prototypes.get(name):
                yield (f"{path}: SYNOPSIS has {synopsis.get(name)}; "
                       f"the header has {prototypes.get(name)}")
    for _, symbols, overview in LIBRARIES:
        for name in sorted(exported[symbols] - set(owner)):
            yield f"{symbols}: {name} has no manual page: add it to {INSTALLED}"
        named = re.findall(r"^\.Fn (xendmabuf_\w+)", read(overview), re.M)
        for name in sorted(exported[symbols] - set(named)):
            yield f"{overview}: does not mention {name}"
    for path in glob.glob("man/*.3"):
        if os.path.basename(path)[:-2] not in owner.values():
            yield f"{path}: not installed by {INSTALLED}"


def check_errors() -> Iterator[str]:
    for call, errno in sorted(documented(read(UAPI))):
        page = CALLS.get(call)
        if page and not re.search(rf"^\.It Er .*\b{errno}\b", read(page), re.M):
            yield f"{page}: does not explain {errno}, which {UAPI} documents"


def check_installed() -> Iterator[str]:
    meson = read(INSTALLED)
    listed = set(re.findall(r"'([\w.-]+\.[1-9])'", meson))
    packaged = []
    for path in glob.glob("packaging/debian/*.install"):
        packaged += re.findall(r"^usr/share/man/(\S+)$", read(path), re.M)
    for page in sorted(os.path.basename(p) for p in glob.glob("man/*.[1-9]")):
        number = page[-1]
        if number != "3" and page not in listed:
            yield f"man/{page}: not installed by {INSTALLED}"
        if not any(fnmatch.fnmatch(f"man{number}/{page}", p) for p in packaged):
            yield f"man/{page}: in no package (packaging/debian/*.install)"
    for page in sorted(listed):
        if not os.path.exists(f"man/{page}"):
            yield f"{INSTALLED}: there is no man/{page}"


def taken(path: str) -> set[str]:
    """Long options of a source; xt_arg_json() reads one for it."""
    text = read(path)
    json = {"json"} if re.search(r"\bxt_arg_json\(&", text) else set()
    return json | set(re.findall(r'{ "([\w-]+)", (?:no|required)_argument', text))


def check_options() -> Iterator[str]:
    synopses: dict[str, set[str]] = {}
    for block in section(read(TOOL), "SYNOPSIS").split(".Nm\n")[1:]:
        for command in re.findall(r"\A\.Cm (\w+)", block):
            options = set(re.findall(r"\bFl -([\w-]+)", block))
            synopses.setdefault(command, set()).update(options)
    for path in sorted(glob.glob("tools/**/*.c", recursive=True)):
        for command in re.findall(r"^const struct xt_command xt_cmd_(\w+) = {",
                                  read(path), re.M):
            named = synopses.pop(command, None)
            if named is None:
                yield f"{TOOL}: SYNOPSIS lacks {command}"
                continue
            if command in ("connect", "listen", "map", "recv"):
                named -= {"exec"}  # not getopt's
            for option in sorted(named ^ taken(path)):
                where = path if option in named else TOOL
                yield f"{where}: {command} lacks --{option}"
    synopses.pop("help", None)  # main.c's own
    for command in synopses:
        yield f"{TOOL}: SYNOPSIS has {command}, which is no command"
    for page, source in PROGRAMS.items():
        text = read(page)
        for option in sorted(taken(source)):
            if not re.search(rf"\bFl -{option}\b", text):
                yield f"{page}: does not document --{option}"


def check_json() -> Iterator[str]:
    for source, (page, name) in JSON.items():
        text = read(source) if os.path.exists(source) else ""
        keys = set(re.findall(
            r'xdc_json_(?:open|text|number|bool)\(\s*&?[\w.>-]+,\s*"(\w+)"', text))
        if not keys:
            yield f"{source}: writes no JSON: correct the list in lint/manuals.py"
            continue
        body = section(read(page), f"JSON of {name}")
        known = set()
        for words in re.findall(r"^\.It Li (.*)$", body, re.M):
            known |= set(re.findall(r"\w+", words))
        for key in sorted(keys - known):
            yield f"{page}: JSON of {name} lacks {key}, which {source} writes"
        for key in sorted(known - keys):
            yield f"{page}: JSON of {name} has {key}, which {source} does not write"


def check_sizes() -> Iterator[str]:
    for path in sorted(glob.glob("man/*.[1-9]") + glob.glob("docs/*.md") + ["README.md"]):
        for size in re.findall(r"\bgrant\b.* --bytes (\d+)", read(path)):
            if int(size) > REFERENCES * PAGE:
                yield f"{path}: {size} bytes are more than a guest can grant by default"


def main() -> int:
    bad = [*check_calls(), *check_errors(), *check_installed(),
           *check_options(), *check_json(), *check_sizes()]
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
