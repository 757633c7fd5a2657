#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What xwl_message_destroys() takes for granted of protocols, in TAP.

usage: protocols.py XML..."""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import tap


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
    return tap.report((f"{pathlib.Path(path).name}: destructors are named destroy or release",
                       wrong_requests(path)) for path in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
