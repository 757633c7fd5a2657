#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest-up SECONDS: create the domain "guest" unless it runs, wait until it is ready,
# and print its domain id.
limit=${1:-240}

state=$(xl list guest 2>/dev/null | awk 'NR == 2 { print $5 }')
case $state in
"") ;;
*[scd]*)
	# shut down, crashed or dying
	xl destroy guest
	state=
	;;
esac
if [ -z "$state" ]; then
	# xl stays to watch the domain, and must not keep this script's output open
	xl create /etc/xen/guest.cfg >/run/xl-create.log 2>&1 </dev/null || {
		sed 's/^/# /' /run/xl-create.log
		exit 1
	}
fi
id=$(xl domid guest) || exit 1
while [ "$SECONDS" -lt "$limit" ]; do
	[ "$(xenstore-read "/local/domain/$id/data/ready" 2>/dev/null)" = 1 ] && {
		echo "$id"
		exit 0
	}
	if ! xl domid guest >/dev/null 2>&1; then
		echo "# the guest ended while it booted; see guest-console.log"
		exit 1
	fi
	sleep 0.2
done
echo "# the guest was not ready within $limit s; see guest-console.log"
exit 1
