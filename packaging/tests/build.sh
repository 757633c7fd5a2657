#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# build.sh VERSION...: in the build root: the packages of each into /debs; and
# the other ways to build

# shellcheck disable=SC2317,SC2329 # functions are called through try
cd "$(dirname "$0")" || exit 1
# shellcheck source=packaging/tests/say.sh
. ./say.sh

build()
{
	(cd "/src/$1/xen-dmabuf" && dpkg-buildpackage -b -us -uc) || return 1
	mkdir -p "/debs/$1" && mv "/src/$1"/*.deb "/debs/$1/"
}

# Its warnings are advice, and are in the log
without_errors()
{
	lintian --fail-on error --allow-root --info /src/"$1"/*.changes
}

all_there()
{
	for package in xen-dmabuf-dkms libxendmabuf0 libxendmabuf-dev xen-dmabuf-tools \
		xen-displd xen-channeld xen-wayland; do
		ls /debs/"$1"/"${package}"_*.deb || return 1
	done
}

for version; do
	try "packages of $version build" build "$version"
	try "all packages of $version are there" all_there "$version"
done

# The source archive as a vendor has it built: not for the running kernel, by a
# compiler that is named by a prefix, into a folder
kernel=$(basename "$(ls -d /lib/modules/*)")
from_source()
{
	cd /tmp && tar -xf "/src/xen-dmabuf-$1.tar.xz" && cd "xen-dmabuf-$1" &&
		make all install KDIR="/lib/modules/$kernel/build" DESTDIR=/tmp/stage \
			ARCH=x86 CROSS_COMPILE=x86_64-linux-gnu-
}
# Every file of the archive says whose it is, and under which licence
licences()
{
	mkdir /tmp/licences && tar -xf "/src/xen-dmabuf-$1.tar.xz" -C /tmp/licences &&
		(cd /tmp/licences/* && reuse lint)
}
staged()
{
	modinfo -F version "$(find /tmp/stage -name 'xen_dmabuf.ko*')" |
		grep -x "$(cat VERSION)" &&
		[ -x /tmp/stage/usr/bin/xendmabuf ] &&
		[ -e /tmp/stage/usr/include/xen/dmabuf.h ] &&
		[ -e /tmp/stage/usr/lib/udev/rules.d/60-xen-dmabuf.rules ] &&
		[ ! -e /usr/bin/xendmabuf ] && [ -d build/user-x86_64-linux-gnu ]
}

# The worlds' programs, a hostile frontend among them, are no user's
only_for_users()
{
	! find /tmp/stage -path '*/libexec/*' -o -name '*test*' -o -name '*hostile*' | grep .
}

# loads_no LIBRARY PROGRAM: what other programs alone use is not linked with it
loads_no()
{
	readelf -d "/tmp/stage/usr/$2" | grep NEEDED >/tmp/needed && cat /tmp/needed &&
		! grep -F "[$1." /tmp/needed
}

# lintian wants the packages beside their .changes
cp /debs/"$1"/*.deb "/src/$1/"
try "lintian finds no errors" without_errors "$1"
./scripts.sh "/debs/$1" || failures=$((failures + 1))
try "reuse finds every file's copyright and licence" licences "$1"
try "make all install of the archive, for KDIR, ARCH, CROSS_COMPILE and DESTDIR" from_source "$1"
cd "/tmp/xen-dmabuf-$1" || exit 1
try "make install, DESTDIR=/tmp/stage: files are installed there only" staged
try "make install: no test, demo or benchmark is installed" only_for_users
try "xen-displd loads no libjpeg" loads_no libjpeg.so sbin/xen-displd
try "xen-channeld loads no libpng" loads_no libpng16.so sbin/xen-channeld
try "xen-channeld loads no libjpeg" loads_no libjpeg.so sbin/xen-channeld
try "xen-wayland loads no libpng" loads_no libpng16.so bin/xen-wayland
try "xen-wayland loads no libjpeg" loads_no libjpeg.so bin/xen-wayland
exit "$failures"
