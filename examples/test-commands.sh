#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# test-commands.sh SOURCE BUILD: runs the lines of docs/tutorial.md that begin with
# "cc", in a copy of examples/, with the library that was just built.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1"/examples/*.c "$dir"
grep '^cc ' "$1/docs/tutorial.md" >"$dir/commands" || {
	echo "docs/tutorial.md has no line that begins with cc"
	exit 1
}
cd "$dir"
export PKG_CONFIG_PATH="$2/meson-uninstalled"
sh -ex ./commands
for source in *.c; do
	[ -x "${source%.c}" ] || {
		echo "no command of docs/tutorial.md builds $source"
		exit 1
	}
done
