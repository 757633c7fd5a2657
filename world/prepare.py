# SPDX-License-Identifier: GPL-2.0-only
"""What a world boots: roots from Debian's packages, compiled programs, an initramfs."""

import concurrent.futures
import os
import shutil
import tempfile

import command
import emulator
import kernel as kernel_build
import root
import stage
from say import Failure, step


class Places:
    """The folders of a checkout that a run reads, and keeps things in."""

    def __init__(self, project):
        self.project = project
        self.world = os.path.join(project, "world")
        self.build = os.path.join(project, "build", "world")
        self.cache = os.environ.get("WORLD_CACHE") or os.path.join(self.build, "cache")


def everything(config, world, places, out, sparse=False):
    """The files that a machine boots, in out; roots are kept in places.cache.

    Steps that need nothing of each other run side by side.
    """
    # A thread for each step, as some wait for others
    pool = concurrent.futures.ThreadPoolExecutor(3 + len(world["extras"]))
    try:
        return _everything(config, world, places, out, sparse, pool)
    except BaseException:
        # Nobody waits for what is still being made
        command.end_all()
        raise
    finally:
        pool.shutdown()


def _everything(config, world, places, out, sparse, pool):
    cache, packages = places.cache, config["packages"]
    machine = pool.submit(emulator.make, cache, world, config["emulator"], places.world)
    base = pool.submit(root.dom0_root, cache, world, packages)
    extras = [pool.submit(root.extra_root, cache, world, packages, name,
                          config["extra"][name], base.result) for name in world["extras"]]
    compiled = pool.submit(_compile, config, world, places, out, sparse)
    done, _ = concurrent.futures.wait([machine, base, compiled, *extras],
                                      return_when=concurrent.futures.FIRST_EXCEPTION)
    for future in done:
        future.result()     # what failed ends the run now, not after the others
    parts = compiled.result()
    parts.update(base=base.result(), extras=[extra.result() for extra in extras],
                 absent=stage.absent(world, config), modules=_modules(config, world),
                 data=config["data"]["files"], project=places.project)
    with step("packing"), root.locked(parts["objects"] + ".lock"):
        initramfs = _pack(config, world, parts, out)
    return {"emulator": machine.result(), "xen": _hypervisor(world, parts["build"], out),
            "vmlinuz": parts["vmlinuz"], "initramfs": initramfs}


def compile_only(config, world, places, out, sparse=False):
    """What everything() compiles, without what it takes to boot."""
    _compile(config, world, places, out, sparse)


def _compile(config, world, places, out, sparse):
    """The build root, the kernel where it is one of ours, and what is compiled with both."""
    build = root.build_root(places.cache, world, config["packages"])
    if "kernel_config" in world:
        with root.locked(os.path.join(places.cache, "lock-kernel")):
            kernel_build.make(world, build, places.world)
    objects = os.path.join(places.build, "objects", f"{world['suite']}-{root.kernel_name(world)}")
    log = os.path.join(out, "build.log")
    with root.locked(objects + ".lock"):
        if sparse:
            shutil.rmtree(os.path.join(objects, "kbuild"), ignore_errors=True)
        with step("compiling"):
            folders = stage.compile_all(world, places.project, build, objects, log, sparse)
    if sparse:
        _check_sparse(log)
    kernel = root.kernel_version(build)
    world["release"] = kernel
    vmlinuz = root.kernel_image(build)
    if world["arch"] == "arm64":
        # Neither QEMU's loader nor Xen unpacks it
        vmlinuz = _unpacked(world, vmlinuz, os.path.join(out, "vmlinuz"))
    return {"build": build, "objects": objects, "folders": folders, "vmlinuz": vmlinuz,
            "kernel": os.path.join(build, "extract/usr/lib/modules", kernel)}


def _pack(config, world, parts, out):
    """One initramfs of dom0's root, the extras and what was compiled."""
    target = os.path.join(out, "initramfs")
    with tempfile.TemporaryDirectory(dir=out) as work:
        overlay = os.path.join(work, "overlay.cpio.zst")
        stage.overlay(world, config["guest"], parts, work, overlay)
        archives = [os.path.join(parts["base"], "base.cpio.zst")]
        archives += [os.path.join(path, "dom0.cpio.zst") for path in parts["extras"]]
        with open(target, "wb") as file:
            for archive in archives + [overlay]:
                with open(archive, "rb") as source:
                    shutil.copyfileobj(source, file)
    return target


def _hypervisor(world, build, out):
    boot = os.path.join(build, "extract/boot")
    found = sorted(name for name in os.listdir(boot) if name.startswith(f"xen-{world['xen']}")
                   and not name.endswith((".config", ".map", ".efi")))
    if not found:
        raise Failure(f"no hypervisor {world['xen']} in {boot}")
    return _unpacked(world, os.path.join(boot, found[-1]), os.path.join(out, "xen"))


def _modules(config, world):
    """Stock modules of dom0 and the guest."""
    extras = sum((config["extra"][name]["modules"] for name in world["extras"]), [])
    return {"dom0": config["modules"]["dom0"] + extras + world.get("disk_modules", []),
            "guest": config["modules"]["guest"] + extras}


def _unpacked(world, source, target):
    """What gzip packed, or a copy of what it did not."""
    with open(target, "wb") as file:
        if command.run(["gzip", "-dcf", source], world["prepare_limit"], stdout=file):
            raise Failure(f"gzip cannot unpack {source}")
    return target


def _check_sparse(log):
    with open(log, encoding="utf-8", errors="replace") as file:
        found = [line for line in file if ": warning: " in line or ": error: " in line]
    if found:
        raise Failure("the compiler or sparse complains:\n" + "".join(found[:20]))
