#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# units.sh UNIT: each agent has a display of its own, and takes away no other's
failed=0

# line_of KEY INSTANCE: what the unit runs there
line_of()
{
	sed -n "s/^$1=//p" "$unit" | sed "s/%i/$2/g"
}

expect() # what it is, what it has to be
{
	[ "$1" = "$2" ] && return
	echo "'$1' instead of '$2'"
	failed=1
}

unit=$1
for instance in 0 5; do
	display=$(line_of ExecStart "$instance" | sed -n 's/.* --display \([^ ]*\) .*/\1/p')
	expect "$display" "wayland-xen-$instance"
	set_by=$(line_of ExecStartPost "$instance")
	expect "${set_by##* }" "WAYLAND_DISPLAY=$display"
	# systemctl unsets a variable of that value alone
	unset_by=$(line_of ExecStopPost "$instance")
	expect "${unset_by##* }" "WAYLAND_DISPLAY=$display"
done
exit $failed
