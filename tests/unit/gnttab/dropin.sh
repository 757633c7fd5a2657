#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# dropin.sh LIBRARY MAP THEIRS OURS SOURCE PKGCONFIG COMPILER...: does the library
# replace libxengnttab's calls, preloaded (THEIRS), linked (OURS), and linked as
# pkg-config says (SOURCE, with the .pc files in PKGCONFIG), and export no more than its
# map says?
library=$1 map=$2 theirs=$3 ours=$4 source=$5 pkgconfig=$6
shift 6
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

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

# Links the program with the options before and after what pkg-config says, and runs it
linked() # options before, options after, compiler...
{
	before=$1 after=$2
	shift 2
	# shellcheck disable=SC2086 # words are meant
	"$@" $before "$source" -o "$work/program" $after 2>&1 &&
		LD_LIBRARY_PATH=${library%/*}:${library%/*/*} "$work/program" 2>&1
}

echo 1..7
names=$(nm -D --defined-only "$library" | awk '{ print $NF }' | sort)
wanted=$(sed -n 's/^[[:space:]]*\([_a-z]*xen[a-z_]*\);$/\1/p' "$map" | sort)
check 1 "drop-in: exports what its map says, without a version" "$names" "$wanted"
check 2 "drop-in preloaded: replaces libxengnttab's calls" "$(LD_PRELOAD=$library "$theirs" 2>&1)" ours
check 3 "drop-in linked first: replaces libxengnttab's calls" "$("$ours" 2>&1)" ours
said=$(PKG_CONFIG_PATH=$pkgconfig pkg-config --cflags --libs xendmabuf-gnttab-uninstalled)
check 4 "drop-in: linked as pkg-config says" "$(linked "" "$said" "$@")" ours
check 5 "drop-in: linked after libxengnttab" \
	"$(linked "" "-Wl,--as-needed -lxengnttab $said" "$@")" ours
check 6 "drop-in: linked after libxengnttab, all libraries kept" \
	"$(linked "" "-Wl,--no-as-needed -lxengnttab $said" "$@")" ours
check 7 "drop-in: named before the program's objects" \
	"$(linked "-Wl,--as-needed $said" "-lxengnttab" "$@")" ours
exit $failed
