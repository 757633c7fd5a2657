# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What dom0's /init and the guest's begin with.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t debugfs debugfs /sys/kernel/debug
# roots of another architecture are unpacked, not installed
mkdir -p /etc
[ -e /etc/passwd ] || echo 'root:x:0:0:root:/root:/bin/bash' >/etc/passwd
[ -e /etc/group ] || echo 'root:x:0:' >/etc/group
