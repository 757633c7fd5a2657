#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the worlds' harness work on a machine that lacks something?  Writes TAP.

Usage: preparing.py FOLDER, the one of world/run
"""

import contextlib
import errno
import gzip
import io
import lzma
import os
import runpy
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from typing import IO, Any
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

import cache
import command
import entry
import host
import initramfs
import prepare
import say
import stage
import tap
import unpack
import worlds


def failure_of(call: Callable[[], object]) -> str:
    """The text of the Failure that call() ends with; empty if there is none."""
    try:
        call()
    except say.Failure as failure:
        return str(failure)
    return ""


def check_host(uid: int = 1000, subuid: str = "", **patched: object) -> str:
    """What host.check() says to user tester on a machine with such files and tools."""
    def fake_open(path: str, *arguments: Any, **named: Any) -> IO[str]:
        if path in ("/etc/subuid", "/etc/subgid"):
            return io.StringIO(subuid)
        file: IO[str] = open(path, *arguments, **named)
        return file

    settings: dict[str, Any] = {"TOOLS": ("sh",), "FREE_DISK": 0, "own_mounts": lambda: ["env"],
                                **patched}
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch.multiple(host, **settings), \
            mock.patch("os.geteuid", lambda: uid), \
            mock.patch("getpass.getuser", lambda: "tester"), \
            mock.patch.object(shutil, "which",
                              lambda name: None if name.startswith("no-") else "/bin/" + name), \
            mock.patch.object(host, "open", fake_open, create=True):
        return failure_of(lambda: host.check(folder))


def says(text: str, *wanted: str) -> bool:
    return all(word in text for word in wanted)


def sbin_is_found() -> bool:
    """An ordinary user of Debian's has no sbin in PATH."""
    with mock.patch.dict(os.environ, PATH="/usr/bin:/bin"):
        check_host(0)
        return "/usr/sbin" in os.environ["PATH"].split(":")


def in_memory(uid: int = 1000, memory: int = 64 << 30, room: bool = True,
              **environment: str) -> tuple[list[str], dict[str, str]]:
    """How host.in_memory() would have a command run: (command, environment)."""
    environment = dict({"PATH": os.environ["PATH"]}, **environment)
    with mock.patch.dict(os.environ, environment, clear=True), \
            mock.patch("os.geteuid", lambda: uid), \
            mock.patch.object(host, "available_memory", lambda: memory), \
            mock.patch.object(host, "_may_hold_a_root", lambda folder, size: room), \
            host.in_memory(["a", "command"], 3 << 30) as (line, more):
        return line, more


def plain(how: tuple[list[str], dict[str, str]]) -> bool:
    return how == (["a", "command"], {})


def unreadable_file_is_packed() -> bool:
    """etc/gshadow has mode 0 in a root; the user who unpacked it has to read it."""
    with tempfile.TemporaryDirectory() as folder:
        tar = os.path.join(folder, "root.tar")
        with tarfile.open(tar, "w") as archive:
            member = tarfile.TarInfo("etc")
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
            member = tarfile.TarInfo("etc/gshadow")
            member.size, member.mode = 1, 0
            archive.addfile(member, io.BytesIO(b"x"))
        target = os.path.join(folder, "root")
        initramfs.unpack_tar(tar, target, [])
        return os.stat(os.path.join(target, "etc/gshadow")).st_mode & 0o777 == 0o400


KERNEL = b"\x7fELF" + bytes(range(256)) * 8


def bzimage(payload: bytes) -> bytes:
    """One of Linux' with this in it: a header, one setup sector, the loader, the payload."""
    loader = 100
    image = bytearray(2 * 512 + loader) + payload
    image[0x1f1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, loader, len(payload))
    return bytes(image)


def unpacked(data: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "packed"), os.path.join(folder, "plain")
        with open(source, "wb") as file:
            file.write(data)
        unpack.unpack(source, target)
        with open(target, "rb") as file:
            return file.read()


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def damaged_kernel_is_named() -> bool:
    text = failure_of(lambda: unpacked(bzimage(zstd(KERNEL)[:40])))
    return says(text, "zstd cannot unpack", "packed")


