# SPDX-License-Identifier: GPL-2.0-only
"""Root file systems made of Debian packages, cached by what they are made of."""

import contextlib
import fcntl
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import time

import host
import initramfs
from command import run
from say import Failure, step

IN_MEMORY = 3 << 30     # bytes that a root and its packages take while it is made, at most
RECIPE = 5      # to be raised when the steps below change

# Nobody reads these in a world, and an initramfs is held in memory
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*",
            "/usr/share/locale/*", "/usr/share/i18n/*", "/usr/share/lintian/*",
            "/usr/share/bash-completion/*", "/usr/share/zsh/*"]
LEFT_OUT_BUILD = ["var/lib/apt", "var/cache"]
# In dom0's root, which installs no further packages either
LEFT_OUT_DOM0 = ["var/lib/apt", "var/cache", "var/lib/dpkg", "var/log",
                 "usr/share/perl", "usr/share/perl5", "usr/share/zoneinfo", "usr/lib/udev/hwdb.d", "boot",
                 "usr/share/qemu", "usr/lib/valgrind"]

# The names that Debian's architectures have elsewhere
TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}

# A kernel is one package, or since Linux 7 some that depend on each other; the
# build root may hold it already, so apt is asked what an empty system would get
FIND_KERNEL = r"""set -e
kernel=$(chroot "$1" apt-get -s -o Dir::State::status=/dev/nullARCHES \
	install --no-install-recommends KERNEL |
	sed -n 's/^Inst \(linux-\(image\|binary\|modules\|base\)-[0-9][^ ]*\) .*/\1/p')
[ -n "$kernel" ] || { echo "no kernel found for KERNEL"; exit 1; }
"""

FETCH = r"""mkdir -p "$1/extract/debs" "$1/extract/usr/lib"
ln -s usr/lib "$1/extract/lib"
chmod 777 "$1/extract/debs"
chroot "$1" sh -c 'cd /extract/debs && apt-get download "$@"' sh $kernel OTHERS
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
chroot "$1" sh -c 'cd /debs && apt-get download "$@"' sh \
	"linux-headers-$version-ARCH:ARCH" "linux-headers-$version-common" "linux-kbuild-$version"
for deb in "$1"/debs/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x --keep-directory-symlink -C "$1"
	rm "$deb"
done
rmdir "$1/debs"
"""


def sources(world, kind="deb"):
    """Lines of sources.list for a world from the mirrors this machine uses."""
    suite = world["suite"]
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
        return []       # mmdebstrap knows a mirror of its own
    lines = [f"{kind} {main} {suite} main"]
    if suite != "sid":
        lines.append(f"{kind} {main} {suite}-updates main")
    if security and suite != "sid":
        lines.append(f"{kind} {security} {suite}-security main")
    # "linux-image-amd64/trixie-backports": this package alone is from there
    release = world["kernel"].partition("/")[2]
    if release:
        lines.append(f"{kind} {main} {release} main")
    return lines


def expand(world, names):
    """Names of packages for a world: some are called otherwise in its suite."""
    names = [name.format(**world) for name in names]
    return [world["renamed"].get(name, name) for name in names]


def triple(world):
    return TRIPLES[world["arch"]]


def is_cross(world):
    return world["arch"] != world["build_arch"]


def wants_in_tree(world):
    """Whether gntdev's dma-buf calls are built, for the benchmarks."""
    return world["arch"] in world.get("in_tree", [])


def kernel_name(world):
    """The kernel's package, and what it lacks, as part of a file name."""
    name = "-without-".join([world["kernel"]] + world.get("kernel_without", []))
    return re.sub(r"[^a-z0-9.+-]", "-", name)


