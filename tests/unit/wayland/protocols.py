#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What xwl_message_destroys() takes for granted of protocols, in TAP.

usage: protocols.py XML..."""

import sys
import xml.etree.ElementTree as ElementTree


def wrong_requests(path: str) -> list[str]:
    """Requests whose name and arguments do not say whether they destroy their object."""
    wrong = []
    for interface in ElementTree.parse(path).getroot().iter("interface"):
        for request in interface.iter("request"):
            plain = request.get("name") in ("destroy", "release") and request.find("arg") is None
            if plain != (request.get("type") == "destructor"):
                wrong.append(f"{interface.get('name')}.{request.get('name')}")
    return wrong


def main() -> int:
    paths = sys.argv[1:]
    print(f"1..{len(paths)}")
    for number, path in enumerate(paths, 1):
        wrong = wrong_requests(path)
        verdict = "not ok" if wrong else "ok"
        name = path.rsplit("/", maxsplit=1)[-1]
        print(f"{verdict} {number} - {name}: destructors are named destroy or release")
        for request in wrong:
            print(f"# {request}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
