# SPDX-License-Identifier: GPL-2.0-only
"""Runs a program's main(): an error ends it with a line that says what to do."""

import contextlib
import errno
import subprocess
import sys
from collections.abc import Callable, Iterator

from say import Failure

MAKE_ROOM = "Free some, or: make clean"
ADVICE = {
    errno.ENOSPC: MAKE_ROOM,
    errno.EDQUOT: MAKE_ROOM,
    errno.EACCES: "If a run as root has left it, try: sudo make clean",
    errno.EPERM: "If a run as root has left it, try: sudo make clean",
    errno.EROFS: "Try a checkout in a folder that can be written",
    errno.ENOMEM: "Close other programs, or try: JOBS=1",
    errno.EMFILE: "Try: ulimit -n 4096",
    errno.EPIPE: "What was to read the output has ended",
}


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Give an error of the system that names no file this path: those of write() do not."""
    try:
        yield
    except OSError as error:
        if error.errno and not error.filename:
            error.filename = path
        raise


def explain(error: OSError) -> str:
    """What failed, where, and what to do."""
    name = str(error.filename or "")
    if isinstance(error, FileNotFoundError) and name and "/" not in name:
        return f"{name} was not found. Try: world/install-packages"
    where = f": {name}" if name else ""
    advice = ADVICE.get(error.errno or 0, "Try again; if it fails again, try: make clean")
    return f"{error.strerror or error}{where}. {advice}"


def run(program: str, main: Callable[[], int]) -> int:
    """The exit status of main(); 2 after an error, 130 after Ctrl-C."""
    try:
        return main()
    except Failure as failure:
        text = str(failure)
    except OSError as error:
        text = explain(error)
    except subprocess.CalledProcessError as error:
        text = f"{error.cmd[0]} failed with status {error.returncode}; see above"
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 130
    print(f"{program}: {text}", file=sys.stderr)
    return 2
