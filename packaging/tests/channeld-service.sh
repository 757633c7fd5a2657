#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# channeld-service.sh ROOT: in dom0 of a world, after the packages were installed in
# ROOT: systemd runs the daemon there as its unit says, in its sandbox, and with a socket
# of systemd's; channels cross between its programs and a guest.
root=$1
run=/run/channeld-service
unit=xen-channeld
mkdir -p "$run/tests" "$run/xen-channel"
# the daemon's sockets are where this end looks for them
rm -rf /run/xen-channel
ln -sfn "$run/xen-channel" /run/xen-channel
# shellcheck source=tests/world/channel/channel-common
. /usr/libexec/xen-dmabuf/tests/channel-common
# shellcheck source=packaging/tests/systemd.sh
. "$root/debs/tests/systemd.sh"
# this project's test programs, for the services of the confined daemon, too
mount --bind "$here" "$run/tests"
echo_path=/run/xen-channel-echo

configure()
{
	mkdir -p "$root/etc/xen-dmabuf" && root_only "$root/etc/xen"
	cat >"$root/etc/xen-dmabuf/xen-channeld.conf" <<-CONF
		[service echo-dom0]
		from = one
		exec = /usr/bin/cat
		[service memory-dom0]
		from = one
		exec = /run/tests/channel-talk --answer
		fds = memory dmabuf
		[service fences]
		from = one
		type = seqpacket
		exec = /run/tests/channel-buffer --answer
		fds = dmabuf sync
		[use shell]
		peer = one
		user = root
		listen = /run/xen-channel/shell
		[use buffers]
		peer = one
		user = root
		type = seqpacket
		fds = memory dmabuf sync
		[use memory]
		peer = one
		user = root
		fds = memory dmabuf
		listen = /run/xen-channel/memory
		[use echo]
		peer = one
		user = nobody
		listen = $echo_path
	CONF
	# as in xen-channeld(8)
	cat >"$root/etc/systemd/system/xen-channel-echo.socket" <<-UNIT
		[Socket]
		Service=xen-channeld.service
		ListenStream=$echo_path
	UNIT
}

# The unit is to load what it needs.  The root has no modules of this kernel but this
# project's.
unload()
{
	cp "$(modinfo -n xen_gntalloc)" "$root/lib/modules/$(uname -r)/" &&
		chroot "$root" depmod "$(uname -r)" && modprobe -r xen_gntalloc &&
		unload_driver && [ ! -e /dev/xen/gntalloc ] && [ ! -e /dev/xen/dmabuf ]
}

# As where DKMS has built the driver later than the daemon's package was installed
starts_without_driver()
{
	mkdir -p "$root/etc/modprobe.d" &&
		echo 'blacklist xen_dmabuf' >"$root/etc/modprobe.d/late.conf" &&
		unload_driver && started && [ ! -e /dev/xen/dmabuf ]
}
says_what_to_do()
{
	in_root modprobe xen_dmabuf && has one dmabufs false || return
	in_root xen-channeld status | grep 'modprobe xen_dmabuf, and restart xen-channeld'
}
carries_dmabufs() { linked one && has one dmabufs true; }

socket_up() { in_root systemctl start xen-channel-echo.socket; }

worker_is_confined()
{
	tee status <"/proc/$(pgrep -f 'xen-channeld worker')/status"
	status_is_confined status
}

from_the_guest()
{
	inside "echo text | $here/channel-talk /run/xen-channel/echo-dom0" | grep -x text
}
in_tests() { in_root "/run/tests/$1" "${@:2}"; }

# an ordinary user, by the socket that systemd has made
nobody_says() # text
{
	[ "$(printf %s "$1" | in_root setpriv --reuid=nobody --regid=nogroup --clear-groups \
		/run/tests/channel-talk "$echo_path")" = "$1" ]
}

# the number of the socket's file, which another socket would not have
socket_number() { in_root stat -c %i "$echo_path"; }
another_daemon() { [ "$(main_pid)" != 0 ] && [ "$(main_pid)" != "$1" ]; }

# who connects while there is no daemon is served by the next one
survives() # command that ends the daemon
{
	local before pid
	before=$(socket_number) && pid=$(main_pid) || return
	"$@" || return
	nobody_says early && [ "$(socket_number)" = "$before" ] && another_daemon "$pid"
}
killed() { in_root systemctl kill -s KILL "$unit"; }

nothing_shared() { has one mapped 0 && has one granted 0; }
no_leases() { in_root xendmabuf list; [ "$(in_root xendmabuf list | wc -l)" = 1 ]; }

exec 3>&1
modprobe -q udmabuf
configure
must "systemd reaches basic.target in the installed root, to run xen-channeld" systemd_up
must "neither the driver nor gntalloc is loaded" unload
must "a socket unit of xen-channeld's starts before it" socket_up
must "xen-channeld.service starts and reports that it is ready" started
check "xen-channeld runs as its own user, without capabilities, with a seccomp filter" \
	is_confined
check "xen-channeld sees the system read-only" sees_read_only
check "xen-channeld status: answered by the daemon" in_root xen-channeld status
must "a guest with channels boots" guest_up one
must "the confined xen-channeld and the guest link" linked one
check "the worker of the link is confined as the daemon is" worker_is_confined
check "the confined link carries dma-bufs" has one dmabufs true
check "doctor finds the link of the confined xen-channeld" in_root xendmabuf doctor
check "text comes back from the guest to an ordinary user" nobody_says hello
check "the guest reaches a program that the confined xen-channeld runs" from_the_guest
check "dom0's memory is shared with the guest: granted in the sandbox" \
	same_pages in_tests channel-talk --memory /run/xen-channel/memory
check "the guest's memory is shared with dom0: mapped in the sandbox" \
	same_pages inside "$here/channel-talk --memory /run/xen-channel/memory-dom0"
check "a part of dom0's memfd crosses as a dma-buf" \
	says_lines "behind: EINVAL; last page: taken; dma-buf idle, begins with 62" \
	in_tests channel-buffer part one buffers
check "the guest has vgem" inside modprobe vgem
check "the guest's fence becomes a sync_file in the sandbox" \
	says_lines "fence pending; message waits; sync_file signalled; later" \
	inside "$here/channel-buffer sync 0 fences"
check "what was shared is returned" within 30 nothing_shared
check "systemctl reload: xen-channeld reads its configuration again" reloaded
check "text comes back after the reload" nobody_says reloaded
check "xen-channeld killed: systemd's socket keeps who connects for the next one" \
	survives killed
must "the next xen-channeld and the guest link" linked one
check "systemctl restart: systemd's socket keeps who connects" survives control restart
must "the restarted xen-channeld and the guest link" linked one
check "dom0's memory is shared with the guest again" \
	same_pages in_tests channel-talk --memory /run/xen-channel/memory
check "systemctl stop: who connects to systemd's socket starts xen-channeld" \
	survives control stop
check "systemctl stop: the socket's unit first" in_root systemctl stop xen-channel-echo.socket
check "systemctl stop: xen-channeld is inactive" stopped
check "xen-channeld stopped: no lease is left" no_leases
must "xen-channeld starts where there is no driver yet" starts_without_driver
must "xen-channeld without a driver and the guest link" linked one
check "driver loaded later: status says to restart xen-channeld" says_what_to_do
check "driver loaded later: systemctl restart" control restart
check "driver loaded later: the next link carries dma-bufs" carries_dmabufs
check "systemctl stop, once more: xen-channeld is inactive" stopped
rm -f "$root/etc/modprobe.d/late.conf"
umount "$run/tests"
finish
