# SPDX-License-Identifier: GPL-2.0-only
"""The worlds, as worlds.toml describes them.

A dataclass's fields are the keys of the file, which explains them; where the name
differs, the key is beside the field.
"""

import os
import re
import tomllib
from dataclasses import dataclass, field, replace

from say import Failure
from table import GIVEN, Table, build, check, key

FILE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "worlds.toml")
EXTRAS = "extras.toml"      # beside it, with the sections [extra.NAME]
# The names that Debian's architectures have elsewhere
TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}


@dataclass(frozen=True, kw_only=True)
class Debian:
    """The release of Debian, and what of it differs from world to world."""

    suite: str
    arch: str
    build_arch: str
    xen: str
    kernel: str
    headers: str
    # A kernel that is built, see kernel.py
    kernel_config: str = ""
    kernel_without: list[str] = field(default_factory=list)
    in_tree: list[str] = field(default_factory=list)
    renamed: dict[str, str] = field(metadata=GIVEN)

    @property
    def triple(self) -> str:
        return TRIPLES[self.arch]

    @property
    def is_cross(self) -> bool:
        return self.arch != self.build_arch

    @property
    def wants_in_tree(self) -> bool:
        """Whether gntdev's dma-buf calls are built, for the benchmarks."""
        return self.arch in self.in_tree

    @property
    def kernel_name(self) -> str:
        """The kernel's package, and what it lacks, as part of a file name."""
        name = "-without-".join([self.kernel, *self.kernel_without])
        return re.sub(r"[^a-z0-9.+-]", "-", name)

    def expand(self, names: list[str]) -> list[str]:
        """The packages' names in this suite: settings filled in, renamed ones replaced."""
        try:
            full = [name.format(suite=self.suite, arch=self.arch, build_arch=self.build_arch,
                                xen=self.xen, kernel=self.kernel, headers=self.headers)
                    for name in names]
        except (IndexError, KeyError, ValueError) as error:
            raise Failure(f"worlds.toml: [packages]: {error} stands for nothing in "
                          + ", ".join(names)) from None
        return [self.renamed.get(name, name) for name in full]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The machine that QEMU emulates."""

    qemu: str
    package: str
    machine: str
    cpu: str
    memory: int = field(metadata=key("qemu_memory"))
    cpus: int = field(metadata=key("qemu_cpus"))
    iommu: str = ""
    cards: list[str]
    args: list[str] = field(metadata=key("qemu_args"))
    extra_args: list[str] = field(metadata=key("extra_qemu_args"), default_factory=list)
    outbox: str
    channel: list[str]
    load_at: list[str] = field(default_factory=list)
    # Debian's QEMU as it is, see emulator.py
    stock: bool = field(metadata=key("stock_emulator"), default=False)


@dataclass(frozen=True, kw_only=True)
class Dom0:
    """Xen and dom0."""

    memory: int = field(metadata=key("dom0_memory"))
    xen_args: list[str]
    extra_xen_args: list[str] = field(default_factory=list)
    more_xen_args: list[str] = field(default_factory=list)
    args: list[str] = field(metadata=key("dom0_args"))
    extra_args: list[str] = field(metadata=key("extra_dom0_args"), default_factory=list)
    modules: list[str] = field(metadata=key("disk_modules"), default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Guest:
    """The guests, which are alike but for the second one's type."""

    type: str = field(metadata=key("guest_type"))
    type_of_second: str = field(metadata=key("guest2_type"), default="")
    memory: int = field(metadata=key("guest_memory"))
    args: list[str] = field(metadata=key("guest_args"))
    grant_frames: int = field(metadata=key("guest_grant_frames"))
    vcpus: int = field(metadata=key("guest_vcpus"))
    cpus: str = field(metadata=key("guest_cpus"))
    config: list[str] = field(metadata=key("guest_config"))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds."""

    prepare: int = field(metadata=key("prepare_limit"))
    boot: int = field(metadata=key("boot_limit"))
    guest: int = field(metadata=key("guest_limit"))
    test: int = field(metadata=key("test_limit"))
    run: int = field(metadata=key("run_limit"))


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Which tests run: names or patterns, with "-" those that do not."""

    tests: list[str]
    own_tests: list[str]
    everyday: list[str] = field(default_factory=list)
    matrix: bool


@dataclass(frozen=True, kw_only=True)
class World:
    """One world and what it is made of."""

    name: str = field(metadata=GIVEN)
    description: str
    debian: Debian
    machine: Machine
    dom0: Dom0
    guest: Guest
    limits: Limits
    suite: Suite
    extras: list[str]

    def with_guest_args(self, *args: str) -> "World":
        return replace(self, guest=replace(self.guest, args=[*self.guest.args, *args]))

    def with_qemu_args(self, *args: str) -> "World":
        return replace(self, machine=replace(self.machine, args=[*self.machine.args, *args]))


@dataclass(frozen=True, kw_only=True)
class Packages:
    """Lists of Debian's packages by what they are for."""

    build: list[str]
    headers: list[str]
    display: list[str]
    source: list[str]
    cross: list[str]
    libraries: list[str]
    dom0: list[str]
    essential: list[str]
    extract: list[str]
    in_tree: list[str]


@dataclass(frozen=True, kw_only=True)
class Extra:
    """Packages and files that few worlds need, because they are large."""

    packages: list[str]
    ours: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    dom0: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    qemu_args: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Modules:
    """Stock kernel modules."""

    dom0: list[str]
    guest: list[str]


