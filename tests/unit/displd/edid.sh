#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# edid.sh PROGRAM: the EDIDs that PROGRAM makes conform, says edid-decode(1)
if ! command -v edid-decode >/dev/null; then
	echo "skipped: edid-decode(1), which checks EDIDs, is not installed"
	exit 77
fi
file=$(mktemp) || exit 1
trap 'rm -f "$file"' EXIT
status=0
for size in '640 480' '800 600' '1366 768' '1920 1080' '3840 2160' '4096 2160' \
	'5120 1440' '5120 2880' '16384 16384'; do
	# shellcheck disable=SC2086 # two arguments
	"$1" $size left >"$file" || status=1
	edid-decode --check "$file" >"$file.text" || {
		echo "$size:"
		cat "$file.text"
		status=1
	}
	# the preferred mode is the size
	grep -q " $(echo "$size" | tr ' ' x) .*Hz" "$file.text" || {
		echo "$size: no such mode"
		status=1
	}
	rm -f "$file.text"
done
exit $status
