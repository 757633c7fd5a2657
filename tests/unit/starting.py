#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the module's package start xen-displd that failed for want of the module?  TAP.

Usage: starting.py SOURCE, the folder of the Makefile
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable

sys.dont_write_bytecode = True

import tap

PACKAGING = os.path.join(sys.argv[1], "packaging")
UNIT = "xen-displd.service"
# The unit's state is a file; what starts too often does not start
SYSTEMCTL = """#!/bin/sh
last=
for last; do :; done
[ "$last" = %(unit)s ] || exit 0
case "$*" in
*is-failed*) grep -qx failed %(state)s ;;
reset-failed*) echo inactive >%(state)s ;;
start*) ! grep -qx failed %(state)s && echo active >%(state)s ;;
esac
"""


def read(path: str) -> str:
    with open(os.path.join(PACKAGING, path), encoding="utf-8") as file:
        return file.read()


def debian(systemd: str) -> str:
    script = read("debian/xen-dmabuf-dkms.postinst")
    return script.replace("/run/systemd/system", systemd)


def rpm(systemd: str) -> str:
    found = re.search(r"^%post dkms\n(.*?)^%", read("xen-dmabuf.spec"), re.M | re.S)
    assert found
    return found[1]


def state_after(script: Callable[[str], str], before: str, systemd: bool = True) -> str:
    """Of the unit, when the package was configured; DKMS and the others do nothing."""
    with tempfile.TemporaryDirectory() as folder:
        state = folder + "/state"
        for name in ("systemctl", "deb-systemd-invoke", "dkms", "udevadm", "systemd-sysusers"):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(SYSTEMCTL % {"unit": UNIT, "state": state}
                           if name.endswith(("ctl", "invoke")) else "#!/bin/sh\n")
            os.chmod(file.name, 0o755)
        with open(state, "w", encoding="utf-8") as file:
            file.write(before + "\n")
        subprocess.run(["sh", "-c", script(folder if systemd else folder + "/none"), "sh",
                        "configure"], check=True,
                       env={"PATH": f"{folder}:{os.environ['PATH']}"})
        with open(state, encoding="utf-8") as file:
            return file.read().strip()


CHECKS: list[tuple[str, Callable[[], bool]]] = [
    ("Debian package of the module: xen-displd that failed is started",
     lambda: state_after(debian, "failed") == "active"),
    ("Debian package of the module: xen-displd that was stopped stays so",
     lambda: state_after(debian, "inactive") == "inactive"),
    ("Debian package of the module: nothing is started without systemd",
     lambda: state_after(debian, "failed", systemd=False) == "failed"),
    ("RPM package of the module: xen-displd that failed is started",
     lambda: state_after(rpm, "failed") == "active"),
    ("RPM package of the module: xen-displd that was stopped stays so",
     lambda: state_after(rpm, "inactive") == "inactive"),
]

if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
