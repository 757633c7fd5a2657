# SPDX-License-Identifier: GPL-2.0-only
"""Compile the project in the build root and pack what a world boots."""

import contextlib
import fnmatch
import glob
import os
import shutil
import subprocess
from collections.abc import Collection
from dataclasses import dataclass

import host
import in_tree
import initramfs
from cache import digest
from command import run
from say import Failure
from worlds import Config, Guest, Modules, World

# Runs a script inside the build root, in its own mount namespace; nothing stays
# mounted when it ends.  $1 the root, $2 the project, $3 the object folder.
ENTER = r"""set -e
mkdir -p "$1/src" "$1/obj"
if mount --make-rprivate / 2>/dev/null; then
	leave=:
else
	# In a chroot / is no mount point, and what is mounted may show outside: only
	# the root on itself, until the end
	mount --bind "$1" "$1"
	mount --make-rprivate "$1"
	leave='umount -R -l'
fi
mount --bind "$2" "$1/src"
mount --bind "$3" "$1/obj"
mount --rbind /proc "$1/proc"
mount --rbind /dev "$1/dev"
status=0
chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	LC_ALL=C.UTF-8 sh -ec "$4" || status=$?
$leave "$1"
exit $status
"""

MESON = r"""
cd /obj
options="--prefix=/usr --libdir=lib/$TRIPLE -Dtests=false -Dworld=true"
[ -e meson/build.ninja ] && [ "$(cat meson-options 2>/dev/null)" = "$options" ] || {
	rm -rf meson meson-options
	[ -z "$CROSS" ] || cat >cross.ini <<-END
		[binaries]
		c = '${CROSS}gcc'
		ar = '${CROSS}ar'
		strip = '${CROSS}strip'
		pkg-config = 'pkg-config'
		[properties]
		pkg_config_libdir = ['/usr/lib/$TRIPLE/pkgconfig', '/usr/share/pkgconfig']
		[host_machine]
		system = 'linux'
		cpu_family = '${TRIPLE%%-*}'
		cpu = '${TRIPLE%%-*}'
		endian = 'little'
	END
	meson setup meson /src ${CROSS:+--cross-file cross.ini} $options
	echo "$options" >meson-options
}
meson compile -C meson
rm -rf dest
DESTDIR=/obj/dest meson install -C meson --no-rebuild --strip
"""

PROGRAMS = r"""
mkdir -p /obj/world
for name in serve host; do
	${CROSS}gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE -o /obj/world/$name /src/world/init/$name.c
done
"""

MODULES = r"""
kernel=$(ls /extract/usr/lib/modules)
for folder in $FOLDERS; do
	make -s -C /lib/modules/$kernel/build M=/obj/kbuild/$folder W=1 $CHECK \
		ARCH=$ARCH CROSS_COMPILE=$CROSS ${CROSS:+CONFIG_DEBUG_INFO_BTF_MODULES=} \
		KBUILD_EXTRA_SYMBOLS="$SYMBOLS" modules
	SYMBOLS="$SYMBOLS /obj/kbuild/$folder/Module.symvers"
done
"""


@dataclass(frozen=True)
class Compiled:
    """What was compiled, and with what."""

    build: str          # the build root
    objects: str        # the folder of what was made: dest, kbuild, world
    folders: list[str]  # of it that have kernel modules
    vmlinuz: str
    release: str        # of the kernel


@dataclass(frozen=True)
class Parts:
    """What an initramfs is packed of."""

    project: str
    compiled: Compiled
    base: str           # dom0's root
    extras: list[str]
    absent: list[str]   # patterns of programs that lack their libraries here
    modules: Modules
    data: list[str]

    @property
    def dest(self) -> str:
        return os.path.join(self.compiled.objects, "dest")


def enter(root: str, project: str, objects: str, script: str, log: str, limit: int) -> None:
    """Run script in the build root; its output goes to log, the end also to an error."""
    os.makedirs(objects, exist_ok=True)
    unshare = host.own_mounts()
    with open(log, "a", encoding="utf-8") as out:
        at = out.tell()
        status = run(unshare + ["sh", "-c", ENTER, "sh", root, project, objects, script],
                     limit, stdout=out, stderr=subprocess.STDOUT)
    if status:
        with open(log, encoding="utf-8", errors="replace") as out:
            out.seek(at)
            tail = "".join(out.readlines()[-40:])
        raise Failure(f"a build step in the build root failed:\n{tail}"
                      f"The whole output is in {log}.")


