# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For tests in dom0 that source this file: systemd runs a daemon in an installed root.
# $root: that root.  $unit: the daemon's unit, without .service, whose user has its name.
# $run: a folder of the test's own, which the root has as /run.
: "${root:?}" "${unit:?}" "${run:?}"
init=	# the process of systemd

# As Fedora and openSUSE pack /etc/xen: nothing of a daemon's is in there
root_only() { mkdir -p "$1" && chmod 0700 "$1"; }

# systemd as the first process of namespaces, as in a container, but with all of
# dom0's devices.  Its process becomes the test's $daemon.
systemd_up()
{
	mkdir -p "$run/xenstored"
	# shellcheck disable=SC2016 # for that shell
	unshare --mount --pid --fork --kill-child bash -c '
		root=$1 run=$2
		mount -t proc proc "$root/proc" &&
			mount --rbind "$run" "$root/run" &&
			mount --bind /run/xenstored "$root/run/xenstored" &&
			mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup" &&
			exec env -i container=world PATH=/usr/sbin:/usr/bin chroot "$root" \
				/usr/lib/systemd/systemd --unit=basic.target
		' sh "$root" "$run" >systemd.log 2>&1 </dev/null &
	daemon=$!
	# an emulated machine may be slow
	if ! within 20 has_child || ! within 400 in_root systemctl is-active basic.target; then
		cat systemd.log
		in_root systemctl --no-pager list-jobs
		in_root journalctl --no-pager -n 30
		return 1
	fi
	in_root journalctl -q -f -o cat -u "$unit" >daemon.log 2>/dev/null &
}
has_child() { init=$(pgrep -P "$daemon"); }

in_root() { nsenter --target "$init" --mount --pid --root --wd -- "$@"; }
control() { in_root systemctl "$1" "$unit"; }

# udev has loaded it by then, for xenbus
unload_driver() { in_root udevadm settle --timeout=60 && rmmod xen_dmabuf; }

started()
{
	control start || {
		in_root journalctl --no-pager -n 40
		in_root systemctl --no-pager status "$unit"
		return 1
	}
}

main_pid() { in_root systemctl show -P MainPID "$unit"; }

# what its own system says of the daemon's process
of_daemon() # command, files below /proc/PID
{
	local pid
	pid=$(main_pid) && [ "$pid" != 0 ] && in_root sh -c "$1 /proc/$pid/$2"
}

# its own user, no capability, no new privileges, a filter of system calls
status_is_confined() # file
{
	local user
	user=$(in_root id -u "$unit") || return
	grep -qP "^Uid:\t$user\t$user\t$user\t$user$" "$1" &&
		[ "$(awk '/^Cap/ { print $2 }' "$1" | sort -u)" = 0000000000000000 ] &&
		grep -qP '^NoNewPrivs:\t1$' "$1" && grep -qP '^Seccomp:\t2$' "$1"
}
is_confined() { of_daemon cat status | tee status && status_is_confined status; }

sees_read_only()
{
	of_daemon cat mountinfo | tee mounts
	awk '$5 == "/" { root = $6 } $5 == "/home" { home = 1 }
		END { exit !(root ~ /^ro/ && home) }' mounts
}

logged() # words, at least so many times
{
	[ "$(in_root journalctl --no-pager -u "$unit" | grep -c "$1")" -ge "$2" ]
}

reloaded()
{
	control reload && within 10 logged 'configuration read again' 1
}

killed_and_back()
{
	in_root systemctl kill -s KILL "$unit" &&
		within 30 logged 'ready' 2 && within 10 control is-active
}

stopped()
{
	control stop
	[ "$(control is-active)" = inactive ]
}
