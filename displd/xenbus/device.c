// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "xenbus/device.h"
#include "guest.h"
#include "common/store.h"

/* before a guest whose device has failed may try again */
#define RETRY (2 * XDC_NS_PER_S)
/* between two times that a guest is connected, which may set modes */
#define CONNECTS XDC_NS_PER_S
/* for a toolstack to see that a device is closed */
#define LEAVE (5 * XDC_NS_PER_S)

static void set_state(struct xd_device *dev, enum xenbus_state state)
{
	char text[8];
	int err;

	snprintf(text, sizeof(text), "%d", state);
	err = xdc_store_write(dev->daemon->xs, dev->be_path, "state", text);
	if (err && err != -ENOENT)
		xd_guest_log(dev->guest, XDC_ERROR, "cannot write %s/state: %s",
			     dev->be_path, strerror(-err));
	dev->be_state = state;
}

static void disconnect(struct xd_device *dev)
{
	bool was = dev->connected;

	dev->connected = false;
	dev->ops->disconnect(dev);
	if (was)
		xd_guest_log(dev->guest, XDC_INFO, "%s %u: disconnected",
			     dev->ops->noun, dev->devid);
}

static void hold(struct xd_device *dev, uint64_t ns)
{
	dev->held = true;
	xdc_timer_in(&dev->retry, ns);
}

void xd_device_fail(struct xd_device *dev, const char *why)
{
	xd_guest_log(dev->guest, XDC_ERROR, "%s %u: %s: it ends",
		     dev->ops->noun, dev->devid, why);
	disconnect(dev);
	hold(dev, RETRY);
	set_state(dev, XenbusStateClosed);
}

static void connect_frontend(struct xd_device *dev)
{
	uint64_t now = xdc_now();

	/* one that comes and goes has no more of our time than others have */
	if (now < dev->may_connect) {
		hold(dev, dev->may_connect - now);
		return;
	}
	dev->may_connect = now + CONNECTS;
	/* what it has given stays where it is: after a failure, try later */
	if (dev->ops->connect(dev)) {
		disconnect(dev);
		hold(dev, RETRY);
		return;
	}
	dev->connected = true;
	set_state(dev, XenbusStateConnected);
	dev->ops->connected(dev);
}

/*
 * A frontend that is closed before it has begun.  Its guest's driver was not
 * yet done with removing a device of the same number, and has said so in the
 * new one's directory.  Linux looks only at devices that are Initialising, so
 * say that again, as the toolstack has done: once, and a guest that does not
 * want it says Closed again.
 */
static void begin_again(struct xd_device *dev)
{
	char text[8];
	int err;

	if (dev->begun)
		return;
	dev->begun = true;
	snprintf(text, sizeof(text), "%d", XenbusStateInitialising);
	err = xdc_store_write(dev->daemon->xs, dev->fe_path, "state", text);
	xd_guest_log(
		dev->guest, err ? XDC_WARNING : XDC_INFO,
		"%s %u: closed before it has begun, as after a detach; asked to begin again: %s",
		dev->ops->noun, dev->devid, err ? strerror(-err) : "done");
}

