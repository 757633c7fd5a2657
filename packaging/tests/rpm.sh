#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# rpm.sh ARCHIVE DEBS: in the build root: RPM packages of the source archive, compared
# with the Debian packages in DEBS

# shellcheck disable=SC2317,SC2329 # functions are called through try
# shellcheck source=packaging/tests/say.sh
. "$(dirname "$0")/say.sh"

debs=$2
mkdir /tmp/rpm && tar -xf "$1" -C /tmp/rpm --strip-components=1 && cd /tmp/rpm || exit 1
version=$(cat VERSION)

names()
{
	rpm -qp --qf '%{name} %{version} %{license}\n' build/rpm/*[!c].rpm |
		grep -v debuginfo | sort | tee /tmp/names
	[ "$(grep -c " $version " /tmp/names)" -eq 7 ] && [ "$(wc -l </tmp/names)" -eq 7 ]
}

# Files of both, without the folders that distributions differ in; Debian's package of
# examples is the daemon's, and it keeps no licences or notes of builds
by_rpm()
{
	for file in build/rpm/*[!c].rpm; do
		rpm -qp --qf '[%{filemodes:perms} %{filenames}\n]' "$file"
	done | grep -v '^d' | cut -d ' ' -f 2 |
		grep -vE '/(licenses|\.build-id|debug|doc)/' | comparable
}

by_dpkg()
{
	for file in "$debs"/*.deb; do
		case $file in
		*-dbgsym_*) ;;
		*) dpkg -c "$file" | awk '$1 !~ /^d/ { print substr($6, 2) }' ;;
		esac
	done | grep -vE '/(doc|lintian)/' | comparable
}

comparable()
{
	sed "s,/usr/lib/$(gcc -dumpmachine)/,LIB/,; s,/usr/lib64/,LIB/,; s/\.gz$//" | sort -u
}

same_files()
{
	by_rpm >/tmp/by-rpm
	by_dpkg >/tmp/by-dpkg
	grep -c . /tmp/by-rpm && diff /tmp/by-rpm /tmp/by-dpkg
}

# The module's sources are built as DKMS has it
module()
{
	mkdir /tmp/unpacked && (cd /tmp/unpacked && rpm2cpio /tmp/rpm/build/rpm/*-dkms-*.rpm | cpio -id) &&
		grep -x "PACKAGE_VERSION=\"$version\"" /tmp/unpacked/usr/src/*/dkms.conf &&
		make -C "/lib/modules/$(basename "$(ls -d /lib/modules/*)")/build" \
			M="/tmp/unpacked/usr/src/xen-dmabuf-$version/driver" modules &&
		[ "$(modinfo -F version /tmp/unpacked/usr/src/*/driver/xen_dmabuf.ko)" = "$version" ]
}

# Scripts that rpm runs are shell
scripts()
{
	for file in build/rpm/*[!c].rpm; do
		for script in prein postin preun postun; do
			rpm -qp --qf "%{$script}\n" "$file" | grep -vx '(none)' >/tmp/script
			sh -n /tmp/script || return 1
		done
	done
}

try "make rpm" make rpm
try "RPM packages have name, version and licence" names
try "RPM packages hold the files of Debian's packages" same_files
try "RPM package of the module: its sources compile" module
try "scripts of RPM packages are shell" scripts
try "RPM source package holds the source archive" sh -c "rpm -qlp build/rpm/*.src.rpm | grep -x xen-dmabuf-$version.tar.xz"
exit "$failures"
