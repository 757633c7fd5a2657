#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# test-compare.sh COMPARE TOOL-PICTURE: the comparison that the demo rests on
compare=$(realpath "$1")
picture=$(realpath "$2")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# one red and one almost red pixel, both scaled
echo iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC |
	base64 -d >red.png
python3 - <<'END' || exit 1
import struct, zlib

def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body)))

def write(name, rows, colour, width):
    with open(name, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n"
                + chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, colour, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b""))

# the same 2 x 5 picture twice: plain, and each row with another filter
plain = [bytes([0, 9, 8, 7, 19, 28, 37])] * 5
write("plain.png", plain, 2, 2)
write("filters.png", [
    bytes([1, 9, 8, 7, 10, 20, 30]),
    bytes([2, 0, 0, 0, 0, 0, 0]),
    bytes([3, 5, 4, 4, 5, 10, 15]),
    bytes([4, 0, 0, 0, 0, 0, 0]),
    bytes([0, 9, 8, 7, 19, 28, 37])], 2, 2)
write("alpha.png", [bytes([0, 9, 8, 7, 255, 19, 28, 37, 1])] * 5, 6, 2)
write("last.png", plain[:4] + [bytes([0, 9, 8, 7, 19, 28, 36])], 2, 2)
write("short.png", plain[:4], 2, 2)
END
"$picture" red.png 20x10 a.png && "$picture" red.png 20x10 b.png || exit 1
"$picture" red.png 10x20 c.png || exit 1
head -c 60 a.png >cut.png

failed=0
expect() # status, files
{
	want=$1
	shift
	python3 "$compare" "$@" >out 2>&1
	got=$?
	[ $got = "$want" ] && return
	echo "FAILED: compare $*: status $got, wanted $want"
	cat out
	failed=1
}

expect 0 a.png b.png
expect 1 a.png c.png
expect 0 plain.png filters.png
expect 0 plain.png alpha.png
expect 1 plain.png last.png
expect 1 -q plain.png last.png
expect 1 plain.png short.png
expect 2 a.png cut.png
expect 2 a.png nothing.png
expect 2 a.png out
expect 2 a.png
exit $failed
