#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# usage.sh PROGRAM ARGUMENT...: what is no domain's id is refused, rather than taken for
# another's.  ARGUMENTs follow the id.  Needs no Xen.
# shellcheck source=tests/unit/expect.sh
. "$(dirname "$0")/../tests/unit/expect.sh"
shift

expect 2 usage
for id in 65538 32752 4294967298 18446744073709551618 -1 -18446744073709551614 0x2 5a '' two; do
	expect 2 usage "$id" "$@"
done
exit $failed