def digest(*parts):
    text = json.dumps([RECIPE, parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def mmdebstrap(world, packages, target, log, variant="apt", arch=None, hooks=(),
               more_sources=()):
    command = ["mmdebstrap", f"--variant={variant}", "--mode=auto",
               f"--architectures={arch or world['arch']}",
               "--include=" + ",".join(packages),
               '--aptopt=Acquire::Languages "none"',
               '--aptopt=Acquire::Retries "3"']
    if world["suite"] == "sid":
        # A mirror's copy may be some weeks old, and says that it was to be renewed
        command.append('--aptopt=Acquire::Check-Valid-Until "false"')
    command += [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    command += [f"--customize-hook={hook}" for hook in hooks]
    command += [world["suite"], target] + sources(world) + list(more_sources)
    with open(log, "w", encoding="utf-8") as out, host.in_memory(command, IN_MEMORY) as (line, env):
        status = run(line, world["prepare_limit"], stdout=out, stderr=subprocess.STDOUT,
                     env=dict(os.environ, DEBIAN_FRONTEND="noninteractive", **env))
    if status:
        with open(log, encoding="utf-8", errors="replace") as out:
            tail = "".join(out.readlines()[-15:])
        raise Failure(f"mmdebstrap failed for {target}\n{tail}"
                      f"The whole output is in {log}.")


@contextlib.contextmanager
def locked(path, busy=None):
    """Hold a lock file; with busy, fail with that text instead of waiting."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            raise Failure(busy) from None
        yield


def cached(cache, kind, key, make):
    """cache/kind-key, made by make(path) unless it is there already."""
    path = os.path.join(cache, f"{kind}-{key}")
    complete = os.path.join(path, "complete")
    # Of each kind one is made at a time, also by other runs and threads
    with locked(os.path.join(cache, f"lock-{kind}")):
        if os.path.exists(complete):
            os.utime(complete)
            return path
        if os.path.exists(path):
            shutil.rmtree(path)
        os.makedirs(path)
        make(path)
        with open(complete, "w", encoding="utf-8"):
            pass
        forget_others(cache, kind, path)
    return path


def forget_others(cache, kind, keep):
    """Remove what earlier inputs left in the cache and nobody used for a day.

    Another tree with other inputs may share the cache and be at work.
    """
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if not re.fullmatch(re.escape(kind) + "-[0-9a-f]{16}", name) or path == keep:
            continue
        complete = os.path.join(path, "complete")
        if os.path.exists(complete) and time.time() - os.path.getmtime(complete) < 86400:
            continue
        shutil.rmtree(path)


def build_root(cache, world, packages):
    """The compiler, and the kernel and hypervisor that everything is for."""
    include = expand(world, packages["build"])
    # One that is built from source, see kernel.py, is not fetched
    fetch = ("set -e\n" if "kernel_config" in world else FIND_KERNEL) + FETCH
    libraries = expand(world, packages["libraries"])
    others = expand(world, packages["extract"])
    if wants_in_tree(world):
        others += expand(world, packages["in_tree"])
    arch = world["build_arch"]
    if is_cross(world):
        arch += "," + world["arch"]
        include += expand(world, packages["cross"])
        fetch += FETCH_HEADERS.replace("ARCH", world["arch"])
        libraries = [f"{name}:{world['arch']}" for name in libraries]
    elif "kernel_config" in world:
        include += expand(world, packages["source"])
    else:
        include += expand(world, packages["headers"] + packages["display"])
    include += libraries
    # An empty system has no other architectures unless one says so
    arches = "".join(f" -o APT::Architectures::={name}" for name in arch.split(","))
    fetch = fetch.replace("ARCHES", arches if is_cross(world) else "")
    fetch = fetch.replace("KERNEL", world["kernel"])
    fetch = fetch.replace("OTHERS", " ".join(others))
    kind = f"build-{world['suite']}-{kernel_name(world)}"

    def make(path):
        with step(f"making the build root ({world['suite']})", "; some minutes, once"):
            # Unpacked by us, it belongs to the user who runs this and needs no root
            tar = os.path.join(path, "root.tar")
            mmdebstrap(world, include, tar, os.path.join(path, "log"), arch=arch,
                       hooks=[fetch])
            initramfs.unpack_tar(tar, os.path.join(path, "root"), LEFT_OUT_BUILD)
            os.unlink(tar)

    path = cached(cache, kind, digest(include, fetch, world["suite"], arch), make)
    return os.path.join(path, "root")


def dom0_recipe(world, packages):
    """What dom0's root is made of: packages, mmdebstrap's variant, and a key for both."""
    include = expand(world, packages["dom0"])
    variant = "apt"
    if is_cross(world):
        # No program of another architecture runs here, so nothing is set up
        variant = "extract"
        include += expand(world, packages["essential"])
    left_out = LEFT_OUT_DOM0 + [f"usr/lib/{triple(world)}/perl-base"]
    key = digest(include, left_out, LEFT_OUT, world["suite"], world["arch"], variant)
    return include, variant, left_out, key


def dom0_root(cache, world, packages):
    """dom0's root file system: base.cpio.zst, and its files for looking into.

    It has no modules: those come with ours, see stage.overlay().
    """
    include, variant, left_out, key = dom0_recipe(world, packages)

    def make(path):
        with step(f"making dom0's root file system ({world['suite']})", "; a minute, once"):
            tar = os.path.join(path, "root.tar")
            mmdebstrap(world, include, tar, os.path.join(path, "log"), variant)
            root = os.path.join(path, "root")
            initramfs.unpack_tar(tar, root, left_out)
            os.unlink(tar)
            complete_links(root)
            initramfs.pack([root], os.path.join(path, "base.cpio.zst"), level=9)

    return cached(cache, f"dom0-{world['suite']}-{world['arch']}", key, make)


def extra_root(cache, world, packages, name, extra, base):
    """What some worlds carry beside: a folder with dom0.cpio.zst, dom0/ and guest/.

    The packages are only unpacked; the files named are taken from them, with
    the libraries they load, and for dom0 without those that it has anyway.
    base() waits for dom0's root.
    """
    include = expand(world, extra["packages"])
    lists = {"dom0": extra["both"] + extra["dom0"], "guest": extra["both"]}

    def make(path):
        with step(f"unpacking what '{name}' needs ({world['suite']})", "; a minute, once"):
            tar = os.path.join(path, "root.tar")
            mmdebstrap(world, include, tar, os.path.join(path, "log"), "extract")
            root = os.path.join(path, "root")
            initramfs.unpack_tar(tar, root, LEFT_OUT_DOM0)
            os.unlink(tar)
        dom0 = os.path.join(base(), "root")
        for end, patterns in lists.items():
            target = os.path.join(path, end)
            os.makedirs(target)
            initramfs.copy_with_libraries(find(root, patterns), [dom0, root], target)
        initramfs.subtract(os.path.join(path, "dom0"), dom0)
        initramfs.pack([os.path.join(path, "dom0")],
                       os.path.join(path, "dom0.cpio.zst"), level=9)
        shutil.rmtree(root)

    return cached(cache, f"extra-{name}-{world['suite']}-{world['arch']}",
                  digest(include, lists, dom0_recipe(world, packages)[-1]), make)


def find(root, patterns):
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


def complete_links(root):
    """What the packages' own scripts would have linked, had they run."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink("usr/" + name, os.path.join(root, name))
    awk = os.path.join(root, "usr/bin/awk")
    if not os.path.lexists(awk):
        os.symlink("busybox", awk)
    # The programs of Xen look in /var/run, packages in /run
    run = os.path.join(root, "var/run")
    if not os.path.islink(run):
        shutil.rmtree(run, ignore_errors=True)
        os.symlink("/run", run)


def kernel_image(build):
    """dom0's and the guest's kernel; since Linux 7 it lies beside its modules."""
    kernel = kernel_version(build)
    for place in (f"boot/vmlinuz-{kernel}", f"usr/lib/modules/{kernel}/vmlinuz"):
        path = os.path.join(build, "extract", place)
        if os.path.exists(path):
            return path
    raise Failure(f"no kernel {kernel} in {build}/extract")


def kernel_version(build):
    names = os.listdir(os.path.join(build, "extract/usr/lib/modules"))
    if len(names) != 1:
        raise Failure(f"expected one kernel in {build}/extract, found {names}")
    return names[0]
