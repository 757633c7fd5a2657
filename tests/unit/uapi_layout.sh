#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# uapi_layout.sh INCLUDE SOURCE COMPILER...: is the layout the same in each ABI?
include=$1 source=$2
shift 2

# The 32-bit compiler does not look where Debian keeps the kernel's asm/; the
# types that matter here are the same for both
asm=
for dir in /usr/include/*-linux-gnu; do
	if [ -e "$dir/asm/ioctl.h" ]; then
		asm=$dir
	fi
done

echo 1..2
nr=0
for bits in 64 32; do
	nr=$((nr + 1))
	flag=-m$bits
	if ! echo 'int x;' | "$@" "$flag" -fsyntax-only -x c - 2>/dev/null; then
		echo "ok $nr - UAPI layout for $bits bits # SKIP this compiler has no $flag"
	elif "$@" "$flag" -Wall -Wextra -Wpadded -Werror -fsyntax-only \
		-I "$include/uapi" ${asm:+-idirafter "$asm"} "$source"; then
		echo "ok $nr - UAPI layout for $bits bits"
	else
		echo "not ok $nr - UAPI layout for $bits bits"
	fi
done
