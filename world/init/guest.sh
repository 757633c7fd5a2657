#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guest's /init: run the program named by world.run= on the command line.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

/usr/bin/busybox --install -s /usr/bin
# shellcheck source=world/init/begin.sh
. /init-begin
exec </dev/console >/dev/console 2>&1

for module in xen-evtchn xen-gntdev xenfs; do
	modprobe -q "$module"
done
modprobe xen-gntalloc limit=20000
mount -t xenfs xenfs /proc/xen

# A kernel with kmemleak logs the leaks that it finds
leaks=/sys/kernel/debug/kmemleak
[ ! -e $leaks ] || echo scan=30 >$leaks || echo "WARNING: kmemleak does not scan"

program=/usr/libexec/xen-dmabuf/tests/agent
read -r line </proc/cmdline
for word in $line; do
	case $word in
	world.run=*) program=${word#*=} ;;
	esac
done
if [ -x "$program" ]; then
	echo "world: running $program"
	"$program"
	echo "world: $program ended with status $?"
	poweroff -f
fi
echo "world: no program $program; idle"
xenstore-write data/ready 1
exec sleep 1000000
