# SPDX-License-Identifier: GPL-2.0-only
"""What checks came to, for other programs: JSON files, which each run leaves."""

import json
import os
from dataclasses import asdict, dataclass, field
from typing import Any

NAME = "result.json"


@dataclass(frozen=True)
class Count:
    """How many checks passed and failed."""

    passed: int
    failed: int

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run of a world."""

    world: str
    description: str
    xen: str                # version that booted, or that was to
    linux: str              # release of dom0's and the guest's kernel
    passed: int
    failed: int
    failures: list[str] = field(default_factory=list)   # names of the failed checks
    boots: int = 0
    lost: list[str] = field(default_factory=list)       # why a machine was booted once more
    seconds: int

    def save(self, folder: str) -> None:
        save(os.path.join(folder, NAME), asdict(self))


def save(path: str, content: dict[str, object]) -> None:
    """Write a file that is whole whenever it is there."""
    with open(path + ".partial", "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.write("\n")
    os.replace(path + ".partial", path)


def forget(path: str) -> None:
    """Remove what an earlier run left."""
    if os.path.exists(path):
        os.unlink(path)


def read_object(path: str) -> dict[str, Any]:
    """The JSON object in a file; empty if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read(folder: str) -> Result | None:
    """What the last run left in its folder; None if it left nothing whole."""
    try:
        return Result(**read_object(os.path.join(folder, NAME)))
    except TypeError:
        return None


def read_count(path: str) -> Count | None:
    """The counts in any JSON file that has them."""
    found = read_object(path)
    passed, failed = found.get("passed"), found.get("failed")
    if not isinstance(passed, int) or not isinstance(failed, int):
        return None
    return Count(passed, failed)
