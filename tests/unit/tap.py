# SPDX-License-Identifier: GPL-2.0-only
"""Writes TAP for the test programs beside it."""

import traceback
from collections.abc import Callable, Iterable

# A name that makes sense alone, and what has to be true
Check = tuple[str, Callable[[], object]]
# A name that makes sense alone, and what was wrong: lines, none if nothing was
Finding = tuple[str, list[str]]


def report(findings: Iterable[Finding]) -> int:
    """The exit status of a program that has found this."""
    number = failed = 0
    for name, wrong in findings:
        number += 1
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
        for line in wrong:
            print(f"# {line}", flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


def _try(check: Callable[[], object]) -> list[str]:
    try:
        return [] if check() else ["it is not so"]
    except Exception:
        return traceback.format_exc().splitlines()


def run(checks: Iterable[Check]) -> int:
    """The exit status.  An exception fails the check that it comes from."""
    return report((name, _try(check)) for name, check in checks)