def mirror_sources(source: str, target: str, left_out: Collection[str] = ()) -> None:
    """Make target's files those of source, touching only what differs.

    What is only in target stays if a compiler made it (it is newer than its
    sources then and Kbuild knows what to do), and goes if it is a source.
    """
    seen = set()
    for folder, names, files in os.walk(source):
        names[:] = [name for name in names if name not in left_out]
        for name in files:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, source)
            if not is_source(name):
                continue
            seen.add(relative)
            place = os.path.join(target, relative)
            info = os.stat(path)
            if os.path.exists(place):
                old = os.stat(place)
                if old.st_size == info.st_size and old.st_mtime_ns == info.st_mtime_ns:
                    continue
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copy2(path, place)
    for folder, _, files in os.walk(target):
        for name in files:
            path = os.path.join(folder, name)
            if is_source(name) and os.path.relpath(path, target) not in seen:
                os.unlink(path)


def is_source(name: str) -> bool:
    if name.endswith(".mod.c") or name.startswith("."):
        return False
    return name in ("Kbuild", "Makefile") or name.endswith((".c", ".h", ".S", ".sh"))


# Kbuild's names of architectures
ARCHES = {"amd64": "x86_64", "arm64": "arm64"}


def fingerprint(project: str, *others: object) -> str:
    """Other than before when a file of the project's has changed, or one of others."""
    files = []
    for folder, names, found in os.walk(project):
        if folder == project:
            names[:] = [name for name in names if name not in ("build", ".git")]
        for name in found:
            path = os.path.join(folder, name)
            info = os.lstat(path)
            files.append([os.path.relpath(path, project), info.st_size, info.st_mtime_ns])
    return digest(sorted(files), *others)


def read_stamp(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def compile_all(world: World, project: str, build: str, objects: str, log: str,
                sparse: bool = False) -> list[str]:
    """User space into objects/dest, modules into objects/kbuild; the modules' folders.

    Nothing is to be done if nothing has changed.
    """
    debian = world.debian
    common = (f"TRIPLE={debian.triple}\nARCH={ARCHES[debian.arch]}\n"
              f"CROSS={debian.triple + '-' if debian.is_cross else ''}\n")
    limit = world.limits.prepare
    folders = [folder for folder in ("driver", "tests/world/kmod")
               if os.path.exists(os.path.join(project, folder, "Kbuild"))
               or os.path.exists(os.path.join(project, folder, "Makefile"))]
    if debian.wants_in_tree:
        folders.append("bench/in-tree")
    stamp = os.path.join(objects, "stamp")
    made = fingerprint(project, build, common, folders, PROGRAMS, MESON, MODULES)
    if not sparse and read_stamp(stamp) == made:
        return folders
    with contextlib.suppress(FileNotFoundError):
        os.unlink(stamp)
    enter(build, project, objects, common + PROGRAMS, log, limit)
    if os.path.exists(os.path.join(project, "meson.build")):
        enter(build, project, objects, common + MESON, log, limit)
    if folders:
        kbuild = os.path.join(objects, "kbuild")
        for folder in ["include"] + folders:
            mirror_sources(os.path.join(project, folder), os.path.join(kbuild, folder))
        if debian.wants_in_tree:
            in_tree.unpack(build, os.path.join(kbuild, "bench/in-tree"))
        settings = (f"FOLDERS='{' '.join(folders)}'\n"
                    f"CHECK='{'C=1' if sparse else ''}'\nSYMBOLS=\n")
        enter(build, project, objects, common + settings + MODULES, log, limit)
    with open(stamp, "w", encoding="utf-8") as file:
        file.write(made)
    return folders


def add(source: str, target: str, mode: int = 0o755) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)
    os.chmod(target, mode)


def add_modules(parts: Parts, stock: list[str], root: str) -> None:
    """Stock modules, this project's, and the index of both."""
    compiled = parts.compiled
    initramfs.copy_modules(compiled.build, compiled.release, stock, root)
    there = os.path.join(root, "usr/lib/modules", compiled.release)
    for folder in compiled.folders:
        path = os.path.join(compiled.objects, "kbuild", folder)
        for name in os.listdir(path):
            if name.endswith(".ko"):
                add(os.path.join(path, name), os.path.join(there, "extra", name), 0o644)
    initramfs.depmod(root, compiled.release)


def guest_config(guest: Guest, name: str, kind: str) -> str:
    """A guest's xl.cfg."""
    lines = [
        f'name = "{name}"', f'type = "{kind}"',
        'kernel = "/world/vmlinuz"', 'ramdisk = "/world/guest.cpio"',
        f'extra = "{" ".join(guest.args)}"',
        f'memory = {guest.memory}', f'vcpus = {guest.vcpus}',
        f'cpus = "{guest.cpus}"',
        f'max_grant_frames = {guest.grant_frames}',
        'on_poweroff = "destroy"', 'on_reboot = "destroy"', 'on_crash = "destroy"',
    ]
    return "\n".join(lines + guest.config) + "\n"


