#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# scripts.sh FOLDER: do the packages in it enable, start, restart and stop their daemons?
# debhelper writes their scripts, and where it finds no unit it says nothing.

# shellcheck disable=SC2317,SC2329 # functions are called through try
# shellcheck source=packaging/tests/say.sh
. "$(dirname "$0")/say.sh"

folder=$1
scripts=$(mktemp -d)
trap 'rm -rf "$scripts"' EXIT

# script, pattern; $daemon
does() { grep -E "$2.*'?$daemon\.service'?" "$scripts/$daemon/$1"; }

unit_is_run()
{
	dpkg-deb -e "$folder/$daemon"_*.deb "$scripts/$daemon" &&
		dpkg-deb -c "$folder/$daemon"_*.deb | grep "lib/systemd/system/$daemon\.service$" &&
		does postinst 'deb-systemd-helper enable' &&
		does postinst 'deb-systemd-invoke ._dh_action' &&
		grep -q '_dh_action=restart' "$scripts/$daemon/postinst" &&
		does prerm 'deb-systemd-invoke stop' &&
		does postrm 'deb-systemd-helper purge'
}

for daemon in xen-displd xen-channeld; do
	try "the package $daemon enables, starts, restarts and stops its daemon" unit_is_run
done
exit "$failures"
