# SPDX-License-Identifier: GPL-2.0-only
"""Makes what a world boots: roots from Debian's packages, compiled programs, an initramfs."""

import concurrent.futures
import os
import shutil
import tempfile
from dataclasses import dataclass
from typing import Any

import command
import emulator
import initramfs
import kernel
import qemu
import root
import stage
from cache import locked
from say import Failure, step
from unpack import unpack
from worlds import Config, Modules, World

# MB: what the kernel takes of dom0's memory as it boots, and what /run and logs may grow to
KERNEL_TAKES = 192
SPARE = 16


class Places:
    """The folders of a checkout that a run reads, and keeps things in."""

    def __init__(self, project: str) -> None:
        self.project = project
        self.world = os.path.join(project, "world")
        self.build = os.path.join(project, "build", "world")
        self.cache = os.environ.get("WORLD_CACHE") or os.path.join(self.build, "cache")


@dataclass(frozen=True)
class Prepared:
    """What a machine boots, and the release of its kernel."""

    files: qemu.Files
    linux: str


def everything(config: Config, world: World, places: Places, out: str,
               sparse: bool = False) -> Prepared:
    """The files that a machine boots, in out; roots are kept in places.cache.

    Steps that need nothing of each other run side by side.
    """
    # A thread for each step, as some wait for others
    pool = concurrent.futures.ThreadPoolExecutor(3 + len(world.extras))
    try:
        return _everything(config, world, places, out, sparse, pool)
    except BaseException:
        # The steps that still run are of no use any more
        command.end_all()
        raise
    finally:
        pool.shutdown()


def _everything(config: Config, world: World, places: Places, out: str, sparse: bool,
                pool: concurrent.futures.Executor) -> Prepared:
    cache, packages = places.cache, config.packages
    machine = pool.submit(emulator.make, cache, world, config, places.world)
    base = pool.submit(root.dom0_root, cache, world, packages)
    extras = [pool.submit(root.extra_root, cache, world, packages, name,
                          config.extras[name], base.result) for name in world.extras]
    compiling = pool.submit(_compile, config, world, places, out, sparse)
    futures: list[concurrent.futures.Future[Any]] = [machine, base, compiling, *extras]
    done, _ = concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
    for future in done:
        future.result()     # what failed ends the run now, not after the others
    compiled = compiling.result()
    parts = stage.Parts(
        project=places.project, compiled=compiled, base=base.result(),
        extras=[extra.result() for extra in extras], absent=stage.absent(world, config),
        modules=_modules(config, world), data=config.data)
    with step("packing"), locked(compiled.objects + ".lock"):
        archive = _pack(config, world, parts, out)
    files = qemu.Files(machine.result(), _hypervisor(world, compiled.build, out),
                       compiled.vmlinuz, archive)
    return Prepared(files, compiled.release)


def compile_only(config: Config, world: World, places: Places, out: str,
                 sparse: bool = False) -> str:
    """What everything() compiles, without what it takes to boot; the kernel's release."""
    return _compile(config, world, places, out, sparse).release


def _compile(config: Config, world: World, places: Places, out: str,
             sparse: bool) -> stage.Compiled:
    """The build root, the world's own kernel if it has one, and what is compiled with both."""
    debian = world.debian
    build = root.build_root(places.cache, world, config.packages)
    if debian.kernel_config:
        with locked(os.path.join(places.cache, "lock-kernel")):
            kernel.make(world, build, places.world)
    objects = os.path.join(places.build, "objects", f"{debian.suite}-{debian.kernel_name}")
    log = os.path.join(out, "build.log")
    with locked(objects + ".lock"):
        if sparse:
            shutil.rmtree(os.path.join(objects, "kbuild"), ignore_errors=True)
        with step("compiling"):
            folders = stage.compile_all(world, places.project, build, objects, log, sparse)
    if sparse:
        _check_sparse(log)
    vmlinuz = os.path.join(out, "vmlinuz")
    unpack(root.kernel_image(build), vmlinuz)
    return stage.Compiled(build, objects, folders, vmlinuz, root.kernel_version(build))


def _pack(config: Config, world: World, parts: stage.Parts, out: str) -> str:
    """One initramfs of dom0's root, the extras and what was compiled."""
    target = os.path.join(out, "initramfs")
    with tempfile.TemporaryDirectory(dir=out) as work:
        overlay = stage.overlay(world.guest, config.guest_files, parts, work)
        initramfs.pack([os.path.join(parts.base, "root"),
                        *(os.path.join(path, "dom0") for path in parts.extras), overlay],
                       target)
    fits(world, os.path.getsize(target) >> 20)
    return target


def fits(world: World, size: int) -> None:
    """Fail if dom0 has no room for a root of so many MB.

    Linux gives the root half of what is free when it boots: the archive is not, nor is
    what the kernel takes by itself.
    """
    memory = world.dom0.memory
    if size > (memory - KERNEL_TAKES - size) // 2 - SPARE:
        least = 3 * size + KERNEL_TAKES + 2 * SPARE
        raise Failure(f"dom0's root of {world.name} has {size} MB and needs dom0_memory = "
                      f"{-(-least // 128) * 128}, not {memory} (world/worlds.toml)")


def _hypervisor(world: World, build: str, out: str) -> str:
    boot = os.path.join(build, "extract/boot")
    xen = world.debian.xen
    found = sorted(name for name in os.listdir(boot) if name.startswith(f"xen-{xen}")
                   and not name.endswith((".config", ".map", ".efi")))
    if not found:
        raise Failure(f"no hypervisor {xen} in {boot}")
    target = os.path.join(out, "xen")
    unpack(os.path.join(boot, found[-1]), target)
    return target


def _modules(config: Config, world: World) -> Modules:
    """Stock modules of dom0 and the guest."""
    extras = [name for extra in config.extras_of(world) for name in extra.modules]
    return Modules(dom0=config.modules.dom0 + extras + world.dom0.modules,
                   guest=config.modules.guest + extras)


def _check_sparse(log: str) -> None:
    with open(log, encoding="utf-8", errors="replace") as file:
        found = [line for line in file if ": warning: " in line or ": error: " in line]
    if found:
        raise Failure("warnings of the compiler or of sparse:\n" + "".join(found[:20]))
