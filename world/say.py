# SPDX-License-Identifier: GPL-2.0-only
"""Progress on standard error, with the seconds since the start."""

import sys
import time

START = time.monotonic()


class Failure(Exception):
    """Something that ends the run; its text tells the user what and why."""


def phase(text):
    print(f"[{time.monotonic() - START:6.1f}] {text}", file=sys.stderr, flush=True)