def later_root_counts() -> bool:
    """Of two roots with the same file the archive has the second's last, which Linux takes."""
    with tempfile.TemporaryDirectory() as folder:
        roots = [os.path.join(folder, name) for name in ("one", "two")]
        for root in roots:
            os.mkdir(root)
            with open(os.path.join(root, "file"), "w", encoding="utf-8") as file:
                file.write(f"from {os.path.basename(root)}")
        target = os.path.join(folder, "archive")
        initramfs.pack(roots, target)
        with open(target, "rb") as archive:
            data = archive.read()
    return (data.startswith(b"070701") and len(data) % 4 == 0 and
            0 < data.index(b"from one") < data.index(b"from two") < data.index(b"TRAILER!!!"))


def fingerprints() -> bool:
    """What was compiled is made again after a file has changed, but not for results."""
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(os.path.join(folder, "build"))
        source = os.path.join(folder, "source.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write("one")
        first = stage.fingerprint(folder, "options")
        with open(os.path.join(folder, "build", "result"), "w", encoding="utf-8") as file:
            file.write("of a build")
        same = stage.fingerprint(folder, "options")
        os.utime(source, ns=(1, 1))
        return (first == same and first != stage.fingerprint(folder, "others")
                and first != stage.fingerprint(folder, "options"))


def compiled(changes: Callable[[str], None], sparse: bool = False) -> int:
    """How many steps a second compile_all() runs after changes()."""
    with tempfile.TemporaryDirectory() as folder, mock.patch.object(stage, "enter") as enter:
        project = os.path.join(folder, "project")
        os.mkdir(project)
        world = worlds.load().worlds["pv"]

        def compile_all(sparse: bool = False) -> None:
            stage.compile_all(world, project, "root", folder, "log", sparse)

        compile_all()
        first: int = enter.call_count
        changes(project)
        compile_all(sparse)
        return enter.call_count - first if first else -1


def fails_once() -> bool:
    """A step that fails is run again the next time."""
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch.object(stage, "enter", side_effect=say.Failure("no compiler")) as enter:
        project = os.path.join(folder, "project")
        os.mkdir(project)
        world = worlds.load().worlds["pv"]
        for _ in range(2):
            failure_of(lambda: stage.compile_all(world, project, "root", folder, "log"))
        return enter.call_count == 2


def add_source(project: str) -> None:
    with open(os.path.join(project, "new.c"), "w", encoding="utf-8") as file:
        file.write("int x;")


def made_once() -> bool:
    """Two threads need the same root: one makes it, the other waits for it."""
    made: list[str] = []

    def make(path: str) -> None:
        made.append(path)
        time.sleep(0.3)

    with tempfile.TemporaryDirectory() as folder:
        threads = [threading.Thread(target=cache.cached, args=(folder, "kind", "0" * 16, make))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return len(made) == 1


def half_made_is_made_anew() -> bool:
    """A root that was not finished does not count."""
    made: list[str] = []

    def interrupted(path: str) -> None:
        made.append(path)
        raise say.Failure("interrupted")

    with tempfile.TemporaryDirectory() as folder:
        failure_of(lambda: cache.cached(folder, "kind", "0" * 16, interrupted))
        cache.cached(folder, "kind", "0" * 16, made.append)
    return len(made) == 2


def extras_share_libraries() -> bool:
    """Two extras of a world have the same library, with its link."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("one", "two"):
            lib = os.path.join(folder, name, "lib")
            os.makedirs(lib)
            with open(os.path.join(lib, "lib.so.1.0"), "w", encoding="utf-8") as file:
                file.write("library")
            os.symlink("lib.so.1.0", os.path.join(lib, "lib.so.1"))
            stage.copy_tree(os.path.join(folder, name), os.path.join(folder, "root"))
        with open(os.path.join(folder, "root/lib/lib.so.1"), encoding="utf-8") as file:
            return file.read() == "library"


def steps_are_listed() -> bool:
    with mock.patch.object(say, "phase", lambda text: None), mock.patch.object(say, "STEPS", []):
        with say.step("packing"):
            pass
        lines = say.time_table()
    return "packing" in lines[1] and "all of it" in lines[-1]


def fresh_says_what_it_needs() -> bool:
    """world/fresh is for root; it says so in words, and counts as a failure."""
    path = os.path.join(sys.argv[1], "fresh")
    if os.geteuid() == 0:
        line = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        line = []
    done = subprocess.run([*line, "bash", path, "trixie"], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    return (done.returncode != 0 and "sudo make check-fresh" in done.stderr
            and done.stdout.endswith("0 passed, 1 failed\n"))


def readme_install(text: str) -> subprocess.CompletedProcess[str]:
    """What world/readme-install makes of a README."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "README.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return subprocess.run(["sh", os.path.join(sys.argv[1], "readme-install"), path],
                              capture_output=True, text=True, check=False)


def readme_has_its_commands() -> bool:
    """world/fresh runs what README.md says, without loading a module or finding a Xen."""
    with open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[1])), "README.md"),
              encoding="utf-8") as file:
        done = readme_install(file.read())
    print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="")
    lines = done.stdout.replace("\\\n", "").splitlines()
    return (done.returncode == 0 and lines[0].startswith("sudo apt install ")
            and lines[1:] == ["make all && sudo make install",
                              "sudo modprobe --dry-run --verbose xen_dmabuf",
                              "sudo xendmabuf doctor || [ $? -eq 1 ]"])


