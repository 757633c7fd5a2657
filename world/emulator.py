# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: of one release of Debian, whatever this machine runs, and mended where need be."""

import glob
import os
import shutil

import initramfs
from root import LEFT_OUT_BUILD, cached, digest, mmdebstrap, sources
from say import phase, step
from stage import enter

FETCH = r"""mkdir -m 777 "$1/source"
chroot "$1" sh -c 'cd /source && apt-get source -q qemu' || echo "no source of qemu"
"""

# Runs in the emulator's root; /src is world/.  Without what no world uses it
# takes some minutes.
BUILD = r"""
cd /source/qemu-*
patch -p1 </src/$PATCH
mkdir objects
cd objects
../configure --target-list=$TARGET-softmmu --prefix=/usr --disable-download \
	--without-default-features --enable-system --enable-tcg --enable-kvm \
	--enable-plugins --enable-pixman --enable-png --enable-fdt=system \
	--disable-docs --disable-tools --disable-guest-agent --disable-install-blobs
ninja qemu-system-$TARGET
strip -o /usr/bin/qemu-system-$TARGET qemu-system-$TARGET
"""


def make(cache, world, config, folder):
    """The root that QEMU is in; folder has the patches.

    A world with "stock_emulator" takes Debian's as it is: that is there in a minute, and
    wrong now and then in runs of many minutes (see the patch).
    """
    package = world["package"]
    settings = config.get(package, {})
    mend = None if world.get("stock_emulator") else settings.get("patched")
    world = dict(world, suite=config["suite"], arch=world["build_arch"], kernel="")
    include = [package] + settings.get("firmware", [])
    recipe = []
    if mend:
        include += mend["build"]
        with open(os.path.join(folder, mend["patch"]), encoding="utf-8") as file:
            recipe = [FETCH, BUILD, file.read()]

    def unpack(path):
        with step(f"unpacking {package} ({world['suite']})", "; once"):
            more = {"variant": "extract"}
            if mend:
                more = {"hooks": [FETCH], "more_sources": sources(world, "deb-src")}
            tar = os.path.join(path, "root.tar")
            mmdebstrap(world, include, tar, os.path.join(path, "log"), **more)
            initramfs.unpack_tar(tar, os.path.join(path, "root"), LEFT_OUT_BUILD)
            os.unlink(tar)
        if mend:
            build(path)

    def build(path):
        source = os.path.join(path, "root/source")
        # Less than the unpacked tree is no source either
        if glob.glob(os.path.join(source, "qemu-*/")):
            objects = os.path.join(path, "objects")
            with step(f"building {package} with world/{mend['patch']}", "; some minutes, once"):
                enter(os.path.join(path, "root"), folder, objects,
                      f"PATCH={mend['patch']}\nTARGET={mend['target']}\n{BUILD}",
                      os.path.join(path, "log"), world["prepare_limit"])
            os.rmdir(objects)
        else:
            phase(f"the mirror has no source of {package}, which stays as it is; "
                  f"world/{mend['patch']} says what it does wrong")
        shutil.rmtree(source)

    key = digest(include, world["suite"], world["arch"], recipe)
    kind = f"emulator-{package}" + ("" if mend else "-stock")
    return os.path.join(cached(cache, kind, key, unpack), "root")