static void follow(struct xd_device *dev, enum xenbus_state state)
{
	bool moved = state != dev->fe_state;

	dev->fe_state = state;
	switch (state) {
	case XenbusStateInitialising:
		if (moved)
			disconnect(dev);
		/* written again, for a frontend that missed it is not told */
		if (!dev->held &&
		    (moved || dev->be_state != XenbusStateInitWait))
			set_state(dev, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		dev->begun = true;
		if (moved)
			disconnect(dev);
		/* it has skipped a state, or we have: it is not connected now */
		if (!dev->connected && dev->be_state == XenbusStateConnected)
			set_state(dev, XenbusStateInitWait);
		if (!dev->held && !dev->connected)
			connect_frontend(dev);
		break;
	case XenbusStateConnected:
		dev->begun = true;
		if (dev->ops->rejoin && !dev->held && !dev->connected)
			connect_frontend(dev);
		break;
	case XenbusStateReconfiguring:
		/* it waits for its users and says Initialising then */
		disconnect(dev);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosing:
	case XenbusStateClosed:
		disconnect(dev);
		if (!dev->held && dev->be_state != XenbusStateInitWait)
			set_state(dev, XenbusStateInitWait);
		if (state == XenbusStateClosed)
			begin_again(dev);
		break;
	default:
		break;
	}
}

/*
 * The toolstack takes it away, and waits for us.  It removes the directories,
 * too, but not one that is in a driver domain.
 */
static void leave(struct xd_device *dev, enum xenbus_state state)
{
	if (state != XenbusStateClosed) {
		disconnect(dev);
		set_state(dev, XenbusStateClosed);
	}
	if (!dev->daemon->driver_domain || dev->leaving)
		return;
	dev->leaving = true;
	xdc_timer_in(&dev->retry, LEAVE);
}

void xd_device_look(struct xd_device *dev)
{
	struct xd_daemon *d = dev->daemon;
	uint32_t online, state;

	if (xdc_store_number(d->xs, dev->be_path, "online", 1, &online))
		online = 1;
	if (xdc_store_number(d->xs, dev->be_path, "state", 8, &state))
		state = XenbusStateUnknown;
	if (!online) {
		leave(dev, (enum xenbus_state)state);
		return;
	}
	dev->leaving = false;
	if (xdc_store_number(d->xs, dev->fe_path, "state", 8, &state))
		state = XenbusStateUnknown;
	follow(dev, (enum xenbus_state)state);
}

static void state_path(const struct xd_device *dev, char *path, size_t len)
{
	snprintf(path, len, "%s/state", dev->fe_path);
}

/* A device that is not told of its frontend would be dead: try again, then */
static void watch(struct xd_device *dev)
{
	char path[80];
	int err;

	state_path(dev, path, sizeof(path));
	err = xdc_store_watch(dev->daemon->xs, path);
	dev->watched = !err;
	if (!err)
		return;
	xd_guest_log(dev->guest, XDC_ERROR,
		     "xenstore does not watch %s: %s; tried again", path,
		     strerror(-err));
	xdc_timer_in(&dev->retry, RETRY);
}

static void retry(struct xdc_timer *t)
{
	struct xd_device *dev = container_of(t, struct xd_device, retry);

	dev->held = false;
	if (!dev->watched)
		watch(dev);
	if (!dev->leaving)
		xd_device_look(dev);
	else if (xdc_store_remove_offline(dev->daemon->xs, dev->be_path))
		xdc_timer_in(&dev->retry, LEAVE);
	/* else we are told that it is gone */
}

static int begin(struct xd_daemon *d, const struct xd_device_ops *ops,
		 uint16_t domid, uint32_t devid, struct xd_device **out)
{
	struct xd_device *dev = ops->alloc(d);
	int err;

	if (!dev)
		return -ENOMEM;
	dev->ops = ops;
	dev->daemon = d;
	dev->domid = domid;
	dev->devid = devid;
	snprintf(dev->be_path, sizeof(dev->be_path), "backend/%s/%u/%u",
		 ops->type, domid, devid);
	/* made up here: the guest may write to its own idea of it */
	snprintf(dev->fe_path, sizeof(dev->fe_path),
		 "/local/domain/%u/device/%s/%u", domid, ops->fe_type, devid);
	err = xdc_timer_init(&d->loop, &dev->retry, retry);
	if (err)
		goto free_dev;
	err = xd_guest_get(d, domid, &dev->guest);
	if (err)
		goto fini_timer;
	ops->begin(dev);
	/*
	 * Whatever a daemon before us had with the frontend is gone.  This
	 * makes it begin anew, from any state.
	 */
	dev->be_state = XenbusStateUnknown;
	dev->fe_state = XenbusStateReconfigured; /* none that it is in */
	LIST_INSERT_HEAD(&d->devices, dev, link);
	xd_guest_log(dev->guest, XDC_INFO, "%s %u: there", ops->noun, devid);
	watch(dev);
	*out = dev;
	return 0;

fini_timer:
	xdc_timer_fini(&dev->retry);
free_dev:
	ops->free(dev);
	return err;
}

static void end(struct xd_device *dev)
{
	char path[80];

	disconnect(dev);
	state_path(dev, path, sizeof(path));
	if (dev->watched)
		xdc_store_unwatch(dev->daemon->xs, path);
	LIST_REMOVE(dev, link);
	xdc_timer_fini(&dev->retry);
	xd_guest_log(dev->guest, XDC_INFO, "%s %u: gone", dev->ops->noun,
		     dev->devid);
	xd_guest_put(dev->guest);
	dev->ops->free(dev);
}

void xd_device_shutdown(struct xd_device *dev)
{
	disconnect(dev);
	set_state(dev, XenbusStateClosed);
	end(dev);
}

struct xd_device *xd_device_find(const struct xd_daemon *d, const char *path)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link)
	{
		size_t len = strlen(dev->fe_path);

		if (!strncmp(path, dev->fe_path, len) &&
		    (!path[len] || path[len] == '/'))
			return dev;
	}
	return NULL;
}

