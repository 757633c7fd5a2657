#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# service.sh ROOT: in dom0 of a world with displays, after the packages were
# installed in ROOT: systemd runs the daemon there as its unit says, and stock
# guests are shown.
# shellcheck source=tests/world/displd/displd-common
. /usr/libexec/xen-dmabuf/tests/displd-common
root=$1
# what it has as /run; the daemon's socket is where this end looks for it
run=/run/service
init=

# systemd as the first process of namespaces, as in a container, but with all of
# dom0's devices
systemd_up()
{
	mkdir -p "$run/xenstored"
	ln -sfn "$run/xen-displd" /run/xen-displd
	modprobe -a evdev virtio_input uinput
	# shellcheck disable=SC2016 # for that shell
	unshare --mount --pid --fork --kill-child bash -c '
		root=$1 run=$2
		mount -t proc proc "$root/proc" &&
			mount --bind "$run" "$root/run" &&
			mount --bind /run/xenstored "$root/run/xenstored" &&
			mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
			exec env -i container=world PATH=/usr/sbin:/usr/bin chroot "$root" \
				/usr/lib/systemd/systemd --unit=basic.target
		' sh "$root" "$run" >systemd.log 2>&1 </dev/null &
	daemon=$!
	if ! within 20 has_child || ! within 120 inside systemctl is-active basic.target; then
		cat systemd.log
		return 1
	fi
	inside journalctl -q -f -o cat -u xen-displd >daemon.log 2>/dev/null &
}
has_child() { init=$(pgrep -P "$daemon"); }

inside() { nsenter --target "$init" --mount --pid --root --wd -- "$@"; }
control() { inside systemctl "$1" xen-displd; }

started()
{
	control start || {
		inside journalctl --no-pager -n 40
		inside systemctl --no-pager status xen-displd
		return 1
	}
}

# what its own system says of the daemon's process
of_daemon() # command, files below /proc/PID
{
	local pid
	pid=$(inside systemctl show -P MainPID xen-displd) && [ "$pid" != 0 ] &&
		inside sh -c "$1 /proc/$pid/$2"
}

is_confined()
{
	local user
	user=$(inside id -u xen-displd) || return
	of_daemon cat status | tee status
	grep -qP "^Uid:\t$user\t$user\t$user\t$user$" status &&
		[ "$(awk '/^Cap/ { print $2 }' status | sort -u)" = 0000000000000000 ] &&
		grep -qP '^NoNewPrivs:\t1$' status && grep -qP '^Seccomp:\t2$' status
}

sees_read_only()
{
	of_daemon cat mountinfo | tee mounts
	awk '$5 == "/" { root = $6 } $5 == "/home" { home = 1 }
		END { exit !(root ~ /^ro/ && home) }' mounts
}

# A user who has no other group opens a device to read and write
group_opens() # group, device
{
	inside setpriv --reuid=nobody --regid="$1" --clear-groups sh -c ": <>/dev/xen/$2"
}

# Access lists leave a device to the group that another backend's rules give it
both_groups_open()
{
	inside stat -c '%n %U %G %a' /dev/xen/evtchn /dev/xen/gntdev
	inside getfacl -cE /dev/xen/evtchn
	[ "$(inside stat -c %G /dev/xen/evtchn)" = games ] &&
		group_opens games evtchn && group_opens xen-backend evtchn &&
		[ "$(inside stat -c %G /dev/xen/gntdev)" = root ] &&
		group_opens xen-backend gntdev || return
	echo "others must not open them:"
	! group_opens nogroup evtchn && ! group_opens games gntdev
}

has_input()
{
	of_daemon readlink 'fd/*' | tee opened
	grep -q '/dev/input/event' opened
}

logged() # words, at least so many times
{
	[ "$(inside journalctl --no-pager -u xen-displd | grep -c "$1")" -ge "$2" ]
}

reloaded()
{
	control reload && within 10 logged 'configuration read again' 1
}

killed_and_back()
{
	inside systemctl kill -s KILL xen-displd &&
		within 30 logged 'ready' 2 && within 10 control is-active
}

stopped()
{
	control stop
	[ "$(control is-active)" = inactive ]
}

mkdir -p "$root/etc/xen"
cat >"$root/etc/xen/xen-displd.conf" <<'CONF'
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
must "xen-displd.service starts and reports that it is ready" started
check "xen-displd runs as its own user, without capabilities, with a seccomp filter" is_confined
check "xen-displd sees the system read-only" sees_read_only
check "xen-displd opens the input devices of dom0" has_input
check "devices of Xen: open to the daemon's group, and to that of another rule" both_groups_open
check "xen-displd status: answered by the daemon" inside xen-displd status
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
