#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# "xen-channeld check" with a valid file, an invalid one, and none; what cannot work
# shellcheck source=tests/unit/expect.sh
. "$(dirname "$0")/../expect.sh"

printf '[peer work]\nmax-channels = 1\n' >"$folder/right"
printf '[peer work]\nmax-channels = x\n' >"$folder/wrong"
expect 0 "$folder/right: configuration valid" --config "$folder/right" check
expect 1 "$folder/wrong:2: max-channels is 'x'" --config "$folder/wrong" check
expect 1 'No such file' --config "$folder/none" check
expect_lost --config "$folder/right" check
expect_lost --help
expect_lost --version
# the file of the default path may be missing
if [ ! -e /etc/xen-dmabuf/xen-channeld.conf ]; then
	expect 0 'every channel is denied' check
fi
expect 1 'xen-channeld: '"$folder/none: No such file" --socket "$folder/none" status
expect 1 'Is the daemon running?' --socket "$folder/none" status --json
expect 2 'usage: xen-channeld' status --xml
expect 2 'usage: xen-channeld' start
expect 2 'usage: xen-channeld' --log-level loud
expect 0 'usage: xen-channeld' --help
# a worker without its daemon
expect 1 'cannot begin a link' worker 3<&-
# without xenstore, with a wrong file, and where a socket cannot be
export XENSTORED_PATH="$folder/none"
expect 1 'Try: start xenstored' --config "$folder/right" --socket "$folder/socket"
expect 1 "$folder/wrong:2:" --config "$folder/wrong" --socket "$folder/socket"
expect 1 'File exists' --config "$folder/right" --socket "$folder/right"
if [ -e "$folder/socket" ]; then
	echo "FAILED: the control socket is left behind"
	failed=1
fi
exit $failed
