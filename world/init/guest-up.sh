#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# guest-up SECONDS: see to it that the domain "guest" runs and is ready, and
# print its domain id.
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
	# The domain's monitor process stays: it must not hold our output open
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
		echo "# the guest died while it started; see guest-console.log"
		exit 1
	fi
	sleep 1
done
echo "# the guest was not ready after $limit s; see guest-console.log"
exit 1
