# SPDX-License-Identifier: GPL-2.0-only
"""Root file systems as initramfs: cpio, the libraries of programs, modules."""

import contextlib
import glob
import os
import shutil
import stat
import struct
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from typing import IO

import entry
from say import Failure
from unpack import unpack

DEPMOD_LIMIT = 300      # seconds


@contextlib.contextmanager
def _whole(tar: str) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError):
        raise Failure(f"{tar} is damaged\nTry: make clean") from None


def unpack_tar(tar: str, root: str, left_out: list[str]) -> None:
    """Unpack without devices and without left_out, owned by the user who runs this."""
    def wanted(name: str) -> bool:
        return not any(name == path or name.startswith(path + "/")
                       for path in left_out)

    with _whole(tar), tarfile.open(tar) as archive:
        for member in archive:
            name = os.path.normpath(member.name)
            if name.startswith(("/", "..")) or name.startswith("dev/"):
                continue
            if member.isdev() or not wanted(name):
                continue
            target = os.path.join(root, name)
            if member.isdir():
                os.makedirs(target, exist_ok=True)
            elif member.issym():
                os.symlink(member.linkname, target)
            elif member.islnk():
                source = os.path.join(root, os.path.normpath(member.linkname))
                if os.path.exists(source):
                    os.link(source, target)
            else:
                data = archive.extractfile(member)
                if not data:
                    continue    # neither a file nor a link
                with entry.naming(target), data, open(target, "wb") as out:
                    shutil.copyfileobj(data, out)
                # pack() has to read it later, and etc/gshadow has mode 0
                os.chmod(target, member.mode & 0o777 | 0o400)


def _entry(out: IO[bytes], number: int, name: str, mode: int, data: bytes) -> None:
    text = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(text), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + text
    out.write(head + b"\0" * (-len(head) % 4))
    out.write(data)
    out.write(b"\0" * (-len(data) % 4))


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """(name, path) of everything below root; a directory before its content."""
    for folder, names, files in os.walk(root):
        names.sort()
        links = [name for name in names
                 if os.path.islink(os.path.join(folder, name))]
        here = os.path.relpath(folder, root)
        if here != ".":
            yield here, folder
        for name in sorted(files + links):
            path = os.path.join(folder, name)
            yield os.path.relpath(path, root), path


def pack(roots: list[str], target: str) -> None:
    """A newc archive of roots, everything owned by root; a later root's files count.

    It is not compressed: an emulated machine takes far longer to unpack it than to load it.
    """
    number = 1
    with entry.naming(target), open(target, "wb") as archive:
        for root in roots:
            for name, path in _walk(root):
                info = os.lstat(path)
                data = b""
                if stat.S_ISLNK(info.st_mode):
                    data = os.readlink(path).encode()
                elif stat.S_ISREG(info.st_mode):
                    with open(path, "rb") as file:
                        data = file.read()
                elif not stat.S_ISDIR(info.st_mode):
                    continue
                _entry(archive, number, name, info.st_mode, data)
                number += 1
        _entry(archive, 0, "TRAILER!!!", 0, b"")


