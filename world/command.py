# SPDX-License-Identifier: GPL-2.0-only
"""Runs commands on the host, with time limits."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from say import Failure

GRACE = 10      # seconds between SIGTERM and SIGKILL
_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_stopping = threading.Event()


def _end(process: subprocess.Popen[bytes], grace: float | None) -> None:
    """Terminate a command and everything it started; after grace seconds, kill them.

    grace: None never kills
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
            if grace is None:
                return


def end_all() -> None:
    """Terminate every command that other threads wait for, and let no other start."""
    with _lock:
        _stopping.set()
        running = list(_running)
    for process in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def _start(command: list[str], settings: dict[str, Any]) -> subprocess.Popen[bytes]:
    with _lock:
        if _stopping.is_set():
            raise Failure(f"not started, because the run is ending: {' '.join(command)[:200]}")
        # Its own process group, so that no child outlives it
        process: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, start_new_session=True, **settings)
        _running.add(process)
        return process


def run(command: list[str], limit: float | None, **settings: Any) -> int:
    """The exit status; a command that takes more than limit seconds is a Failure.

    Without a limit, an interrupted command has all the time that it takes to end.

    settings: as of subprocess.Popen
    """
    with _start(command, settings) as process:
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            _end(process, GRACE)
            raise Failure(f"stopped after {limit} s: "
                          f"{' '.join(command)[:200]}") from None
        except BaseException:
            _end(process, limit and GRACE)
            raise
        finally:
            with _lock:
                _running.discard(process)


def follow(command: list[str], each: Callable[[str], None]) -> int:
    """The exit status; each(line) is called for every line that the command writes."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with _start(command, settings) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                each(line.decode(errors="replace").rstrip("\n"))
            return process.wait()
        except BaseException:
            _end(process, None)
            raise
        finally:
            with _lock:
                _running.discard(process)
