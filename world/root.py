# SPDX-License-Identifier: GPL-2.0-only
"""Root file systems made of Debian packages, cached by what they are made of."""

import glob
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import host
import initramfs
from cache import cached, digest
from command import run
from say import Failure, step
from worlds import Debian, Extra, Packages, World

IN_MEMORY = 3 << 30     # bytes that a root and its packages take while it is made, at most

# No world needs these, and an initramfs takes memory
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*",
            "/usr/share/locale/*", "/usr/share/i18n/*", "/usr/share/lintian/*",
            "/usr/share/bash-completion/*", "/usr/share/zsh/*"]
LEFT_OUT_BUILD = ["var/lib/apt", "var/cache"]
# In dom0's root, which installs no further packages either
LEFT_OUT_DOM0 = ["var/lib/apt", "var/cache", "var/lib/dpkg", "var/log",
                 "usr/share/perl", "usr/share/perl5", "usr/share/zoneinfo",
                 "usr/lib/udev/hwdb.d", "boot", "usr/share/qemu", "usr/lib/valgrind"]

# Packages of Debian 12 still have files in /bin and the like
MERGED_USR = r"""for name in bin sbin lib lib64; do
	[ -e "$1/$name" ] || { mkdir -p "$1/usr/$name"; ln -s usr/$name "$1/$name"; }
done
"""

# Roots have no apt of their own: this machine's, with the lists that were fetched for them
APT = 'export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"\n'

# A kernel is one package, or since Linux 7 some that depend on each other; the
# build root may hold it already, so apt is asked what an empty system would get
FIND_KERNEL = r"""set -e
kernel=$(apt-get -s -o Dir::State::status=/dev/nullARCHES \
	install --no-install-recommends KERNEL |
	sed -n 's/^Inst \(linux-\(image\|binary\|modules\|base\)-[0-9][^ ]*\) .*/\1/p')
[ -n "$kernel" ] || { echo "no kernel found for KERNEL"; exit 1; }
"""

FETCH = r"""mkdir -p "$1/extract/debs" "$1/extract/usr/lib"
ln -s usr/lib "$1/extract/lib"
chmod 777 "$1/extract/debs"
(cd "$1/extract/debs" && apt-get download $kernel OTHERS)
for deb in "$1"/extract/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$1/extract"
	rm "$deb"
done
rmdir "$1/extract/debs"
"""

# The headers of another architecture's kernel want that architecture's
# compiler; unpacked, they do with a cross compiler and this one's tools
FETCH_HEADERS = r"""
version=${kernel#linux-image-}
version=${version%-*}
mkdir "$1/debs"
chmod 777 "$1/debs"
(cd "$1/debs" && apt-get download "linux-headers-$version-ARCH:ARCH" \
	"linux-headers-$version-common" "linux-kbuild-$version")
for deb in "$1"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$1"
	rm "$deb"
done
rmdir "$1/debs"
"""


def sources(suite: str, kernel: str = "", kind: str = "deb") -> list[str]:
    """Lines of sources.list for a release, from the mirrors that this machine uses.

    kernel: a package; as "linux-image-amd64/trixie-backports" it is from there.
    """
    try:
        out = subprocess.run(
            ["apt-get", "indextargets", "--format",
             "$(REPO_URI)|$(ORIGIN)|$(LABEL)", "Created-By: Packages"],
            capture_output=True, text=True, check=False, timeout=60).stdout
    except (OSError, subprocess.TimeoutExpired):
        out = ""
    main = security = None
    for line in sorted(set(out.splitlines())):
        uri, origin, label = line.split("|")
        if origin == "Debian" and label == "Debian-Security":
            security = security or uri
        elif origin == "Debian" and label == "Debian":
            main = main or uri
    if not main:
        return []       # mmdebstrap has a default mirror
    lines = [f"{kind} {main} {suite} main"]
    if suite != "sid":
        lines.append(f"{kind} {main} {suite}-updates main")
    if security and suite != "sid":
        lines.append(f"{kind} {security} {suite}-security main")
    release = kernel.partition("/")[2]
    if release:
        lines.append(f"{kind} {main} {release} main")
    return lines


