# SPDX-License-Identifier: GPL-2.0-only
"""The sources of gntdev's dma-buf calls, which Debian's kernels leave out.

bench/in-tree builds them as a module of another name, as stock gntdev is loaded, too.
"""

import glob
import os
import re
import tarfile

from say import Failure

SOURCE = re.compile(r"[^/]+/drivers/xen/(gntdev[^/]*\.[ch])")


def unpack(build: str, folder: str) -> None:
    """From linux-source in the build root into the folder."""
    archive, = glob.glob(os.path.join(build, "extract/usr/src/linux-source-*.tar.xz"))
    found = 0
    with tarfile.open(archive, mode="r|xz") as tar:
        for member in tar:
            name = SOURCE.fullmatch(member.name)
            if not name:
                continue
            data = tar.extractfile(member)
            assert data, f"{member.name} is a file"
            text = data.read()
            with open(os.path.join(folder, name.group(1)), "wb") as file:
                file.write(text.replace(b'"xen/gntdev"', b'"xen/gntdev-in-tree"'))
            found += 1
    if not found:
        raise Failure(f"{archive} has no gntdev")
