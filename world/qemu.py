# SPDX-License-Identifier: GPL-2.0-only
"""One QEMU machine: Xen as its kernel, dom0's kernel and root as modules."""

import glob
import json
import os
import signal
import socket
import subprocess
import time

from say import Failure

OUTBOX_SIZE = 256 << 20


class Machine:
    """A running machine.  Always close() it."""

    def __init__(self, command, out, sockets):
        self.out = out
        self.outbox = os.path.join(out, "outbox.img")
        self.channel_path = os.path.join(sockets, "channel")
        self.qmp_path = os.path.join(sockets, "qmp")
        with open(self.outbox, "wb") as file:
            file.truncate(OUTBOX_SIZE)
        with open(os.path.join(out, "qemu.log"), "wb") as log:
            log.write((" ".join(command) + "\n").encode())
            log.flush()
            # A group of its own, so that Ctrl-C reaches us, and we end QEMU
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

    def check(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.out, "qemu.log"), encoding="utf-8",
                      errors="replace") as log:
                tail = "".join(log.readlines()[1:][-5:])
            raise Failure(f"QEMU ended (status {self.process.returncode}) {tail}".strip())

    def qmp(self, verb, **arguments):
        """One command in a connection of its own; its answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(60)
            sock.connect(self.qmp_path)
            with sock.makefile("rw", encoding="utf-8") as file:
                file.readline()
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
        return reply["return"]

    def screenshot(self, path, card=None):
        arguments = {"filename": path, "format": "png"}
        if card:
            arguments["device"] = card.split("-")[0]
        self.qmp("screendump", **arguments)
        if not os.path.exists(path) or not os.path.getsize(path):
            raise Failure("QEMU wrote no picture")

    def input(self, events):
        self.qmp("input-send-event", events=events)

    def wait(self, seconds):
        """Whether the machine powers itself off in time."""
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            if not self.wait(5):
                self.process.kill()
                self.process.wait()
        if os.path.exists(self.outbox):
            os.unlink(self.outbox)


def program(root, name):
    """A program of an unpacked root, with that one's libraries and firmware."""
    usr = os.path.join(root, "usr")
    linker, = glob.glob(os.path.join(usr, "lib/*-linux-gnu/ld-linux-*.so.*"))
    libraries = os.path.dirname(linker)
    return [linker, "--library-path", libraries, os.path.join(usr, "bin", name),
            "-L", os.path.join(usr, "share/qemu"), "-L", os.path.join(usr, "share/seabios")]


def command(world, options, files, out, sockets):
    """The command line of QEMU for a world; files: emulator, xen, vmlinuz, initramfs."""
    xen_args = world["xen_args"] + world.get("extra_xen_args", []) + world.get("more_xen_args", [])
    xen_args = " ".join(xen_args + [f"dom0_mem={world['dom0_memory']}M"])
    dom0 = " ".join(world["dom0_args"] + world.get("extra_dom0_args", []))
    line = program(files["emulator"], world["qemu"])
    line += ["-display", "none", "-no-reboot", "-nodefaults",
            "-m", str(world["qemu_memory"]), "-smp", str(world["qemu_cpus"]),
            "-M", world["machine"]]
    if options.accel == "kvm":
        line += ["-accel", "kvm", "-cpu", "host"]
    else:
        line += ["-accel", "tcg,thread=multi", "-cpu", world["cpu"]]
    if world.get("iommu"):
        line += ["-device", world["iommu"]]
    for card in world["cards"]:
        line += ["-device", f"{card},id={card.split('-')[0]}"]
    line += world["qemu_args"] + world.get("extra_qemu_args", [])
    line += ["-drive", f"if=none,id=outbox,format=raw,file={out}/outbox.img",
             "-device", f"{world['outbox']},drive=outbox",
             "-serial", f"file:{out}/console.log",
             "-chardev", f"socket,id=channel,path={sockets}/channel,server=on,wait=off",
             "-qmp", f"unix:{sockets}/qmp,server=on,wait=off",
             "-kernel", files["xen"], "-append", xen_args]
    if options.disk:
        line += ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={options.disk}",
                 "-device", f"{world['outbox']},drive=disk"]
    for argument in world["channel"]:
        line += argument.split(" ", 1)
    return line + LOADERS[world["arch"]](world, files, dom0)


def multiboot(_, files, dom0):
    """x86: dom0's kernel and root are the multiboot modules of Xen."""
    dom0 = dom0.replace(",", ",,")
    return ["-initrd", f"{files['vmlinuz']} {dom0},{files['initramfs']}"]


def device_tree(world, files, dom0):
    """arm64: the device tree says where QEMU has put them."""
    kernel, initrd = world["load_at"]
    dom0 = dom0.replace(",", ",,")
    return ["-device", f"guest-loader,addr={kernel},kernel={files['vmlinuz']},bootargs={dom0}",
            "-device", f"guest-loader,addr={initrd},initrd={files['initramfs']}"]


LOADERS = {"amd64": multiboot, "arm64": device_tree}
