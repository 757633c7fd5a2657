# SPDX-License-Identifier: GPL-2.0-only
"""Runs the checks of a test program and writes TAP; its tests import this."""

import traceback
from collections.abc import Callable, Iterable

# A name that makes sense alone, and what has to be true
Check = tuple[str, Callable[[], object]]


def run(checks: Iterable[Check]) -> int:
    """The exit status.  An exception fails the check that it comes from."""
    todo = list(checks)
    failed = 0
    print(f"1..{len(todo)}")
    for number, (name, check) in enumerate(todo, 1):
        try:
            good = bool(check())
        except Exception:
            good = False
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}", flush=True)
    return 1 if failed else 0
