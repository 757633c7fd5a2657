#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# ROOT/debs/tests/dom0.sh VERSION NEXT: in dom0 of a world, where ROOT is a clean
# root on a disk: install, run, upgrade and remove the packages in /debs there,
# with the module built for, and loaded into, the kernel that runs

# shellcheck disable=SC2317,SC2329 # functions are called through try
root=${0%/debs/tests/dom0.sh}
# shellcheck source=packaging/tests/say.sh
. "$root/debs/tests/say.sh"

version=$1 next=$2
kernel=$(uname -r)
for folder in dev proc sys run; do
	mount --rbind /$folder "$root/$folder"
done
mount -t tmpfs tmpfs "$root/tmp"

inside()
{
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

packages="xen-dmabuf-dkms libxendmabuf0 xen-dmabuf-tools xen-displd xen-channeld"

install()
{
	files=
	for package in $packages; do
		files="$files $(cd "$root" && echo debs/"$1"/"$package"_*.deb)"
	done
	# shellcheck disable=SC2086 # words are meant
	inside dpkg -i $files
}

built()
{
	inside dkms status | grep "^xen-dmabuf/$1, $kernel,.*: installed"
}

# What the world has loaded is not what is looked at here
load()
{
	{ ! grep -q '^xen_dmabuf ' /proc/modules || rmmod xen_dmabuf; } &&
		inside modprobe xen_dmabuf && [ -c /dev/xen/dmabuf ]
}

# What udev does for a device's node; udevadm would rather not in a chroot
udev_rule() # node, the rule's file, group
{
	inside env SYSTEMD_IGNORE_CHROOT=1 udevadm test --action=add \
		"$(readlink -f "/sys/class/misc/xen!$1")" >/run/udev-test 2>&1
	cat /run/udev-test
	grep -E "$2.*GROUP" /run/udev-test | grep "$3" &&
		grep -E "$2.*MODE" /run/udev-test | grep 0660
}

# And as which systemd starts it
udev_daemon()
{
	inside env SYSTEMD_IGNORE_CHROOT=1 /usr/lib/systemd/systemd-udevd --daemon &&
		echo add >"/sys/class/misc/xen!dmabuf/uevent" &&
		echo add >"/sys/class/misc/xen!dmabuf-grant/uevent" || return 1
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		nodes=$(inside stat -c '%G %a' /dev/xen/dmabuf /dev/xen/dmabuf-grant | xargs)
		[ "$nodes" = "xen-backend 660 xen-dmabuf 660" ] && break
		sleep 0.5
	done
	pkill -x systemd-udevd
	echo "$nodes"
	[ "$nodes" = "xen-backend 660 xen-dmabuf 660" ]
}

loaded_version()
{
	grep -x "$1" /sys/module/xen_dmabuf/version
}

doctor() { inside xendmabuf doctor; }

# Its checks are counted one by one
service() # script
{
	bash "$root/debs/tests/$1" "$root" >/run/service-said
	status=$?
	sed 's/^ok [0-9]* - /ok: /; s/^not ok [0-9]* - /FAILED: /' /run/service-said
	return "$status"
}

gone()
{
	rmmod xen_dmabuf && [ ! -e /dev/xen/dmabuf ] &&
		! inside modprobe xen_dmabuf &&
		[ -z "$(find "$root/lib/modules/" -name 'xen_dmabuf*')" ]
}

try "packages install in dom0" install "$version"
try "DKMS has built the module for the kernel that runs, $kernel" built "$version"
try "modprobe loads the module" load
try "the loaded module is of version $version" loaded_version "$version"
try "udev: the granting device is for the group xen-dmabuf" \
	udev_rule dmabuf-grant 60-xen-dmabuf.rules xen-dmabuf
try "udev: the full device is for the daemons" udev_rule dmabuf 61-xen-displd.rules xen-backend
try "udev gives both devices to their groups" udev_daemon
try "xendmabuf doctor finds all it needs" doctor
try "systemd runs the display daemon to the end" service displd-service.sh
try "systemd runs the channel daemon to the end" service channeld-service.sh
try "packages upgrade while the module is loaded" install "$next"
try "DKMS has built the module of the upgrade" built "$next"
try "modprobe loads the module of the upgrade" load
try "the loaded module is of version $next" loaded_version "$next"
# shellcheck disable=SC2086 # words are meant
try "packages are purged while the module is loaded" inside dpkg --purge $packages
try "after the purge: the module unloads, and no file of it is left" gone
exit "$failures"
