# SPDX-License-Identifier: GPL-2.0-only
"""Progress on standard error, with the seconds since the start, and where they went."""

import contextlib
import sys
import time

START = time.monotonic()
STEPS = []      # (text, seconds since the start at its begin, and at its end)


class Failure(Exception):
    """Something that ends the run; its text tells the user what and why."""


def since_start():
    return time.monotonic() - START


def phase(text):
    print(f"[{since_start():6.1f}] {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(text, hint=""):
    """Announce a step and remember how long it took; steps may run beside each other."""
    begin = since_start()
    phase(text + hint)
    try:
        yield
    finally:
        STEPS.append((text, begin, since_start()))


def time_table():
    """Lines that say where the time went."""
    lines = [f"{end - begin:5.0f} s  {text} (from {begin:.0f} to {end:.0f})"
             for text, begin, end in sorted(STEPS, key=lambda item: item[1])]
    return ["where the time went:", *lines, f"{since_start():5.0f} s  all of it"]