def guest_configs(guest: Guest) -> dict[str, str]:
    """The xl.cfg of each guest, by its name."""
    kinds = {"guest": guest.type, "guest2": guest.type_of_second or guest.type}
    return {name: guest_config(guest, name, kind) for name, kind in kinds.items()}


def absent(world: World, config: Config) -> list[str]:
    """Patterns of this project's programs whose libraries this world lacks."""
    return [pattern for name, extra in config.extras.items()
            if name not in world.extras for pattern in extra.ours]


def our_files(parts: Parts) -> list[str]:
    """What meson installed, as names below dest."""
    names = [os.path.relpath(os.path.join(folder, name), parts.dest)
             for folder, _, files in os.walk(parts.dest) for name in files]
    return [name for name in names
            if not any(fnmatch.fnmatch(name, pattern) for pattern in parts.absent)]


def copy_tree(source: str, target: str) -> None:
    """Copy into a tree that may have some of it already: extras share libraries."""
    def links_there(folder: str, names: list[str]) -> set[str]:
        place = os.path.join(target, os.path.relpath(folder, source))
        return {name for name in names if os.path.islink(os.path.join(folder, name))
                and os.path.islink(os.path.join(place, name))}

    if os.path.isdir(source):
        shutil.copytree(source, target, symlinks=True, ignore=links_there, dirs_exist_ok=True)


def add_data(parts: Parts, root: str) -> None:
    for name in parts.data:
        add(os.path.join(parts.compiled.build, "extract", name), os.path.join(root, name),
            0o644)


def guest_initramfs(files: list[str], parts: Parts, work: str, target: str) -> None:
    """The guest's root: a few stock programs, this project's, and the modules it needs."""
    root = os.path.join(work, "guest")
    shutil.rmtree(root, ignore_errors=True)
    for name in ("proc", "sys", "dev", "run", "tmp", "root", "var", "etc", "usr/bin",
                 "usr/sbin", "usr/lib", "usr/lib64"):
        os.makedirs(os.path.join(root, name))
    for name in ("bin", "sbin", "lib", "lib64"):
        os.symlink("usr/" + name, os.path.join(root, name))
    os.symlink("/run", os.path.join(root, "var/run"))
    ours = [name for name in our_files(parts)
            if not name.startswith("usr/include/") and "/man/" not in name
            and "/pkgconfig/" not in name]
    dom0 = os.path.join(parts.base, "root")
    extras = [os.path.join(path, "guest") for path in parts.extras]
    for path in extras:
        copy_tree(path, root)
    stock = [os.path.relpath(path, dom0) for name in files
             for path in glob.glob(os.path.join(dom0, name))]
    initramfs.copy_with_libraries(stock + ours, [parts.dest, dom0, *extras], root)
    add_data(parts, root)
    for name in ("modprobe", "modinfo", "insmod", "rmmod", "lsmod"):
        place = os.path.join(root, "usr/sbin", name)
        if not os.path.lexists(place):
            os.symlink("../bin/kmod", place)
    add_modules(parts, parts.modules.guest, root)
    add(os.path.join(parts.project, "world/init/guest.sh"), os.path.join(root, "init"))
    add(os.path.join(parts.project, "world/init/begin.sh"), os.path.join(root, "init-begin"))
    initramfs.pack([root], target)


def overlay(guest: Guest, guest_files: list[str], parts: Parts, work: str) -> str:
    """A folder with what dom0's root gets of this build: programs, modules, the guest."""
    root = os.path.join(work, "overlay")
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(os.path.join(root, "world"))
    for name in our_files(parts):
        place = os.path.join(root, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy2(os.path.join(parts.dest, name), place, follow_symlinks=False)
    add_modules(parts, parts.modules.dom0, root)
    add_data(parts, root)
    init = os.path.join(parts.project, "world/init")
    programs = os.path.join(parts.compiled.objects, "world")
    libexec = os.path.join(root, "usr/libexec/world")
    add(os.path.join(init, "dom0.sh"), os.path.join(root, "init"))
    add(os.path.join(init, "begin.sh"), os.path.join(root, "init-begin"))
    add(os.path.join(init, "guest-up.sh"), os.path.join(libexec, "guest-up"))
    add(os.path.join(programs, "serve"), os.path.join(libexec, "serve"))
    add(os.path.join(programs, "host"), os.path.join(root, "usr/bin/world-host"))
    add(parts.compiled.vmlinuz, os.path.join(root, "world/vmlinuz"), 0o644)
    os.makedirs(os.path.join(root, "etc/xen"), exist_ok=True)
    for name, text in guest_configs(guest).items():
        with open(os.path.join(root, f"etc/xen/{name}.cfg"), "w", encoding="utf-8") as file:
            file.write(text)
    guest_initramfs(guest_files, parts, work, os.path.join(root, "world/guest.cpio"))
    return root