def needed(path: str) -> tuple[list[str], str | None]:
    """What the dynamic linker loads for the ELF file at path: (libraries, interpreter)."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"\x7fELF" or data[4] != 2 or data[5] != 1:
        return [], None
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    dynamic, interpreter, loads = None, None, []
    for i in range(count):
        kind, _, start, address, _, length = struct.unpack_from(
            "<IIQQQQ", data, offset + i * size)
        if kind == 1:
            loads.append((address, start, length))
        elif kind == 2:
            dynamic = (start, length)
        elif kind == 3:
            interpreter = data[start:start + length].rstrip(b"\0").decode()
    names, strings = [], None
    if dynamic:
        for at in range(dynamic[0], dynamic[0] + dynamic[1], 16):
            tag, value = struct.unpack_from("<QQ", data, at)
            if tag == 1:
                names.append(value)
            elif tag == 5:
                strings = value
            elif tag == 0:
                break
    for address, start, length in loads:
        if strings is not None and address <= strings < address + length:
            strings = strings - address + start
            break
    return [data[strings + name:data.index(b"\0", strings + name)].decode()
            for name in names], interpreter


def subtract(root: str, other: str) -> None:
    """Remove from root the files that other has, too."""
    for folder, names, files in os.walk(root):
        links = [name for name in names if os.path.islink(os.path.join(folder, name))]
        for name in files + links:
            path = os.path.join(folder, name)
            if os.path.lexists(os.path.join(other, os.path.relpath(path, root))):
                os.unlink(path)


def library_folders(root: str) -> list[str]:
    base = os.path.join(root, "usr/lib")
    folders = [base, os.path.join(root, "usr/lib64")]
    for name in sorted(os.listdir(base)) if os.path.isdir(base) else []:
        if "-linux-gnu" in name:
            folders.append(os.path.join(base, name))
    # Libraries of a package's own, found by an rpath
    for pattern in ("xen-*/lib/*-linux-gnu", "xen-*/lib", "*-linux-gnu/weston",
                    "*-linux-gnu/systemd", "*-linux-gnu/pipewire-*"):
        folders += sorted(glob.glob(os.path.join(base, pattern)))
    return folders


def copy_with_libraries(names: Iterable[str], roots: list[str], target: str) -> None:
    """Copy files from the first of roots that has them, with all they load."""
    todo, done = list(names), set[str]()
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done.add(name)
        for root in roots:
            source = os.path.join(root, name)
            if os.path.lexists(source):
                break
        else:
            continue
        place = os.path.join(target, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.islink(source):
            link = os.readlink(source)
            if not os.path.lexists(place):
                os.symlink(link, place)
            folder = "" if link.startswith("/") else os.path.dirname(name)
            todo.append(os.path.normpath(os.path.join(folder, link.lstrip("/"))))
            continue
        if not os.path.lexists(place):
            shutil.copy2(source, place)
        libraries, interpreter = needed(source)
        if interpreter:
            path = interpreter.lstrip("/")
            if path.startswith("lib"):
                path = "usr/" + path
            todo.append(path)
        for library in libraries:
            for root in roots:
                found = [os.path.join(folder, library)
                         for folder in library_folders(root)
                         if os.path.exists(os.path.join(folder, library))]
                if found:
                    todo.append(os.path.relpath(found[0], root))
                    break
            else:
                raise Failure(f"{name} needs {library}, which is in none of "
                              + ", ".join(roots))


def copy_modules(build: str, kernel: str, names: list[str], root: str) -> None:
    """Copy the modules named, and what they depend on, into root; depmod() is next."""
    base = os.path.join(build, "extract/usr/lib/modules", kernel)
    if not os.path.exists(os.path.join(base, "modules.dep")):
        depmod(os.path.join(build, "extract"), kernel)
    depends, byname = {}, {}
    with open(os.path.join(base, "modules.dep"), encoding="utf-8") as file:
        for line in file:
            path, _, rest = line.partition(":")
            depends[path] = rest.split()
            name = os.path.basename(path).split(".ko")[0].replace("-", "_")
            byname[name] = path
    target = os.path.join(root, "usr/lib/modules", kernel)
    os.makedirs(target, exist_ok=True)
    wanted = [byname[name.replace("-", "_")] for name in names
              if name.replace("-", "_") in byname]
    for path in set(sum((depends[path] for path in wanted), wanted)):
        place = os.path.join(target, path.removesuffix(".xz"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        unpack(os.path.join(base, path), place)
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy2(os.path.join(base, name), os.path.join(target, name))


def depmod(root: str, kernel: str) -> None:
    try:
        done = subprocess.run(["depmod", "-b", os.path.join(root, "usr"), kernel], check=False,
                              capture_output=True, text=True, timeout=DEPMOD_LIMIT,
                              env=dict(os.environ, PATH=os.environ["PATH"] + ":/sbin:/usr/sbin"))
    except subprocess.TimeoutExpired:
        raise Failure(f"depmod took more than {DEPMOD_LIMIT} s for {root}") from None
    if done.returncode:
        raise Failure(f"depmod failed for {root}: {done.stderr}")
