# SPDX-License-Identifier: GPL-2.0-only
"""Unpacks kernels, modules and hypervisors: in an emulated machine that takes long."""

import gzip
import lzma
import struct
import subprocess
import zlib

import entry
from say import Failure

# Linux' Documentation/arch/x86/boot.rst
HEADER = 0x202          # where "HdrS" is
SETUP_SECTORS = 0x1f1
PAYLOAD = 0x248         # offset from the end of these sectors, and length


def unpack(source: str, target: str) -> None:
    """What gzip or xz packed, or the kernel of a bzImage; a copy of anything else."""
    with open(source, "rb") as file:
        data = file.read()
    try:
        if data[HEADER:HEADER + 4] == b"HdrS":
            data = _kernel(data, source)
        else:
            data = _plain(data)
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        raise Failure(f"{source} is damaged ({error})\nTry: make clean") from None
    with entry.naming(target), open(target, "wb") as file:
        file.write(data)


def _kernel(image: bytes, source: str) -> bytes:
    """The ELF file in a bzImage, which itself is the answer if it is packed in another way."""
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    start = (image[SETUP_SECTORS] + 1) * 512 + offset
    packed = image[start:start + length]
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        # The last four bytes are the kernel's size
        done = subprocess.run(["zstd", "-q", "-d", "-c"], input=packed[:-4], check=False,
                              stdout=subprocess.PIPE)
        if done.returncode:
            raise Failure(f"zstd cannot unpack {source}")
        return done.stdout
    plain = _plain(packed)
    return image if plain is packed else plain


def _plain(data: bytes) -> bytes:
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    return data
