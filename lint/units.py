#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Do the daemons' units have the modules of their devices loaded before they start?

systemd looks for the devices of DeviceAllow= once, when it starts the unit and before it
runs anything of it.  So each device of a module has that module's modprobe@.service in
Wants= and After=, and nothing in the unit loads a module later.
"""

import glob
import re
import sys
from collections.abc import Iterator

UNITS = "packaging/systemd/*.service.in"
ALLOWED = re.compile(r"^DeviceAllow=(\S+)", re.M)
# Their modules; none where the kernel has the device from its start
MODULES = {
    "/dev/udmabuf": None,
    "/dev/xen/xenbus": None,
    "char-dma_heap": None,
    "char-drm": "drm",
    "char-input": None,
}


def read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def module_of(device: str) -> str | None:
    return MODULES.get(device, device.replace("/dev/xen/", "xen_"))


def words(unit: str, key: str) -> set[str]:
    return set(" ".join(re.findall(rf"^{key}=(.*)$", unit, re.M)).split())


def faults(path: str) -> Iterator[str]:
    unit = read(path)
    wanted = {module for device in ALLOWED.findall(unit) if (module := module_of(device))}
    for key in ("Wants", "After"):
        loads = set(re.findall(r"modprobe@(\w+)\.service", " ".join(words(unit, key))))
        for module in sorted(wanted ^ loads):
            yield (f"{path}: {key}= lacks modprobe@{module}.service" if module in wanted else
                   f"{path}: {key}= loads {module}, of which DeviceAllow= has no device")
    for command in re.findall(r"^Exec\w+=.*modprobe.*$", unit, re.M):
        yield f"{path}: too late for DeviceAllow=: {command}"


def main() -> int:
    paths = sorted(glob.glob(UNITS))
    bad = [fault for path in paths for fault in faults(path)]
    if not any(ALLOWED.search(read(path)) for path in paths):
        bad.append(f"{UNITS}: no unit has DeviceAllow=")
    print("\n".join(bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
