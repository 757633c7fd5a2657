#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Real programs through both halves at a real compositor, weston without a screen; in TAP.

usage: programs.py XEN-WAYLAND

What is not installed is skipped."""

import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Beside weston itself: the program, and the seconds that it runs (0: until it ends)
CLIENTS = {
    "wayland-info": 0,
    "weston-simple-shm": 3,
    "weston-simple-damage": 3,
    "weston-flower": 2,
    "weston-eventdemo": 2,
    "weston-smoke": 3,
    "weston-subsurfaces": 2,
    "weston-simple-touch": 2,
}
# The clients that show the same pixels at any time
STILL = "weston-eventdemo"
# Of the frames of a guest
COLOUR, WIDTH = bytes([0xcc, 0x00, 0x33]), 8


def load_png(path: pathlib.Path) -> tuple[int, int, bytes]:
    """Width, height and RGB bytes."""
    script = str(pathlib.Path(__file__).parents[3] / "demo/compare")
    loader = importlib.machinery.SourceFileLoader("compare", script)
    spec = importlib.util.spec_from_loader("compare", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    size: tuple[int, int, bytes] = module.load(str(path))
    return size


class Scene:
    """A compositor, both halves, and the folder with their sockets and logs."""

    def __init__(self, program: str, folder: pathlib.Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(folder))
        self.environment.pop("WAYLAND_SOCKET", None)
        self.running: list[subprocess.Popen[bytes]] = []
        self.program = program
        (folder / "weston.ini").write_text("[core]\nidle-time=0\n")
        self.start("weston", ["weston", *weston_options(), "--socket=real", "--debug",
                              f"--config={folder}/weston.ini"], "real")
        self.host = self.start_host("")
        self.start("agent", [program, "--display", "guest", "--socket", f"{folder}/host",
                             "agent"], "guest")

    def start_host(self, keys: str) -> "subprocess.Popen[bytes]":
        (self.folder / "conf").write_text(f"[default]\ndisplay = real\n{keys}\n[guest work]\n")
        return self.start("host", [self.program, "--config", f"{self.folder}/conf", "--socket",
                                   f"{self.folder}/host", "host", "work"], "host")

    def restart_host(self, keys: str) -> None:
        self.host.send_signal(signal.SIGTERM)
        self.host.wait(20)
        self.running.remove(self.host)
        self.host = self.start_host(keys)

    def start(self, name: str, command: list[str], socket: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=self.folder,
                                       stdout=log, stderr=log)
        self.running.append(process)
        for _ in range(200):
            if (self.folder / socket).exists():
                return process
            time.sleep(0.1)
        raise RuntimeError(f"{name} does not start:\n{self.log(name)}")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def complaints(self) -> list[str]:
        """Lines of both halves but the ones that they begin with."""
        lines = (self.log("host") + self.log("agent")).splitlines()
        return [line for line in lines if "version" not in line]

    def run(self, client: str, seconds: int, display: str) -> list[str]:
        """What was wrong with a client."""
        with open(self.folder / "client.log", "wb") as log:
            process = subprocess.Popen([client], cwd=self.folder, stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL,
                                       env=dict(self.environment, WAYLAND_DISPLAY=display))
            try:
                status = process.wait(seconds or 20)
                good = not seconds and not status
            except subprocess.TimeoutExpired:
                good = bool(seconds)
                process.kill()
                process.wait()
        wrong = self.complaints()
        if not good:
            wrong += self.log("client").splitlines()[-5:] + [f"{client} ended by itself"]
        return wrong

    def screenshot(self, client: str, display: str) -> bytes:
        """What is on the screen two seconds after the client was started."""
        environment = dict(self.environment, WAYLAND_DISPLAY=display)
        for old in self.folder.glob("*.png"):
            old.unlink()
        with subprocess.Popen([client], env=environment, cwd=self.folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(2)
                subprocess.run(["weston-screenshooter"], cwd=self.folder, check=True, timeout=30,
                               env=dict(self.environment, WAYLAND_DISPLAY="real",
                                        XDG_PICTURES_DIR=str(self.folder)),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            finally:
                process.kill()
        return next(self.folder.glob("*.png")).read_bytes()

    def stop(self) -> None:
        for process in reversed(self.running):
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def weston_options() -> list[str]:
    """Without a screen, drawn in memory, one window at a time on all of it."""
    size = ["--width=640", "--height=480"]
    out = subprocess.run(["weston", "--version"], capture_output=True, text=True, check=True)
    if int(out.stdout.split()[1].split(".")[0]) < 12:
        return ["--backend=headless-backend.so", "--use-pixman", "--shell=kiosk-shell.so", *size]
    return ["--backend=headless", "--renderer=pixman", "--shell=kiosk", *size]


def report(number: int, name: str, wrong: list[str], skip: str = "") -> None:
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}{' # SKIP ' if skip else ''}{skip}",
          flush=True)
    for line in wrong:
        print(f"# {line}", flush=True)


def same_pixels(scene: Scene) -> list[str]:
    here = scene.screenshot(STILL, "real")
    there = scene.screenshot(STILL, "guest")
    other = scene.screenshot("weston-flower", "guest")
    if here == other:
        return ["the screenshots do not show the program"]
    return [] if here == there else [f"{STILL} looks different through both halves"]


def framed(scene: Scene) -> list[str]:
    """The window is as large as the screen: the frame is at its edges, and nowhere else."""
    scene.restart_host(f"frame = #{COLOUR.hex()}\nframe-width = {WIDTH}")
    path = scene.folder / "framed"
    path.write_bytes(scene.screenshot(STILL, "guest"))
    width, height, pixels = load_png(path)

    def pixel(x: int, y: int) -> bytes:
        at = 3 * (y * width + x)
        return pixels[at:at + 3]

    near, middle = WIDTH - 1, width // 2
    edges = [(0, 0), (near, height // 2), (middle, near), (width - WIDTH, height // 2),
             (middle, height - WIDTH), (width - 1, height - 1)]
    wrong = [f"{x}, {y}: no frame" for x, y in edges if pixel(x, y) != COLOUR]
    inside = [(WIDTH, height // 2), (middle, WIDTH), (width - WIDTH - 1, height // 2)]
    wrong += [f"{x}, {y}: a frame" for x, y in inside if pixel(x, y) == COLOUR]
    return wrong + scene.complaints()


def run_all(scene: Scene) -> bool:
    failed = False
    print(f"1..{len(CLIENTS) + 3}")
    for number, (client, seconds) in enumerate(CLIENTS.items(), 1):
        missing = "" if shutil.which(client) else f"{client} is not installed"
        wrong = [] if missing else scene.run(client, seconds, "guest")
        report(number, f"{client}: runs through both halves", wrong, missing)
        failed = failed or bool(wrong)
    needed = [STILL, "weston-flower", "weston-screenshooter"]
    missing = ", ".join(p for p in needed if not shutil.which(p))
    wrong = [] if missing else same_pixels(scene)
    report(len(CLIENTS) + 1, f"{STILL}: pixels equal those of a local run", wrong,
           f"not installed: {missing}" if missing else "")
    failed = failed or bool(wrong)
    wrong = [] if missing else framed(scene)
    report(len(CLIENTS) + 2, f"{STILL}: in a frame of the guest's colour", wrong,
           f"not installed: {missing}" if missing else "")
    failed = failed or bool(wrong)
    wrong = [line for line in scene.log("weston").splitlines()
             if "error in client" in line or "*** BUG ***" in line]
    report(len(CLIENTS) + 3, "weston: its log has no complaint of a client", wrong)
    return failed or bool(wrong)


def main() -> int:
    if not shutil.which("weston"):
        print("1..0 # SKIP weston is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="xwl.") as folder:
        scene = Scene(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(folder))
        try:
            return int(run_all(scene))
        finally:
            scene.stop()


if __name__ == "__main__":
    sys.exit(main())
