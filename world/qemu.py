# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU machine: Xen as its kernel, dom0's kernel and root as modules."""

import glob
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from say import Failure
from worlds import World

OUTBOX_SIZE = 256 << 20
# At its end: another disk (--disk) may be the first one (world/init/host.c)
OUTBOX_MARK = b"world-host outbox".ljust(512, b"\0")


@dataclass(frozen=True)
class Files:
    """What a machine boots, and the root that its QEMU is in."""

    emulator: str
    xen: str
    vmlinuz: str
    initramfs: str


class Machine:
    """A running machine.  Always close() it."""

    def __init__(self, command: list[str], out: str, sockets: str) -> None:
        self.out = out
        self.outbox = os.path.join(out, "outbox.img")
        self.channel_path = os.path.join(sockets, "channel")
        self.qmp_path = os.path.join(sockets, "qmp")
        with open(self.outbox, "wb") as file:
            file.truncate(OUTBOX_SIZE)
            file.seek(OUTBOX_SIZE - len(OUTBOX_MARK))
            file.write(OUTBOX_MARK)
        with open(os.path.join(out, "qemu.log"), "wb") as log:
            log.write((" ".join(command) + "\n").encode())
            log.flush()
            # Its own group: Ctrl-C reaches only world/run, which then ends QEMU
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
        deadline = time.monotonic() + 30
        while not (os.path.exists(self.channel_path) and os.path.exists(self.qmp_path)):
            self.check()
            if time.monotonic() > deadline:
                self.close()
                raise Failure("QEMU did not open its sockets within 30 s")
            time.sleep(0.05)

    def check(self) -> None:
        """A Failure if it has ended."""
        if self.process.poll() is not None:
            with open(os.path.join(self.out, "qemu.log"), encoding="utf-8",
                      errors="replace") as log:
                tail = "".join(log.readlines()[1:][-5:])
            raise Failure(f"QEMU ended (status {self.process.returncode}) {tail}".strip())

    def qmp(self, verb: str, **arguments: object) -> object:
        """Send one command to QEMU's monitor, in a new connection; its answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect(self.qmp_path)
            with sock.makefile("rw", encoding="utf-8") as file:
                file.readline()
                reply: dict[str, Any] = {}
                for request in ({"execute": "qmp_capabilities"},
                                {"execute": verb, "arguments": arguments}):
                    file.write(json.dumps(request) + "\n")
                    file.flush()
                    while True:
                        line = file.readline()
                        if not line:
                            raise Failure("QEMU's monitor closed the connection")
                        reply = json.loads(line)
                        if "return" in reply or "error" in reply:
                            break
        if "error" in reply:
            raise Failure(f"QEMU refused {verb}: {reply['error'].get('desc')}")
        result: object = reply["return"]
        return result

    def screenshot(self, path: str, card: str = "") -> None:
        arguments = {"filename": path, "format": "png"}
        if card:
            arguments["device"] = card.split("-")[0]
        self.qmp("screendump", **arguments)
        if not os.path.exists(path) or not os.path.getsize(path):
            raise Failure("QEMU wrote no picture")

    def input(self, events: list[dict[str, object]]) -> None:
        """Events as QEMU calls them, see channel.event()."""
        self.qmp("input-send-event", events=events)

    def wait(self, seconds: float) -> bool:
        """Whether the machine powers itself off in time."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            if not self.wait(5):
                self.process.kill()
                self.process.wait()
        if os.path.exists(self.outbox):
            os.unlink(self.outbox)


def program(root: str, name: str) -> list[str]:
    """The command line of a program in an unpacked root, with its libraries and firmware."""
    usr = os.path.join(root, "usr")
    linker, = glob.glob(os.path.join(usr, "lib/*-linux-gnu/ld-linux-*.so.*"))
    libraries = os.path.dirname(linker)
    return [linker, "--library-path", libraries, os.path.join(usr, "bin", name),
            "-L", os.path.join(usr, "share/qemu"), "-L", os.path.join(usr, "share/seabios")]


def command(world: World, accel: str, disk: str, files: Files, out: str,
            sockets: str) -> list[str]:
    """The command line of QEMU for a world; disk: an image for dom0, or empty."""
    machine, dom0 = world.machine, world.dom0
    xen_args = " ".join([*dom0.xen_args, *dom0.extra_xen_args, *dom0.more_xen_args,
                         f"dom0_mem={dom0.memory}M"])
    line = program(files.emulator, machine.qemu)
    line += ["-display", "none", "-no-reboot", "-nodefaults",
             "-m", str(machine.memory), "-smp", str(machine.cpus),
             "-M", machine.machine]
    if accel == "kvm":
        line += ["-accel", "kvm", "-cpu", "host"]
    else:
        line += ["-accel", "tcg,thread=multi", "-cpu", machine.cpu]
    if machine.iommu:
        line += ["-device", machine.iommu]
    for card in machine.cards:
        line += ["-device", f"{card},id={card.split('-')[0]}"]
    line += machine.args + machine.extra_args
    line += ["-drive", f"if=none,id=outbox,format=raw,file={out}/outbox.img",
             "-device", f"{machine.outbox},drive=outbox",
             "-serial", f"file:{out}/console.log",
             "-chardev", f"socket,id=channel,path={sockets}/channel,server=on,wait=off",
             "-qmp", f"unix:{sockets}/qmp,server=on,wait=off",
             "-kernel", files.xen, "-append", xen_args]
    if disk:
        line += ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={disk}",
                 "-device", f"{machine.outbox},drive=disk"]
    for argument in machine.channel:
        line += argument.split(" ", 1)
    # A comma separates options of QEMU's; two are one of the text
    args = " ".join(dom0.args + dom0.extra_args).replace(",", ",,")
    return line + LOADERS[world.debian.arch](world, files, args)


def multiboot(_: World, files: Files, dom0_args: str) -> list[str]:
    """x86: dom0's kernel and root are the multiboot modules of Xen."""
    return ["-initrd", f"{files.vmlinuz} {dom0_args},{files.initramfs}"]


def device_tree(world: World, files: Files, dom0_args: str) -> list[str]:
    """arm64: QEMU loads them at fixed addresses, which the device tree names."""
    kernel, initrd = world.machine.load_at
    return ["-device", f"guest-loader,addr={kernel},kernel={files.vmlinuz},bootargs={dom0_args}",
            "-device", f"guest-loader,addr={initrd},initrd={files.initramfs}"]


LOADERS = {"amd64": multiboot, "arm64": device_tree}
