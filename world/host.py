# SPDX-License-Identifier: GPL-2.0-only
"""Checks what this machine must have and allow; a Failure says what is missing and what to do."""

import contextlib
import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from say import Failure

TOOLS = ("mmdebstrap", "zstd", "depmod", "unshare", "chroot")
FREE_DISK = 4 << 30     # bytes: a world's roots, and what is compiled
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def own_mounts() -> list[str]:
    """The start of a command line that gives the rest its own mount namespace."""
    # A chroot's / is no mount point, so stage.ENTER sees to propagation
    command = ["unshare", "--mount", "--propagation", "unchanged"]
    if os.geteuid():
        command += ["--user", "--map-root-user"]
    return command


def available_memory() -> int:
    """Bytes that programs can still have."""
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return 0


# A tmpfs of the command's own, where mounts can be private; $1 is where
ON_TMPFS = r"""if mount --make-rprivate / 2>/dev/null; then
	mount -t tmpfs tmpfs "$1" || exit
fi
TMPDIR=$1
export TMPDIR
shift
exec "$@"
"""


def _may_hold_a_root(folder: str, size: int) -> bool:
    """Whether packages can be installed below: written, and their programs run."""
    try:
        info = os.statvfs(folder)
    except OSError:
        return False
    return (os.access(folder, os.W_OK) and not info.f_flag & os.ST_NOEXEC
            and info.f_bavail * info.f_frsize > size)


@contextlib.contextmanager
def in_memory(command: list[str], size: int) -> Iterator[tuple[list[str], dict[str, str]]]:
    """(command, environment) that keep a command's temporary files in memory.

    If there is no room, the command as it is.  This helps a command that writes tens of
    thousands of files and then removes them.  size: bytes that they may take; as much again
    is to stay free.
    """
    if "TMPDIR" in os.environ or available_memory() < 2 * size:
        yield command, {}
    elif os.geteuid() == 0:
        with tempfile.TemporaryDirectory(prefix="world-root-") as folder:
            yield own_mounts() + ["sh", "-c", ON_TMPFS, "sh", folder] + command, {}
    elif _may_hold_a_root("/dev/shm", size):
        yield command, {"TMPDIR": "/dev/shm"}
    else:
        yield command, {}


def check(folder: str) -> None:
    """Raise a Failure now rather than after minutes; folder is where roots will be made."""
    # An ordinary user of Debian's has no sbin in PATH
    os.environ["PATH"] += ":" + SBIN
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        raise Failure(f"not installed: {', '.join(missing)}\nTry: world/install-packages")
    _check_mounts()
    if os.geteuid():
        _check_ids()
    os.makedirs(folder, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < FREE_DISK:
        raise Failure(f"{folder} has {free >> 20} MiB free; a world takes up to "
                      f"{FREE_DISK >> 20} MiB\nTry: make clean, or WORLD_CACHE=FOLDER")


def _check_mounts() -> None:
    done = subprocess.run(own_mounts() + ["true"], capture_output=True, text=True, check=False)
    if not done.returncode:
        return
    text = f"the kernel does not allow a private mount namespace here ({done.stderr.strip()})\n"
    if os.geteuid():
        raise Failure(
            text + "An ordinary user needs user namespaces for this.  Try one of:\n"
            "  sudo sysctl -w kernel.unprivileged_userns_clone=1   (some older kernels)\n"
            "  sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   (Ubuntu)\n"
            "  in a chroot, where the kernel refuses them to users: run this as root\n"
            "  in a container: start it with user namespaces allowed, or run this as root with "
            "CAP_SYS_ADMIN")
    raise Failure(text + "Root needs CAP_SYS_ADMIN for this.  In a container, start it with "
                  "--privileged or --cap-add=SYS_ADMIN.")


def _check_ids() -> None:
    """mmdebstrap gives a root's files to ids that belong to this user."""
    user = getpass.getuser()
    if not shutil.which("newuidmap"):
        raise Failure("not installed: newuidmap\nTry: sudo apt-get install uidmap")
    for path in ("/etc/subuid", "/etc/subgid"):
        try:
            with open(path, encoding="utf-8") as file:
                owners = [line.split(":")[0] for line in file]
        except FileNotFoundError:
            owners = []
        if user not in owners and str(os.geteuid()) not in owners:
            raise Failure(f"{path} has no ids for {user}\nTry: sudo usermod "
                          f"--add-subuids 100000-165535 --add-subgids 100000-165535 {user}")
