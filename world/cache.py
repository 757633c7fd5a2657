# SPDX-License-Identifier: GPL-2.0-only
"""Folders kept from one run to the next, each named by what it was made of."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator

import entry
from say import Failure

RECIPE = 5      # to be raised when the steps that make a folder change
KEPT = 86400    # seconds that a folder of other inputs stays without being used


def digest(*parts: object) -> str:
    """A short name for inputs: anything that JSON can express."""
    text = json.dumps([RECIPE, parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: str, busy: str = "") -> Iterator[None]:
    """Hold a lock file; with busy, fail with that text instead of waiting."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise Failure(busy) from None
        yield


def cached(cache: str, kind: str, key: str, make: Callable[[str], None]) -> str:
    """The folder cache/kind-key, made by make(path) unless it is there already."""
    path = os.path.join(cache, f"{kind}-{key}")
    complete = os.path.join(path, "complete")
    # Of each kind one is made at a time, also by other runs and threads
    with locked(os.path.join(cache, f"lock-{kind}")):
        if os.path.exists(complete):
            os.utime(complete)
            return path
        if os.path.exists(path):
            shutil.rmtree(path)
        os.makedirs(path)
        with entry.naming(path):
            make(path)
        with open(complete, "w", encoding="utf-8"):
            pass
        forget_others(cache, kind, path)
    return path


def forget_others(cache: str, kind: str, keep: str) -> None:
    """Remove the folders of this kind that other inputs made and no run used for a day.

    Another checkout with other inputs may share the cache and be at work.
    """
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if not re.fullmatch(re.escape(kind) + "-[0-9a-f]{16}", name) or path == keep:
            continue
        complete = os.path.join(path, "complete")
        if os.path.exists(complete) and time.time() - os.path.getmtime(complete) < KEPT:
            continue
        shutil.rmtree(path)
