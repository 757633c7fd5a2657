#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# test-commands.sh SOURCE BUILD: runs the lines of docs/tutorial.md that begin with
# "cc", in a copy of examples/, with the library that was just built, as installed.
set -e
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$1"/examples/*.c "$dir"
grep '^cc ' "$1/docs/tutorial.md" >"$dir/commands" || {
	echo "docs/tutorial.md has no line that begins with cc"
	exit 1
}
DESTDIR="$dir/root" meson install -C "$2" --no-rebuild --quiet --tags runtime,devel
cd "$dir"
PKG_CONFIG_PATH=$(dirname "$(find root -name xendmabuf.pc)")
PKG_CONFIG_SYSROOT_DIR=$dir/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
sh -ex ./commands
for source in *.c; do
	[ -x "${source%.c}" ] || {
		echo "no command of docs/tutorial.md builds $source"
		exit 1
	}
done
