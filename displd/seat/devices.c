// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "common/log.h"
#include "daemon.h"
#include "seat/devices.h"
#include "seat/libinput.h"
#include "seat/seat.h"

static int start_seat(struct xd_daemon *d, const struct xd_seat *former)
{
	const struct xd_seat_policy *policy = xd_config_seat(d->config);
	bool wanted = *policy->seat || *policy->devices;
	int err;

	if (!wanted && !former)
		return 0;
	err = xd_seat_create(d, former, &d->seat);
	if (err)
		return err;
	xd_seat_switch_key(d->seat, policy->switch_key);
	if (!wanted)
		return 0;
	return xd_libinput_start(&d->loop, policy, d->seat, &d->libinput);
}

/*
 * A failure is not fatal: screens are useful without input.  The seat remembers
 * the focus for the next configuration, also if this one has no devices.
 */
static void start_input(struct xd_daemon *d, const struct xd_seat *former)
{
	int err = start_seat(d, former);

	if (err)
		xdc_log(XDC_ERROR,
			"input devices of this machine not available: %s. See [input] in xen-displd.conf(5)",
			strerror(-err));
}

/*
 * libinput finds all devices of a seat, but tries none again that it could not
 * open; those named by paths are opened again
 */
static bool is_kept(const struct xd_daemon *d, const struct xd_config *former)
{
	const struct xd_seat_policy *policy = xd_config_seat(d->config);

	return d->libinput && *policy->seat &&
	       !xd_libinput_lacks_devices(d->libinput) &&
	       !memcmp(policy, xd_config_seat(former), sizeof(*policy));
}

void xd_devices_reload(struct xd_daemon *d, const struct xd_config *former)
{
	struct xd_seat *seat = d->seat;

	if (is_kept(d, former))
		return;
	/* the new one may use the same devices */
	xd_libinput_stop(d->libinput);
	d->libinput = NULL;
	d->seat = NULL;
	start_input(d, seat);
	xd_seat_destroy(seat);
}

void xd_devices_start(struct xd_daemon *d)
{
	start_input(d, NULL);
}

void xd_devices_stop(struct xd_daemon *d)
{
	xd_libinput_stop(d->libinput);
	d->libinput = NULL;
	xd_seat_destroy(d->seat);
	d->seat = NULL;
}
