#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dropin.sh LIBRARY MAP THEIRS OURS: does the library replace libxengnttab's calls,
# preloaded (THEIRS) and linked (OURS), and export no more than its map says?
library=$1 map=$2 theirs=$3 ours=$4
failed=0

# check NUMBER NAME GOT WANTED
check()
{
	if [ "$3" = "$4" ]; then
		echo "ok $1 - $2"
	else
		echo "not ok $1 - $2"
		echo "# got: $3"
		failed=1
	fi
}

echo 1..3
names=$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)
wanted=$(sed -n 's/^[[:space:]]*\(xen[a-z_]*\);$/\1/p' "$map" | sort)
check 1 "drop-in: exports what its map says, without a version" "$names" "$wanted"
check 2 "drop-in preloaded: replaces libxengnttab's calls" "$(LD_PRELOAD=$library "$theirs" 2>&1)" ours
check 3 "drop-in linked first: replaces libxengnttab's calls" "$("$ours" 2>&1)" ours
exit $failed