def readme_without_commands_fails() -> bool:
    done = readme_install("## Install it\n\nSee INSTALL.\n\n## Read on\n```sh\nls\n```\n")
    return done.returncode != 0 and says(done.stderr, "README.md", "Install it")


def failed_step_ends_the_others() -> bool:
    """After a step has failed no other is waited for, and none begins."""
    def fail(*_: object) -> None:
        while not command._running:
            time.sleep(0.01)
        raise say.Failure("no QEMU")

    def sleep(*_: object) -> int:
        return command.run(["sleep", "60"], 60)

    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch("emulator.make", fail), mock.patch("root.dom0_root", sleep), \
            mock.patch.object(prepare, "_compile", sleep):
        config = worlds.load()
        text = failure_of(lambda: prepare.everything(
            config, config.worlds["pv"], prepare.Places(folder), folder))
    return (text == "no QEMU" and time.monotonic() - begin < 30
            and says(failure_of(lambda: command.run(["true"], 60)), "not started"))


def root_of(size: int) -> str:
    """What is said of a root of so many MB in a dom0 of 1,536."""
    world = worlds.load().worlds["pv"]
    return failure_of(lambda: prepare.fits(world, size))


def ending_of(name: str, arguments: list[str]) -> tuple[object, str]:
    """(exit status, standard error) of a program of the harness."""
    errors, here = io.StringIO(), os.getcwd()
    path = os.path.join(sys.argv[1], name)
    try:
        with mock.patch.object(sys, "argv", [path, *arguments]), mock.patch("signal.signal"), \
                contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        return end.code, errors.getvalue()
    finally:
        os.chdir(here)
    return None, errors.getvalue()


def full_disk_is_named() -> bool:
    """A disk is full in the midst of a root; here it is /dev/full."""
    with tempfile.TemporaryDirectory() as folder:
        tar, root = os.path.join(folder, "root.tar"), os.path.join(folder, "root")
        with tarfile.open(tar, "w") as archive:
            member = tarfile.TarInfo("library")
            member.size = 1 << 20
            archive.addfile(member, io.BytesIO(bytes(member.size)))
        os.mkdir(root)
        full = os.path.join(root, "library")
        os.symlink("/dev/full", full)
        with mock.patch.object(host, "check", lambda cache: None), \
                mock.patch.object(prepare, "everything",
                                  lambda *_: initramfs.unpack_tar(tar, root, [])):
            status, said = ending_of("run", ["--out", os.path.join(folder, "out")])
    return (status == 2 and said.splitlines()[-1] ==
            f"world/run: No space left on device: {full}. Free some, or: make clean")


def foreign_folder_is_named() -> bool:
    """A run as root has left build/, and an ordinary user goes on."""
    error = PermissionError(errno.EACCES, "Permission denied", "build/check.json")
    with mock.patch("os.makedirs", side_effect=error):
        status, said = ending_of("check", ["unit"])
    return status == 2 and says(said, "world/check: Permission denied: build/check.json. ",
                                "sudo make clean")


def damaged_tar_is_named() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        tar = os.path.join(folder, "root.tar")
        with open(tar, "wb") as file:
            file.write(b"no archive" * 100)
        return says(failure_of(lambda: initramfs.unpack_tar(tar, folder, [])),
                    "root.tar is damaged", "make clean")


def error_of(number: int, name: str) -> OSError:
    return OSError(number, os.strerror(number), name)


