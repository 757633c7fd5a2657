# SPDX-License-Identifier: GPL-2.0-only
"""The table of worlds that a matrix leaves, and docs/tested.md, which has it."""

from dataclasses import dataclass
from datetime import datetime, timezone

from result import Result

HEAD = ("| World | What | Xen | Linux | Passed | Failed | Seconds |",
        "|---|---|---|---|---|---|---|")


def row(name: str, run: Result | None) -> str:
    """One world's; run: what its run left."""
    if not run or not run.boots:
        return f"| `{name}` | did not boot | | | 0 | 1 | |"
    remark = f" (boots repeated: {len(run.lost)})" if run.lost else ""
    return (f"| `{name}` | {run.description} | {run.xen} | {run.linux} | {run.passed} | "
            f"{run.failed}{remark} | {run.seconds} |")


def table(runs: dict[str, Result | None]) -> str:
    return "\n".join([*HEAD, *(row(name, run) for name, run in runs.items())]) + "\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    """Of all worlds."""

    version: str
    commit: str         # empty: no commit's files
    processors: int
    seconds: int
    interrupted: int    # how often


def page(rows: str, run: Run) -> str:
    """docs/tested.md."""
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    commit = f" (commit {run.commit[:12]})" if run.commit else ""
    parts = f" (interrupted {run.interrupted} times, and gone on with)" if run.interrupted else ""
    return f"""# Where it was tested
Each row is a world: real Xen in QEMU with stock Debian kernels in dom0 and guest, and the tests
that are about it. This page is made by `make check-matrix`, from one run in which nothing failed:
version {run.version}{commit}, on {today}, one world at a time on
{run.processors} processors under software emulation, {run.seconds} seconds in all{parts}.
A failed log line (a kernel WARNING, a line of Xen's that `world/expected-log.toml` does not
explain) would count as a failed check. "Boots repeated" counts machines that the emulator lost
(see `world/qemu.patch`); what they had passed until then is kept.

`make check` runs a part of this every day. Not part of it, as they take hours: `debug` and
`debug-pv` (a kernel with KASAN, lockdep and kmemleak), `fuzz` (a million random calls on the
driver) and `displd-soak` (100,000 page flips). `world/run --list` names all.

Not tried anywhere: physical machines; devices behind an SMMU; the GPU drivers i915, xe, amdgpu and
nvidia, and virtio-gpu with blob resources; hibernation, and a domain that is restored from a file.

{rows}"""
