# SPDX-License-Identifier: GPL-2.0-only
"""Root file systems made of Debian packages, cached by what they are made of."""

import hashlib
import json
import os
import shutil
import subprocess
import time

import initramfs
from say import Failure, phase

RECIPE = 4      # to be raised when the steps below change

# Nobody reads these in a world, and an initramfs is held in memory
LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*",
            "/usr/share/locale/*", "/usr/share/i18n/*", "/usr/share/lintian/*",
            "/usr/share/bash-completion/*", "/usr/share/zsh/*"]
LEFT_OUT_BUILD = ["var/lib/apt", "var/cache"]
# In dom0's root, which installs no further packages either
LEFT_OUT_DOM0 = ["var/lib/apt", "var/cache", "var/lib/dpkg", "var/log",
                 "usr/share/perl", "usr/lib/x86_64-linux-gnu/perl-base",
                 "usr/share/zoneinfo", "usr/lib/udev/hwdb.d", "boot",
                 "usr/share/qemu", "usr/lib/valgrind"]

FETCH = r"""set -e
kernel=$(chroot "$1" apt-cache depends --important KERNEL |
         sed -n 's/^ *Depends: \(linux-image-[^ ]*\|linux-binary-[^ ]*\)$/\1/p' | head -n 1)
case "$kernel" in "") kernel=KERNEL ;; esac
mkdir -p "$1/extract/debs"
chmod 777 "$1/extract/debs"
chroot "$1" sh -c 'cd /extract/debs && apt-get download "$@"' sh "$kernel" OTHERS
for deb in "$1"/extract/debs/*.deb; do
	dpkg-deb -x "$deb" "$1/extract"
	rm "$deb"
done
rmdir "$1/extract/debs"
"""


def sources(suite):
    """Lines of sources.list for suite from the mirrors this machine uses."""
    try:
        out = subprocess.run(
            ["apt-get", "indextargets", "--format",
             "$(REPO_URI)|$(ORIGIN)|$(LABEL)", "Created-By: Packages"],
            capture_output=True, text=True, check=False).stdout
    except OSError:
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
    lines = [f"deb {main} {suite} main"]
    if suite != "sid":
        lines.append(f"deb {main} {suite}-updates main")
    if security and suite != "sid":
        lines.append(f"deb {security} {suite}-security main")
    return lines


def expand(world, names):
    return [name.format(**world) for name in names]


def digest(*parts):
    text = json.dumps([RECIPE, parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def mmdebstrap(world, packages, target, log, hooks=()):
    command = ["mmdebstrap", "--variant=apt", "--mode=auto",
               f"--architectures={world['arch']}",
               "--include=" + ",".join(packages),
               '--aptopt=Acquire::Languages "none"',
               '--aptopt=Acquire::Retries "3"']
    command += [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    command += [f"--customize-hook={hook}" for hook in hooks]
    command += [world["suite"], target] + sources(world["suite"])
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with open(log, "w", encoding="utf-8") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out,
                              stderr=subprocess.STDOUT, check=False, env=env)
    if done.returncode:
        with open(log, encoding="utf-8", errors="replace") as out:
            tail = "".join(out.readlines()[-15:])
        raise Failure(f"mmdebstrap failed for {target}\n{tail}"
                      f"The whole output is in {log}.")


def cached(cache, kind, key, make):
    """cache/kind-key, made by make(path) unless it is there already."""
    path = os.path.join(cache, f"{kind}-{key}")
    complete = os.path.join(path, "complete")
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
        if not name.startswith(kind + "-") or path == keep:
            continue
        complete = os.path.join(path, "complete")
        if os.path.exists(complete) and time.time() - os.path.getmtime(complete) < 86400:
            continue
        shutil.rmtree(path)


def build_root(cache, world, packages):
    """The compiler, and the kernel and hypervisor that everything is for."""
    include = expand(world, packages["build"])
    others = expand(world, packages["extract"])
    fetch = FETCH.replace("KERNEL", world["kernel"])
    fetch = fetch.replace("OTHERS", " ".join(others))
    kind = f"build-{world['suite']}-{world['kernel']}"

    def make(path):
        phase(f"making the build root ({world['suite']}; some minutes, once)")
        # Unpacked by us, it belongs to whoever runs this and needs no root
        tar = os.path.join(path, "root.tar")
        mmdebstrap(world, include, tar, os.path.join(path, "log"), [fetch])
        initramfs.unpack_tar(tar, os.path.join(path, "root"), LEFT_OUT_BUILD)
        os.unlink(tar)

    path = cached(cache, kind, digest(include, fetch, world["suite"], world["arch"]),
                  make)
    return os.path.join(path, "root")


def dom0_root(cache, world, packages, modules, build):
    """dom0's root file system: base.cpio.zst, and its files for looking into."""
    include = expand(world, packages["dom0"])
    kernel = kernel_version(build)
    kind = f"dom0-{world['suite']}-{world['kernel']}"

    def make(path):
        phase(f"making dom0's root file system ({world['suite']}; a minute, once)")
        tar = os.path.join(path, "root.tar")
        mmdebstrap(world, include, tar, os.path.join(path, "log"))
        root = os.path.join(path, "root")
        initramfs.unpack_tar(tar, root, LEFT_OUT_DOM0)
        os.unlink(tar)
        initramfs.copy_modules(build, kernel, modules["dom0"], root)
        # The programs of Xen look in /var/run, packages in /run
        run = os.path.join(root, "var/run")
        if not os.path.islink(run):
            shutil.rmtree(run, ignore_errors=True)
            os.symlink("/run", run)
        initramfs.pack([root], os.path.join(path, "base.cpio.zst"), level=9)

    path = cached(cache, kind, digest(include, modules, kernel, LEFT_OUT_DOM0,
                                      LEFT_OUT, world["suite"]), make)
    return path


def kernel_version(build):
    names = os.listdir(os.path.join(build, "extract/usr/lib/modules"))
    if len(names) != 1:
        raise Failure(f"expected one kernel in {build}/extract, found {names}")
    return names[0]
