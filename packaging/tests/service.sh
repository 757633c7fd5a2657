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

must "systemd comes up" systemd_up
must "the unit starts, and tells that it is ready" started
check "as a user of its own, without capabilities, behind a filter" is_confined
check "with the system read-only" sees_read_only
check "with this machine's keyboards" has_input
check "devices of Xen: open to the daemon's group, and to that of another rule" both_groups_open
check "the command asks it" inside xen-displd status
must "a guest boots" guest_up shown 'backend=0,be-alloc=0,connectors=only:640x480'
must "and has its display" ask display 1
check "it shows a picture" ask show 0:640x480
check "without a copy" becomes 0 shown zero-copy
check "which the card shows" card_shows service-shown 0
tell stop
check "it flips" ask show 0:640x480 -v
check "go on" grows 0 'done' 10
check "systemd reloads it in the midst of flips" reloaded
check "and flips go on" grows 0 'done' 10
tell stop
check "the guest goes" guest_down
kind=pvh # as in test-displd-alloc
must "another boots, with buffers of this domain's" \
	guest_up heap 'backend=0,be-alloc=1,connectors=only:640x480'
must "and has its display" ask display 1
check "it flips" ask show 0:640x480 -v
check "go on" grows 0 'done' 10
in_the_midst
check "killed, it is started again" killed_and_back
tell stop
check "the guest finds back" ask display 1
check "and shows again" ask show 0:640x480
check "without a copy" becomes 0 shown zero-copy
tell stop
check "systemd stops it" stopped
check "nothing is left" no_leases
finish