def mmdebstrap(debian: Debian, packages: list[str], folder: str, limit: int,
               variant: str = "apt", arch: str = "", first: Iterable[str] = (),
               hooks: Iterable[str] = (), more_sources: Iterable[str] = ()) -> str:
    """Install the packages into folder/root.tar, with a log beside it; the tar's path.

    first, hooks: shell commands before the packages are unpacked, and at the end
    """
    target, log = os.path.join(folder, "root.tar"), os.path.join(folder, "log")
    command = ["mmdebstrap", f"--variant={variant}", "--mode=auto",
               f"--architectures={arch or debian.arch}",
               "--include=" + ",".join(packages),
               '--aptopt=Acquire::Languages "none"',
               '--aptopt=Acquire::Retries "3"']
    if debian.suite == "sid":
        # A mirror's copy may be some weeks old, and past its Valid-Until
        command.append('--aptopt=Acquire::Check-Valid-Until "false"')
    command += [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    command += [f"--setup-hook={hook}" for hook in first]
    last = "extract" if variant == "extract" else "customize"
    command += [f"--{last}-hook={hook}" for hook in hooks]
    command += [debian.suite, target, *sources(debian.suite, debian.kernel), *more_sources]
    with open(log, "w", encoding="utf-8") as out, host.in_memory(command, IN_MEMORY) as (line, env):
        status = run(line, limit, stdout=out, stderr=subprocess.STDOUT,
                     env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", **env))
    if status:
        with open(log, encoding="utf-8", errors="replace") as out:
            tail = "".join(out.readlines()[-15:])
        raise Failure(f"mmdebstrap failed for {target}\n{tail}"
                      f"The whole output is in {log}.")
    return target


def build_root(cache: str, world: World, packages: Packages) -> str:
    """The compiler, and the kernel and hypervisor that everything is for."""
    debian = world.debian
    include = debian.expand(packages.build + packages.essential)
    # One that is built from source, see kernel.py, is not fetched
    fetch = APT + ("set -e\n" if debian.kernel_config else FIND_KERNEL) + FETCH
    libraries = debian.expand(packages.libraries)
    others = debian.expand(packages.extract)
    if debian.wants_in_tree:
        others += debian.expand(packages.in_tree)
    arch = debian.build_arch
    if debian.is_cross:
        arch += "," + debian.arch
        include += debian.expand(packages.cross)
        fetch += FETCH_HEADERS.replace("ARCH", debian.arch)
        libraries = [f"{name}:{debian.arch}" for name in libraries]
    elif debian.kernel_config:
        include += debian.expand(packages.source)
    else:
        include += debian.expand(packages.headers + packages.display)
    include += libraries
    # An empty system has no other architectures unless one says so
    arches = "".join(f" -o APT::Architectures::={name}" for name in arch.split(","))
    fetch = fetch.replace("ARCHES", arches if debian.is_cross else "")
    fetch = fetch.replace("KERNEL", debian.kernel)
    fetch = fetch.replace("OTHERS", " ".join(others))

    def make(path: str) -> None:
        with step(f"making the build root ({debian.suite})", "; some minutes, once"):
            # Compilers need no package to be set up, which takes longer than to unpack it.
            # Unpacked here, its files belong to the user who runs this
            tar = mmdebstrap(debian, include, path, world.limits.prepare, "extract", arch,
                             first=[MERGED_USR], hooks=[fetch])
            root = os.path.join(path, "root")
            initramfs.unpack_tar(tar, root, LEFT_OUT_BUILD)
            os.unlink(tar)
            complete_links(root)

    path = cached(cache, f"build-{debian.suite}-{debian.kernel_name}",
                  digest(include, fetch, debian.suite, arch), make)
    return os.path.join(path, "root")


@dataclass(frozen=True)
class Dom0Recipe:
    """What dom0's root is made of: packages, mmdebstrap's variant, what is left out."""

    include: list[str]
    variant: str
    left_out: list[str]
    key: str


def dom0_recipe(debian: Debian, packages: Packages) -> Dom0Recipe:
    include = debian.expand(packages.dom0)
    variant = "apt"
    if debian.is_cross:
        # No program of another architecture runs here, so nothing is set up
        variant = "extract"
        include += debian.expand(packages.essential)
    left_out = LEFT_OUT_DOM0 + [f"usr/lib/{debian.triple}/perl-base"]
    key = digest(include, left_out, LEFT_OUT, debian.suite, debian.arch, variant)
    return Dom0Recipe(include, variant, left_out, key)


def dom0_root(cache: str, world: World, packages: Packages) -> str:
    """A folder with root/, dom0's root file system.

    It has no kernel modules: stage.overlay() adds them.
    """
    debian = world.debian
    recipe = dom0_recipe(debian, packages)

    def make(path: str) -> None:
        with step(f"making dom0's root file system ({debian.suite})", "; a minute, once"):
            tar = mmdebstrap(debian, recipe.include, path, world.limits.prepare, recipe.variant)
            root = os.path.join(path, "root")
            initramfs.unpack_tar(tar, root, recipe.left_out)
            os.unlink(tar)
            complete_links(root)

    return cached(cache, f"dom0-{debian.suite}-{debian.arch}", recipe.key, make)


def extra_root(cache: str, world: World, packages: Packages, name: str, extra: Extra,
               base: Callable[[], str]) -> str:
    """More files for some worlds: a folder with dom0/ and guest/.

    The packages are only unpacked.  The files that worlds.toml names are taken from them, with
    the libraries that they load; for dom0 without the files that its root has already.
    base() waits for dom0's root.
    """
    debian = world.debian
    include = debian.expand(extra.packages)
    lists = {"dom0": extra.both + extra.dom0, "guest": extra.both}

    def make(path: str) -> None:
        with step(f"unpacking what '{name}' needs ({debian.suite})", "; a minute, once"):
            tar = mmdebstrap(debian, include, path, world.limits.prepare, "extract")
            root = os.path.join(path, "root")
            initramfs.unpack_tar(tar, root, LEFT_OUT_DOM0)
            os.unlink(tar)
        dom0 = os.path.join(base(), "root")
        for end, patterns in lists.items():
            target = os.path.join(path, end)
            os.makedirs(target)
            initramfs.copy_with_libraries(find(root, patterns), [dom0, root], target)
        initramfs.subtract(os.path.join(path, "dom0"), dom0)
        shutil.rmtree(root)

    return cached(cache, f"extra-{name}-{debian.suite}-{debian.arch}",
                  digest(include, lists, dom0_recipe(debian, packages).key), make)


def find(root: str, patterns: list[str]) -> list[str]:
    """The files below root that match, as names from there."""
    found = []
    for pattern in patterns:
        names = [name for name in glob.glob(pattern, root_dir=root, recursive=True)
                 if os.path.islink(os.path.join(root, name))
                 or os.path.isfile(os.path.join(root, name))]
        if not names:
            raise Failure(f"no package has a file {pattern}")
        found += names
    return found


def complete_links(root: str) -> None:
    """Links that the packages' own scripts would have made; in some roots they did not run."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink("usr/" + name, os.path.join(root, name))
    awk = os.path.join(root, "usr/bin/awk")
    if not os.path.lexists(awk):
        there = os.path.exists(os.path.join(root, "usr/bin/mawk"))
        os.symlink("mawk" if there else "busybox", awk)
    cc = os.path.join(root, "usr/bin/cc")
    if os.path.exists(os.path.join(root, "usr/bin/gcc")) and not os.path.lexists(cc):
        os.symlink("gcc", cc)
    # The programs of Xen look in /var/run, packages in /run
    run = os.path.join(root, "var/run")
    if not os.path.islink(run):
        shutil.rmtree(run, ignore_errors=True)
        os.symlink("/run", run)


def kernel_image(build: str) -> str:
    """dom0's and the guest's kernel; since Linux 7 it is in the folder of its modules."""
    kernel = kernel_version(build)
    for place in (f"boot/vmlinuz-{kernel}", f"usr/lib/modules/{kernel}/vmlinuz"):
        path = os.path.join(build, "extract", place)
        if os.path.exists(path):
            return path
    raise Failure(f"no kernel {kernel} in {build}/extract")


def kernel_version(build: str) -> str:
    names = os.listdir(os.path.join(build, "extract/usr/lib/modules"))
    if len(names) != 1:
        raise Failure(f"expected one kernel in {build}/extract, found {names}")
    return names[0]
