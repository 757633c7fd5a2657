#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# displd-service.sh ROOT: in dom0 of a world with displays, after the packages were
# installed in ROOT: systemd runs the daemon there as its unit says, and stock
# guests are shown.
# shellcheck source=tests/world/displd/displd-common
. /usr/libexec/xen-dmabuf/tests/displd-common
root=$1
unit=xen-displd
run=/run/service
# shellcheck source=packaging/tests/systemd.sh
. "$root/debs/tests/systemd.sh"

# the daemon's socket is where this end looks for it
ln -sfn "$run/xen-displd" /run/xen-displd
modprobe -a evdev virtio_input uinput

# A user who has no other group opens a device to read and write
group_opens() # group, device
{
	in_root setpriv --reuid=nobody --regid="$1" --clear-groups sh -c ": <>/dev/xen/$2"
}

# Access lists leave a device to the group that another backend's rules give it
both_groups_open()
{
	in_root stat -c '%n %U %G %a' /dev/xen/evtchn /dev/xen/gntdev
	in_root getfacl -cE /dev/xen/evtchn
	[ "$(in_root stat -c %G /dev/xen/evtchn)" = games ] &&
		group_opens games evtchn && group_opens xen-backend evtchn &&
		[ "$(in_root stat -c %G /dev/xen/gntdev)" = root ] &&
		group_opens xen-backend gntdev || return
	echo "others must not open them:"
	! group_opens nogroup evtchn && ! group_opens games gntdev
}

has_input()
{
	of_daemon readlink 'fd/*' | tee opened
	grep -q '/dev/input/event' opened
}

mkdir -p "$root/etc/xen-dmabuf" && root_only "$root/etc/xen"
cat >"$root/etc/xen-dmabuf/xen-displd.conf" <<'CONF'
[input]
seat = seat0
[default]
output = headless
be-alloc = yes
[guest shown connector 0]
output = kms
CONF

# another backend's rule, which comes after those of this package
mkdir -p "$root/etc/udev/rules.d"
echo 'SUBSYSTEM=="misc", KERNEL=="xen/evtchn", GROUP="games", MODE="0660"' \
	>"$root/etc/udev/rules.d/99-other.rules"

must "systemd reaches basic.target in the installed root" systemd_up
must "the driver is not loaded: the unit is to load it" unload_driver
must "xen-displd.service starts and reports that it is ready" started
check "xen-displd runs as its own user, without capabilities, with a seccomp filter" is_confined
check "xen-displd sees the system read-only" sees_read_only
check "xen-displd opens the input devices of dom0" has_input
check "devices of Xen: open to the daemon's group, and to that of another rule" both_groups_open
check "xen-displd status: answered by the daemon" in_root xen-displd status
must "be-alloc=0 guest: boots" guest_up shown 'backend=0,be-alloc=0,connectors=only:640x480'
must "be-alloc=0 guest: display found" ask display 1
check "be-alloc=0 guest: shows a picture" ask show 0:640x480
check "be-alloc=0 guest: shown zero-copy" becomes 0 shown zero-copy
check "be-alloc=0 guest: its picture is on the card's screen" card_shows service-shown 0
tell stop
check "be-alloc=0 guest: begins to flip pages" ask show 0:640x480 -v
check "be-alloc=0 guest: ten more flips are done" grows 0 'done' 10
check "systemctl reload during flips: configuration read again" reloaded
check "systemctl reload during flips: flips continue" grows 0 'done' 10
tell stop
check "be-alloc=0 guest: destroyed, its display removed" guest_down
kind=pvh # as in test-displd-alloc
must "be-alloc=1 guest: boots" \
	guest_up heap 'backend=0,be-alloc=1,connectors=only:640x480'
must "be-alloc=1 guest: display found" ask display 1
check "be-alloc=1 guest: begins to flip pages" ask show 0:640x480 -v
check "be-alloc=1 guest: ten more flips are done" grows 0 'done' 10
in_the_midst
check "xen-displd killed during flips: systemd starts it again" killed_and_back
tell stop
check "restarted xen-displd: the guest finds its display again" ask display 1
check "restarted xen-displd: the guest shows a picture" ask show 0:640x480
check "restarted xen-displd: shown zero-copy" becomes 0 shown zero-copy
tell stop
check "systemctl stop: xen-displd is inactive" stopped
check "xen-displd stopped: no lease is left" no_leases
finish
