# SPDX-License-Identifier: GPL-2.0-only
"""The host's end of the channel to dom0; init/serve.c is dom0's end."""

import os
import select
import shutil
import socket
import time
import zlib
from collections.abc import Callable

import pictures
import qemu
from say import Failure

GONE = "QEMU closed the connection to dom0 during the run; see console.log"


class Silence(Failure):
    """dom0 did not answer in time."""


def event(word: str) -> dict[str, object]:
    """What QEMU calls an input event; see world-host."""
    kind, name, value = word.split(":")
    if kind in ("abs", "rel"):
        return {"type": kind, "data": {"axis": name, "value": int(value)}}
    if value not in ("up", "down"):
        raise Failure(f"{word} ends neither in :up nor in :down")
    data: dict[str, object] = {"down": value == "down"}
    if kind == "key":
        data["key"] = {"type": "qcode", "data": name}
    elif kind == "btn":
        data["button"] = name
    else:
        raise Failure(f"{word} is no input event: kinds are key, btn, abs and rel")
    return {"type": kind, "data": data}


class Channel:
    """Runs commands in dom0 and answers what dom0 asks for meanwhile."""

    def __init__(self, path: str, machine: qemu.Machine, out: str) -> None:
        self.machine = machine
        self.out = out
        self.fill = b""
        self.lines: list[str] = []
        self.number = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)

    def send(self, text: str) -> None:
        try:
            self.socket.sendall(text.encode() + b"\n")
        except OSError:
            raise Failure(GONE) from None

    def line(self, deadline: float) -> str | None:
        """The next line, or None at the deadline."""
        while not self.lines:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            ready, _, _ = select.select([self.socket], [], [], min(left, 1))
            if not ready:
                self.machine.check()
                continue
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                raise Failure(GONE)
            self.fill += data
            *lines, self.fill = self.fill.split(b"\n")
            self.lines = [line.decode(errors="replace") for line in lines]
        return self.lines.pop(0)

    def wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            line = self.line(deadline)
            if line is None:
                raise Silence(f"dom0 did not answer within {seconds} s")
            if line.strip("\0\r ").endswith("ready"):
                return

    def run(self, command: str, seconds: float,
            each: Callable[[str], float | None] | None = None) -> tuple[int | None, list[str]]:
        """Run a shell command in dom0: (status or None at the time limit, lines).

        each(line) is called for every line and may return a new limit, in
        seconds from the start of the command.
        """
        if "\n" in command:
            raise Failure("a command for dom0 must be one line")
        self.number += 1
        name = str(self.number)
        start = time.monotonic()
        output: list[str] = []
        killed = False
        self.send(f"run {name} {command}")
        while True:
            deadline = start + seconds + (30 if killed else 0)
            line = self.line(deadline)
            if line is None:
                if killed:
                    raise Silence("dom0 no longer answers")
                killed = True
                self.send(f"kill {name}")
                continue
            verb, _, rest = line.partition(" ")
            number, _, text = rest.partition(" ")
            if verb == "ask":
                self.answer(number, text)
            elif verb == "ready":
                raise Failure("dom0 rebooted during the run")
            elif number != name:
                continue
            elif verb == "out":
                output.append(text)
                if each:
                    seconds = each(text) or seconds
            elif verb == "end":
                return (None if killed else int(text)), output

    def answer(self, number: str, text: str) -> None:
        try:
            self.serve(text.split())
            reply = "ok"
        except (Failure, OSError, ValueError) as error:
            reply = str(error).replace("\n", " ") or "failed"
        self.send(f"answer {number} {reply}")

    def serve(self, words: list[str]) -> None:
        if words[:1] == ["screenshot"] and len(words) in (2, 3):
            card = words[2] if len(words) == 3 else ""
            self.machine.screenshot(self.place(words[1] + ".png"), card)
        elif words[:1] == ["saved"] and len(words) == 4:
            self.take(int(words[1]), int(words[2], 16), self.place(words[3]))
        elif words[:1] == ["compare"] and len(words) == 3:
            same, said = pictures.compare(self.place(words[1]), self.place(words[2]))
            if not same:
                raise Failure(said)
        elif words[:1] == ["input"] and len(words) > 1:
            self.machine.input([event(word) for word in words[1:]])
        else:
            raise Failure("unknown request to the host")

    def place(self, name: str) -> str:
        if "/" in name or name.startswith("."):
            raise Failure(f"file name not allowed: {name}")
        return os.path.join(self.out, name)

    def take(self, size: int, crc: int, place: str) -> None:
        """Copy a file that dom0 wrote to the outbox, a disk that both see."""
        have, left = 0, size
        with open(self.machine.outbox, "rb") as source, \
                open(place + ".partial", "wb") as target:
            while left:
                data = source.read(min(left, 1 << 20))
                if not data:
                    break
                have = zlib.crc32(data, have)
                target.write(data)
                left -= len(data)
        if left or have != crc:
            os.unlink(place + ".partial")
            raise Failure("the file was damaged on its way to the host")
        shutil.move(place + ".partial", place)

    def bye(self) -> None:
        self.send("bye")
