# SPDX-License-Identifier: GPL-2.0-only
"""Builds a world's own kernel from Debian's source package."""

import hashlib
import os
import shutil

from say import step
from stage import enter
from worlds import World

# Runs in the build root.  /src is world/, with the configuration; the tree stays
# as what modules are built against.  A changed configuration builds what it
# changes.
BUILD = r"""
tree=/usr/src/linux
[ -e $tree/Makefile ] || {
	mkdir -p $tree
	tar -xf /usr/src/$PACKAGE.tar.xz -C $tree --strip-components=1
}
cd $tree
# A PVH kernel runs these before KASAN's shadow is there.  At the end, for lib's
# Makefile has the line, too, but only for some configurations.
for line in "arch/x86/xen KASAN_SANITIZE" "lib KASAN_SANITIZE_string.o" \
	"arch/x86/kernel/cpu KASAN_SANITIZE_common.o"; do
	file=${line% *}/Makefile
	tail -n 1 $file | grep -qxF "${line#* } := n" || echo "${line#* } := n" >>$file
done
# Stock gntdev takes its lock and mmap_lock in both orders, and lockdep looks at
# nothing more after its first finding.  And that two importers of a dma-buf map
# the same memory is no mistake.
grep -q novalidate drivers/xen/gntdev.c ||
	sed -i 's/mutex_init(&priv->lock);/& lockdep_set_novalidate_class(\&priv->lock);/' \
		drivers/xen/gntdev.c
sed -i 's/rc = active_cacheline_insert(entry);/rc = 0 \&\& active_cacheline_insert(entry);/' \
	kernel/dma/debug.c
config=$tree/xdb.config
cp /src/$CONFIG $config
for name in $WITHOUT; do
	sed -i "/^CONFIG_$name\\>/Id; /^CONFIG_${name}_/Id" $config
done
KCONFIG_ALLCONFIG=$config make -s allnoconfig
missing=$(grep '^CONFIG_' $config | while read -r line; do
	grep -qxF "$line" .config || echo "$line"
done)
[ -z "$missing" ] || { echo "the kernel does not take:" $missing; exit 1; }
make -s -j$(nproc) bzImage modules
release=$(make -s kernelrelease)
rm -rf /extract/usr/lib/modules /lib/modules/$release
make -s INSTALL_MOD_PATH=/extract/usr INSTALL_MOD_STRIP=1 DEPMOD=true modules_install
rm -f /extract/usr/lib/modules/$release/build
cp arch/x86/boot/bzImage /extract/boot/vmlinuz-$release
cp .config /extract/boot/config-$release
mkdir -p /lib/modules/$release
ln -s $tree /lib/modules/$release/build
"""


def make(world: World, build: str, folder: str) -> None:
    """Build what the world asks for, unless the build root has it already."""
    config = world.debian.kernel_config
    if not config:
        return
    without = " ".join(world.debian.kernel_without)
    with open(os.path.join(folder, config), "rb") as file:
        key = hashlib.sha256(file.read() + (BUILD + without).encode()).hexdigest()
    stamp = os.path.join(build, "extract", "kernel-key")
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == key:
                return
        os.unlink(stamp)
    objects = os.path.join(build, "kernel-objects")
    with step("building a kernel", "; half an hour or more, once"):
        enter(build, folder, objects,
              f"PACKAGE={world.debian.kernel}\nCONFIG={config}\nWITHOUT='{without}'\n" + BUILD,
              os.path.join(build, "kernel.log"), world.limits.prepare)
    shutil.rmtree(objects, ignore_errors=True)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(key)
