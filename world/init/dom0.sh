#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# dom0's /init: bring up Xen's toolstack, then serve the host.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

# shellcheck source=world/init/begin.sh
. /init-begin
mkdir -p /run/xen /run/xenstored /run/lock /run/lock/subsys /root \
	/var/lib/xen /var/lib/xenstored /var/log/xen/console
exec </dev/console >/dev/console 2>&1

# A kernel with DMA_API_DEBUG reports only the first mistake unless all_errors is set
mistakes=/sys/kernel/debug/dma-api/all_errors
[ ! -e $mistakes ] || echo 1 >$mistakes

# Log a step that fails; the run then fails when no guest starts.
try()
{
	"$@" || echo "world: failed ($?): $*"
}

for module in xen-evtchn xen-privcmd xen-gntdev xenfs ata_piix ahci sd_mod virtio_pci virtio_mmio virtio_blk \
	virtio_console \
	cirrus-qemu cirrus bochs vgem; do
	modprobe -q "$module"
done
try modprobe xen-gntalloc limit=20000
if modinfo xen_dmabuf >/dev/null 2>&1; then
	try modprobe xen_dmabuf
fi
mount -t xenfs xenfs /proc/xen

hostname dom0
try xenstored --pid-file /run/xen/xenstored.pid
# xen-utils keeps the programs of each version in a folder of its own
for folder in /usr/lib/xen-*/bin /usr/libexec/xen/bin; do
	[ -d "$folder" ] && PATH=$folder:$PATH
done
try xen-init-dom0
try xenconsoled --log=all --log-dir=/var/log/xen/console --pid-file=/run/xen/xenconsoled.pid

channel=/dev/ttyS1
read -r line </proc/cmdline
for word in $line; do
	case $word in
	world.channel=*) channel=${word#*=} ;;
	esac
done
# A virtio port appears some time after its driver
for _ in {1..100}; do
	[ -e "$channel" ] && break
	sleep 0.1
done
echo "world: serving on $channel"
exec /usr/libexec/world/serve "$channel"
