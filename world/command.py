# SPDX-License-Identifier: GPL-2.0-only
"""Commands of the host's, each with a time limit."""

import contextlib
import os
import signal
import subprocess

from say import Failure

GRACE = 10      # seconds to end in order


def _end(process):
    """The command and everything it started: in order, or else at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)


def run(command, limit, **settings):
    """The exit status; a command that takes more than limit seconds is a Failure."""
    # A process group of its own, so that no child outlives it
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                          **settings) as process:
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            _end(process)
            raise Failure(f"still running after {limit} s, and ended: "
                          f"{' '.join(command)[:200]}") from None
        except BaseException:
            _end(process)
            raise