CHECKS = (
    ("a machine that has all it needs", lambda: check_host(0) == ""),
    ("host without a tool: names it and world/install-packages", lambda: says(
        check_host(TOOLS=("no-zstd",)), "no-zstd", "world/install-packages")),
    ("user without mounts: names user namespaces", lambda: says(
        check_host(own_mounts=lambda: ["false"]), "user namespaces", "in a chroot")),
    ("the kernel refuses mounts to root", lambda: says(
        check_host(0, own_mounts=lambda: ["false"]), "CAP_SYS_ADMIN")),
    ("user without subordinate ids: names usermod", lambda: says(
        check_host(subuid="other:1:2\n"), "/etc/subuid", "usermod --add-subuids")),
    ("a user with subordinate ids", lambda: check_host(subuid="tester:100000:65536\n") == ""),
    ("too little room on the disk", lambda: says(
        check_host(0, FREE_DISK=1 << 62), "MiB free", "make clean")),
    ("PATH without sbin: sbin added", sbin_is_found),
    ("a user makes a root in /dev/shm", lambda: in_memory() == (
        ["a", "command"], {"TMPDIR": "/dev/shm"})),
    ("root makes a root in a tmpfs of its own", lambda: in_memory(0)[0][0] == "unshare"
     and in_memory(0)[0][-2:] == ["a", "command"]),
    ("a root is made on disk: too little memory", lambda: plain(in_memory(memory=5 << 30))),
    ("a root is made on disk: no room in /dev/shm", lambda: plain(in_memory(room=False))),
    ("a root is made where TMPDIR says", lambda: plain(in_memory(0, TMPDIR="/var/tmp"))),
    ("/proc: cannot hold a root folder", lambda: not host._may_hold_a_root(
        "/proc", 1)),
    ("a file of mode 0 is unpacked readable", unreadable_file_is_packed),
    ("a bzImage that zstd packed: unpacked", lambda: unpacked(
        bzimage(zstd(KERNEL) + struct.pack("<I", len(KERNEL)))) == KERNEL),
    ("a bzImage that xz packed: unpacked", lambda: unpacked(
        bzimage(lzma.compress(KERNEL) + struct.pack("<I", len(KERNEL)))) == KERNEL),
    ("a bzImage that is packed in another way: as it was", lambda: unpacked(
        bzimage(b"another way")) == bzimage(b"another way")),
    ("a module that xz packed: unpacked", lambda: unpacked(lzma.compress(KERNEL)) == KERNEL),
    ("a hypervisor that gzip packed: unpacked", lambda: unpacked(gzip.compress(KERNEL)) == KERNEL),
    ("a kernel that nothing packed: as it was", lambda: unpacked(KERNEL) == KERNEL),
    ("a damaged kernel is named", damaged_kernel_is_named),
    ("a damaged module is named", lambda: says(
        failure_of(lambda: unpacked(lzma.compress(KERNEL)[:-40] + b"x" * 40)), "is damaged",
        "make clean")),
    ("a damaged archive is named", damaged_tar_is_named),
    ("disk full in world/run: names the file and make clean", full_disk_is_named),
    ("file of another user in world/check: names it and make clean", foreign_folder_is_named),
    ("a program is missing: names it and world/install-packages", lambda: says(
        entry.explain(error_of(errno.ENOENT, "cpio")), "cpio was not found",
        "world/install-packages")),
    ("two roots with the same file: the second one's counts", later_root_counts),
    ("a root that dom0 has room for", lambda: root_of(408) == ""),
    ("a root that dom0 has no room for: says how much memory it needs", lambda: says(
        root_of(440), "440 MB", "dom0_memory = 1664", "worlds.toml")),
    ("a changed source changes the fingerprint, a result does not", fingerprints),
    ("nothing has changed: nothing is compiled", lambda: compiled(lambda project: None) == 0),
    ("a new source: compiled", lambda: compiled(add_source) > 0),
    ("sparse is wanted: compiled", lambda: compiled(lambda project: None, True) > 0),
    ("compiling has failed: compiled again", fails_once),
    ("two threads want a root: it is made once", made_once),
    ("root folder left half-made: made again", half_made_is_made_anew),
    ("a library that two extras have is packed once", extras_share_libraries),
    ("the steps and their times are listed", steps_are_listed),
    ("world/fresh says that it needs root", fresh_says_what_it_needs),
    ("README.md: the commands of its installation are found", readme_has_its_commands),
    ("README without an installation: refused, file named", readme_without_commands_fails),
    # the last: nothing can be started afterwards
    ("a step that fails ends the other steps", failed_step_ends_the_others),
)


if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