@dataclass(frozen=True, kw_only=True)
class Patched:
    """How a package of QEMU is built with a patch."""

    patch: str
    target: str
    build: list[str]


@dataclass(frozen=True, kw_only=True)
class EmulatorPackage:
    """A package of QEMU."""

    firmware: list[str] = field(default_factory=list)
    patched: Patched | None = field(metadata=GIVEN)


@dataclass(frozen=True, kw_only=True)
class _Files:
    files: list[str]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything of worlds.toml."""

    worlds: dict[str, World]
    bench: dict[str, World]         # the same worlds as the benchmarks want them
    packages: Packages
    emulator_suite: str
    emulators: dict[str, EmulatorPackage]
    modules: Modules
    extras: dict[str, Extra]
    data: list[str]                 # files of packages for dom0 and guest
    guest_files: list[str]          # files of dom0's root for the guest

    def extras_of(self, world: World) -> list[Extra]:
        return [self.extras[name] for name in world.extras]


SECTIONS = ("defaults", "world", "emulator", "bench", "packages", "renamed", "modules", "data",
            "guest", "extra")


def _texts(where: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict) or not all(isinstance(text, str) for text in table.values()):
        raise Failure(f"{where}: every value is to be a string")
    return table


def _tables(where: str, table: object) -> dict[str, Table]:
    if not isinstance(table, dict) or not all(isinstance(one, dict) for one in table.values()):
        raise Failure(f"{where}: every value is to be a table")
    return table


def _world(path: str, name: str, table: Table, renamed: dict[str, dict[str, str]],
           extras: dict[str, Extra]) -> World:
    where = f"{path}: [world.{name}]"
    world = build(where, table, World, name=name, renamed=renamed.get(table.get("suite", ""), {}))
    for extra in world.extras:
        if extra not in extras:
            raise Failure(f"{where}: extras: there is no [extra.{extra}]")
    if world.debian.arch not in TRIPLES:
        raise Failure(f"{where}: arch = {world.debian.arch!r} is none of {', '.join(TRIPLES)}")
    return world.with_qemu_args(*(arg for extra in world.extras
                                  for arg in extras[extra].qemu_args))


def _with_alike(path: str, worlds: dict[str, Table]) -> dict[str, Table]:
    """The tables, each with the keys of the one that it is like, but for its everyday tests."""
    whole = {}
    for name, table in worlds.items():
        like = table.get("like")
        if like is not None and (like not in worlds or "like" in worlds[like]):
            raise Failure(f"{path}: [world.{name}]: like = {like!r} is no world that is like none")
        alike = worlds[like] if like else {}
        whole[name] = ({key: value for key, value in alike.items() if key != "everyday"}
                       | {key: value for key, value in table.items() if key != "like"})
    return whole


def _emulators(path: str, table: Table) -> dict[str, EmulatorPackage]:
    found = {}
    for package, settings in _tables(f"{path}: [emulator]", table).items():
        where = f"{path}: [emulator.{package}"
        patched = settings.pop("patched", None)
        found[package] = build(
            where + "]", settings, EmulatorPackage,
            patched=None if patched is None else build(where + ".patched]", patched, Patched))
    return found


def read(path: str, config: Table) -> Config:
    """The tables of both files; path, that of worlds.toml, is for messages."""
    for name in config:
        if name not in SECTIONS:
            raise Failure(f"{path}: unknown section [{name}]")
    for name in SECTIONS:
        if not isinstance(config.get(name), dict):
            raise Failure(f"{path}: there is no section [{name}]")
    renamed = {suite: _texts(f"{path}: [renamed.{suite}]", names)
               for suite, names in config["renamed"].items()}
    extras = {name: build(f"{_beside(path)}: [extra.{name}]", table, Extra)
              for name, table in config["extra"].items()}
    defaults = check(f"{path}: [defaults]", config["defaults"], World)
    bench = check(f"{path}: [bench]", config["bench"], World)
    worlds = _with_alike(path, _tables(f"{path}: [world]", config["world"]))
    tables = {name: defaults | check(f"{path}: [world.{name}]", table, World)
              for name, table in worlds.items()}
    emulator = dict(config["emulator"])
    suite = emulator.pop("suite", None)
    if not isinstance(suite, str):
        raise Failure(f"{path}: [emulator]: suite is to be a string")
    return Config(
        worlds={name: _world(path, name, table, renamed, extras)
                for name, table in tables.items()},
        bench={name: _world(path, name, table | bench, renamed, extras)
               for name, table in tables.items()},
        packages=build(f"{path}: [packages]", config["packages"], Packages),
        emulator_suite=suite, emulators=_emulators(path, emulator),
        modules=build(f"{path}: [modules]", config["modules"], Modules), extras=extras,
        data=build(f"{path}: [data]", config["data"], _Files).files,
        guest_files=build(f"{path}: [guest]", config["guest"], _Files).files)


def _beside(path: str) -> str:
    return os.path.join(os.path.dirname(path), EXTRAS)


def _parse(path: str) -> Table:
    with open(path, "rb") as file:
        try:
            return tomllib.load(file)
        except tomllib.TOMLDecodeError as error:
            raise Failure(f"{path}: {error}") from None


def parse(path: str = FILE) -> Table:
    """The tables of worlds.toml, with those of extras.toml."""
    config, extras = _parse(path), _parse(_beside(path))
    if set(extras) != {"extra"} or "extra" in config:
        raise Failure(f"{_beside(path)} is to have the sections [extra.NAME], which no other has")
    return config | extras


def load(path: str = FILE) -> Config:
    return read(os.path.relpath(path), parse(path))
