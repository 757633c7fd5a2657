#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does the worlds' harness work on a machine that lacks something?  Writes TAP.

Usage: preparing.py FOLDER, the one of world/run
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])

# pylint: disable=wrong-import-position
import command
import host
import initramfs
import prepare
import root
import say


def failure_of(call):
    """The text of the Failure that call() ends with, or None."""
    try:
        call()
    except say.Failure as failure:
        return str(failure)
    return None


def check_host(uid=1000, subuid="", **patched):
    """What host.check() says to user tester on a machine with such files and tools."""
    def fake_open(path, *arguments, **named):
        if path in ("/etc/subuid", "/etc/subgid"):
            return io.StringIO(subuid)
        return open(path, *arguments, **named)

    settings = {"TOOLS": ("sh",), "FREE_DISK": 0, "own_mounts": lambda: ["env"], **patched}
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch.multiple(host, **settings), \
            mock.patch("os.geteuid", lambda: uid), \
            mock.patch("getpass.getuser", lambda: "tester"), \
            mock.patch.object(shutil, "which",
                              lambda name: None if name.startswith("no-") else "/bin/" + name), \
            mock.patch.object(host, "open", fake_open, create=True):
        return failure_of(lambda: host.check(folder))


def says(text, *wanted):
    return text is not None and all(word in text for word in wanted)


def sbin_is_found():
    """An ordinary user of Debian's has no sbin in PATH."""
    with mock.patch.dict(os.environ, PATH="/usr/bin:/bin"):
        check_host(0)
        return "/usr/sbin" in os.environ["PATH"].split(":")


def in_memory(uid=1000, memory=64 << 30, room=True, **environment):
    """How host.in_memory() would have a command run: its last words, and the environment."""
    environment = dict({"PATH": os.environ["PATH"]}, **environment)
    with mock.patch.dict(os.environ, environment, clear=True), \
            mock.patch("os.geteuid", lambda: uid), \
            mock.patch.object(host, "available_memory", lambda: memory), \
            mock.patch.object(host, "_may_hold_a_root", lambda folder, size: room), \
            host.in_memory(["a", "command"], 3 << 30) as (line, more):
        return line, more


def plain(how):
    return how == (["a", "command"], {})


def unreadable_file_is_packed():
    """etc/gshadow has mode 0 in a root; who unpacked it has to read it, root or not."""
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


def made_once():
    """Two threads need the same root: one makes it, the other waits for it."""
    made = []

    def make(path):
        made.append(path)
        time.sleep(0.3)

    with tempfile.TemporaryDirectory() as cache:
        threads = [threading.Thread(target=root.cached, args=(cache, "kind", "0" * 16, make))
                   for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return len(made) == 1


def half_made_is_made_anew():
    """A root that was not finished does not count."""
    made = []

    def interrupted(path):
        made.append(path)
        raise say.Failure("interrupted")

    with tempfile.TemporaryDirectory() as cache:
        for make in (interrupted, made.append):
            failure_of(lambda make=make: root.cached(cache, "kind", "0" * 16, make))
    return len(made) == 2


def steps_are_listed():
    with mock.patch.object(say, "phase", lambda text: None), mock.patch.object(say, "STEPS", []):
        with say.step("packing"):
            pass
        lines = say.time_table()
    return "packing" in lines[1] and "all of it" in lines[-1]


def fresh_says_what_it_needs():
    """world/fresh is for root; it says so in words, and counts as a failure."""
    path = os.path.join(sys.argv[1], "fresh")
    if os.geteuid() == 0:
        line = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    else:
        line = []
    done = subprocess.run([*line, "bash", path, "trixie"], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    return (done.returncode and "sudo make check-fresh" in done.stderr
            and done.stdout.endswith("0 passed, 1 failed\n"))


def failed_step_ends_the_others():
    """After QEMU could not be made, the compiler is ended and no command is started."""
    def fail(*_):
        while not command._running:     # pylint: disable=protected-access
            time.sleep(0.01)
        raise say.Failure("no QEMU")

    def sleep(*_):
        return command.run(["sleep", "60"], 60)

    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, \
            mock.patch("emulator.make", fail), mock.patch("root.dom0_root", sleep), \
            mock.patch.object(prepare, "_compile", sleep):
        text = failure_of(lambda: prepare.everything(
            {"packages": {}, "emulator": {}}, {"extras": []}, prepare.Places(folder), folder))
    return (text == "no QEMU" and time.monotonic() - begin < 30
            and says(failure_of(lambda: command.run(["true"], 60)), "not started"))


CHECKS = (
    ("host with all tools: accepted", lambda: check_host(0) is None),
    ("host without a tool: names it and world/install-packages", lambda: says(
        check_host(TOOLS=("no-zstd",)), "no-zstd", "world/install-packages")),
    ("user without mounts: names user namespaces", lambda: says(
        check_host(own_mounts=lambda: ["false"]), "user namespaces", "in a chroot")),
    ("root without mounts: names CAP_SYS_ADMIN", lambda: says(
        check_host(0, own_mounts=lambda: ["false"]), "CAP_SYS_ADMIN")),
    ("user without subordinate ids: names usermod", lambda: says(
        check_host(subuid="other:1:2\n"), "/etc/subuid", "usermod --add-subuids")),
    ("user with subordinate ids: accepted",
     lambda: check_host(subuid="tester:100000:65536\n") is None),
    ("disk full: says what is free and what to remove",
     lambda: says(check_host(0, FREE_DISK=1 << 62), "MiB free", "make clean")),
    ("PATH without sbin: sbin added", sbin_is_found),
    ("root folder made by a user: in /dev/shm", lambda: in_memory() == (
        ["a", "command"], {"TMPDIR": "/dev/shm"})),
    ("root folder made by root: in a tmpfs of its own", lambda: in_memory(0)[0][0] == "unshare"
     and in_memory(0)[0][-2:] == ["a", "command"]),
    ("root folder with too little memory: on disk",
     lambda: plain(in_memory(memory=5 << 30))),
    ("root folder with /dev/shm full: on disk", lambda: plain(in_memory(room=False))),
    ("root folder with TMPDIR set: in TMPDIR",
     lambda: plain(in_memory(0, TMPDIR="/var/tmp"))),
    ("/proc: cannot hold a root folder",
     lambda: not host._may_hold_a_root("/proc", 1)),  # pylint: disable=protected-access
    ("file of mode 0 in a root folder: made readable by its owner", unreadable_file_is_packed),
    ("root folder wanted by two threads: made once", made_once),
    ("root folder left half-made: made again", half_made_is_made_anew),
    ("time table: lists the steps and their sum", steps_are_listed),
    ("world/fresh without root: refused with a reason", fresh_says_what_it_needs),
    # the last: no command can be started afterwards
    ("preparation step failed: the others ended", failed_step_ends_the_others),
)


def main():
    failed = 0
    print(f"1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS, 1):
        good = check()
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
