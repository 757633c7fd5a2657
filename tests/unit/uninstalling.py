#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Does "make uninstall" remove what was installed, and nothing else?  Writes TAP.

Usage: uninstalling.py SOURCE BUILD, the folder of the Makefile and one of meson's
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

sys.dont_write_bytecode = True

import tap

SOURCE, BUILD = sys.argv[1:]
UNINSTALL = os.path.join(SOURCE, "packaging/uninstall")
REFRESH = os.path.join(SOURCE, "packaging/refresh")
# What "make check-unit" was called with is not for the make of this test
ENVIRONMENT = {"PATH": os.environ["PATH"]}


def write(path: str, text: str = "") -> str:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Project(NamedTuple):
    """One that installs a file, where this user may write."""

    folder: str
    prefix: str
    tool: str       # on the system itself
    stage: str
    staged: str     # the tool, under the stage

    def module(self, kernel: str, folder: str = "updates") -> str:
        return write(f"{self.stage}/lib/modules/{kernel}/{folder}/xen_dmabuf.ko")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, cwd=self.folder, env=ENVIRONMENT, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print("".join(f"# {line}\n" for line in done.stdout.splitlines()), end="")
        return done

    def uninstall(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        subprocess.run(["meson", "setup", "build", "--prefix=" + self.prefix], check=True,
                       cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        return self.run(UNINSTALL, "build", *arguments)


@contextmanager
def installed() -> Iterator[Project]:
    """The project, installed on the system and in a stage."""
    with tempfile.TemporaryDirectory() as folder:
        prefix, stage = folder + "/system", folder + "/stage"
        os.symlink(os.path.join(SOURCE, "packaging"), folder + "/packaging")
        write(folder + "/meson_options.txt", "option('tests', type: 'boolean')\n")
        write(folder + "/meson.build",
              "project('small')\ninstall_data('tool', install_dir: get_option('bindir'))\n")
        write(folder + "/tool")
        yield Project(folder, prefix, write(prefix + "/bin/tool"), stage,
                      write(stage + prefix + "/bin/tool"))


def unknown_kernel_keeps_the_system() -> bool:
    with installed() as project:
        done = project.run("make", "-f", os.path.join(SOURCE, "Makefile"), "uninstall",
                           "PREFIX=" + project.prefix, "DESTDIR=" + project.stage,
                           "KDIR=/nonexistent")
        return done.returncode == 0 and os.path.exists(project.tool) \
            and not os.path.exists(project.staged)


def unknown_kernel_means_all() -> bool:
    with installed() as project:
        modules = [project.module("6.1"), project.module("6.12", "extra")]
        done = project.uninstall("", project.stage)
        return done.returncode == 0 and "for all kernels" in done.stdout \
            and not any(map(os.path.exists, modules)) \
            and os.listdir(project.stage + "/lib/modules/6.1") == []


def kernel_means_itself() -> bool:
    with installed() as project:
        module, other = project.module("6.1"), project.module("6.12")
        done = project.uninstall("6.1", project.stage)
        return done.returncode == 0 and not os.path.exists(module) and os.path.exists(other)


def missing_argument_is_refused() -> bool:
    with installed() as project:
        done = project.uninstall(project.stage)
        return done.returncode == 1 and "DESTDIR" in done.stdout \
            and os.path.exists(project.tool) and os.path.exists(project.staged)


def failure_is_one_line() -> bool:
    """A file cannot be removed; here a folder has taken its place."""
    with installed() as project:
        os.unlink(project.staged)
        os.mkdir(project.staged)
        done = project.uninstall("", project.stage)
        return done.returncode == 1 and done.stdout.splitlines() == [
            f"packaging/uninstall: Is a directory: {project.staged}"]


def unknown_kernel_refreshes_all() -> bool:
    """As an ordinary user, who is told the commands and does nothing."""
    with installed() as project:
        os.chmod(write(project.folder + "/bin/id", "#!/bin/sh\necho 1000\n"), 0o755)
        done = project.run("env", f"PATH={project.folder}/bin:{os.environ['PATH']}",
                           REFRESH, project.prefix, "")
        said = [line.split()[1:] for line in done.stdout.splitlines() if "  depmod" in line]
        kernels = os.listdir("/lib/modules") if os.path.isdir("/lib/modules") else []
        return done.returncode == 0 and sorted(said) == sorted(
            [kernel] for kernel in kernels
            if os.path.exists(f"/lib/modules/{kernel}/modules.dep"))


def whole_project_goes() -> bool:
    with tempfile.TemporaryDirectory() as stage:
        subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                        "--destdir", stage], check=True)
        was_there = os.path.isdir(stage + "/etc/xen-dmabuf")
        subprocess.run([UNINSTALL, BUILD, "", stage], check=True, stdout=subprocess.DEVNULL)
        left = [os.path.join(folder, name)
                for folder, _, names in os.walk(stage) for name in names]
        print("".join(f"# left: {path}\n" for path in left), end="")
        return not left and was_there and not os.path.exists(stage + "/etc/xen-dmabuf")


def configuration_stays() -> bool:
    with installed() as project:
        conf = write(project.stage + "/etc/xen-dmabuf/xen-wayland.conf", "[default]\n")
        done = project.uninstall("", project.stage)
        return done.returncode == 0 and os.path.exists(conf)


CHECKS: list[tuple[str, Callable[[], bool]]] = [
    ("uninstall from DESTDIR, without KDIR: the system itself stays",
     unknown_kernel_keeps_the_system),
    ("uninstall for an unknown kernel: the module of each kernel goes",
     unknown_kernel_means_all),
    ("uninstall for a kernel: other kernels keep the module", kernel_means_itself),
    ("uninstall with an argument missing: refused, nothing removed",
     missing_argument_is_refused),
    ("uninstall cannot remove a file: one line names it", failure_is_one_line),
    ("uninstall of the whole project: no file is left", whole_project_goes),
    ("uninstall: what was configured stays", configuration_stays),
    ("refresh for an unknown kernel: depmod for each kernel", unknown_kernel_refreshes_all),
]

if __name__ == "__main__":
    sys.exit(tap.run(CHECKS))
