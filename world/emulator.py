# SPDX-License-Identifier: GPL-2.0-only
"""QEMU from one release of Debian, whichever this machine runs, patched for some worlds."""

import glob
import os
import shutil
from dataclasses import replace
from typing import Any

import initramfs
from cache import cached, digest
from root import LEFT_OUT_BUILD, mmdebstrap, sources
from say import phase, step
from stage import enter
from worlds import Config, Patched, World

FETCH = r"""mkdir -m 777 "$1/source"
chroot "$1" sh -c 'cd /source && apt-get source -q qemu' || echo "no source of qemu"
"""

# Runs in the emulator's root; /src is world/.  Without the features that no world uses,
# this takes some minutes.
BUILD = r"""
cd /source/qemu-*
patch -p1 </src/$PATCH
mkdir objects
cd objects
../configure --target-list=$TARGET-softmmu --prefix=/usr --disable-download \
	--without-default-features --enable-system --enable-tcg --enable-kvm \
	--enable-plugins --enable-pixman --enable-png --enable-fdt=system \
	--disable-docs --disable-tools --disable-guest-agent --disable-install-blobs \
	--disable-debug-info
ninja qemu-system-$TARGET
strip -o /usr/bin/qemu-system-$TARGET qemu-system-$TARGET
"""


def make(cache: str, world: World, config: Config, folder: str) -> str:
    """The root that QEMU is in; folder has the patches.

    A world with "stock_emulator" gets Debian's QEMU unpatched. That takes a minute instead of
    several, but in long runs this QEMU sometimes emulates wrongly (see the patch).
    """
    package = world.machine.package
    settings = config.emulators.get(package)
    patched = settings.patched if settings and not world.machine.stock else None
    debian = replace(world.debian, suite=config.emulator_suite, arch=world.debian.build_arch,
                     kernel="")
    include = [package] + (settings.firmware if settings else [])
    recipe: list[str] = []
    if patched:
        include += patched.build
        with open(os.path.join(folder, patched.patch), encoding="utf-8") as file:
            recipe = [FETCH, BUILD, file.read()]

    def unpack(path: str) -> None:
        with step(f"unpacking {package} ({debian.suite})", "; once"):
            more: dict[str, Any] = {"variant": "extract"}
            if patched:
                more = {"hooks": [FETCH], "more_sources": sources(debian.suite, kind="deb-src")}
            tar = mmdebstrap(debian, include, path, world.limits.prepare, **more)
            initramfs.unpack_tar(tar, os.path.join(path, "root"), LEFT_OUT_BUILD)
            os.unlink(tar)
        if patched:
            _build(path, package, patched, folder, world.limits.prepare)

    key = digest(include, debian.suite, debian.arch, recipe)
    kind = f"emulator-{package}" + ("" if patched else "-stock")
    return os.path.join(cached(cache, kind, key, unpack), "root")


def _build(path: str, package: str, patched: Patched, folder: str, limit: int) -> None:
    """Replace the package's program in path/root by one that is built with the patch."""
    source = os.path.join(path, "root/source")
    # An archive that was not unpacked is of no use
    if glob.glob(os.path.join(source, "qemu-*/")):
        objects = os.path.join(path, "objects")
        with step(f"building {package} with world/{patched.patch}", "; some minutes, once"):
            enter(os.path.join(path, "root"), folder, objects,
                  f"PATCH={patched.patch}\nTARGET={patched.target}\n{BUILD}",
                  os.path.join(path, "log"), limit)
        os.rmdir(objects)
    else:
        phase(f"the mirror has no source of {package}: it is used unpatched; "
              f"world/{patched.patch} says what it emulates wrongly")
    shutil.rmtree(source)
