# SPDX-License-Identifier: GPL-2.0-only
"""Compare what a screen showed with what it should show."""

import os
import subprocess
import sys

COMPARE = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))),
                       "demo", "compare")
LIMIT = 100     # seconds


def compare(one: str, other: str) -> tuple[bool | None, str]:
    """Whether two PNG files show the same, None if one cannot be read; and compare's last line."""
    try:
        done = subprocess.run([sys.executable, COMPARE, one, other], capture_output=True,
                              text=True, check=False, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return None, f"compare took more than {LIMIT} s"
    said = (done.stdout + done.stderr).strip()
    said = said.splitlines()[-1] if said else "compare printed nothing"
    return {0: True, 1: False}.get(done.returncode), said
