#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "xen-displd check" with a valid file, an invalid one, and none
# shellcheck source=tests/unit/expect.sh
. "$(dirname "$0")/../expect.sh"

printf '[default]\noutput = auto\n' >"$folder/right"
printf '[default]\noutput = vga\n' >"$folder/wrong"
expect 0 "$folder/right: configuration valid" --config "$folder/right" check
expect 1 "$folder/wrong:2: output is 'vga'" --config "$folder/wrong" check
expect 1 'No such file' --config "$folder/none" check
expect_lost --config "$folder/right" check
expect_lost --help
expect_lost --version
# the file of the default path may be missing
if [ ! -e /etc/xen-dmabuf/xen-displd.conf ]; then
	expect 0 'defaults are used' check
fi
exit $failed