static struct xd_device *find(const struct xd_daemon *d,
			      const struct xd_device_ops *ops, uint16_t domid,
			      uint32_t devid)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link)
	if (dev->ops == ops && dev->domid == domid && dev->devid == devid)
		return dev;
	return NULL;
}

static void changed(struct xd_daemon *d, const struct xd_device_ops *ops,
		    uint16_t domid, uint32_t devid)
{
	struct xd_device *dev = find(d, ops, domid, devid);
	uint32_t state;
	char path[64];
	int err;

	snprintf(path, sizeof(path), "backend/%s/%u/%u", ops->type, domid,
		 devid);
	if (!xdc_store_exists(d->xs, path, "frontend-id")) {
		if (dev)
			end(dev);
		return;
	}
	if (!dev) {
		err = begin(d, ops, domid, devid, &dev);
		if (err) {
			xdc_log(XDC_ERROR, "guest %u, %s %u: %s", domid,
				ops->noun, devid, strerror(-err));
			return;
		}
		/* a frontend that is connected to a daemon of the past */
		if (!xdc_store_number(d->xs, dev->fe_path, "state", 8, &state))
			set_state(dev, XenbusStateInitWait);
	}
	xd_device_look(dev);
}

static const struct xd_device_ops *kind_of(const struct xd_daemon *d,
					   const char *type)
{
	unsigned int i;

	for (i = 0; d->kinds[i]; i++)
		if (!strcmp(d->kinds[i]->type, type))
			return d->kinds[i];
	return NULL;
}

void xd_device_changed(struct xd_daemon *d, const char *type, uint16_t domid,
		       uint32_t devid)
{
	const struct xd_device_ops *kind = kind_of(d, type);

	if (kind)
		changed(d, kind, domid, devid);
}

void xd_device_tell(struct xd_daemon *d, const char *type, uint16_t domid,
		    uint32_t devid)
{
	const struct xd_device_ops *kind = kind_of(d, type);
	struct xd_device *dev;

	if (!kind)
		return;
	dev = find(d, kind, domid, devid);
	if (dev)
		dev->told = true;
	else
		changed(d, kind, domid, devid);
}

static struct xd_device *next_told(const struct xd_daemon *d)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link)
	if (dev->told)
		return dev;
	return NULL;
}

void xd_device_look_told(struct xd_daemon *d)
{
	struct xd_device *dev;

	/* from the first again, for one may go while it is looked at */
	while ((dev = next_told(d))) {
		dev->told = false;
		changed(d, dev->ops, dev->domid, dev->devid);
	}
}

const char *xd_device_state(const struct xd_device *dev)
{
	if (dev->connected)
		return "connected";
	return dev->held ? "waits before it is tried again" : "waiting";
}
