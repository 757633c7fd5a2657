// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "xenbus/device.h"
#include "guest.h"
#include "common/store.h"

/* before a device that failed may connect again; doubled at each failure */
#define RETRY_DELAY (2 * XDC_NS_PER_S)
#define DOUBLED_MAX 3
/*
 * How long the frontend can see each of the states Closing and Closed.  Both
 * must pass within a second: Linux's driver waits that long for InitWait.
 */
#define CLOSE_STEP (XDC_NS_PER_S / 4)
/* between two connects of a device, each of which may set modes */
#define CONNECT_PERIOD XDC_NS_PER_S
/* for the toolstack to see the state Closed */
#define REMOVE_DELAY (5 * XDC_NS_PER_S)

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

static void disconnect_device(struct xd_device *dev)
{
	bool was = dev->connected;

	dev->connected = false;
	dev->ops->disconnect(dev);
	if (was)
		xd_guest_log(dev->guest, XDC_INFO, "%s %u: disconnected",
			     dev->ops->noun, dev->devid);
}

static void hold_device(struct xd_device *dev, uint64_t ns)
{
	dev->held = true;
	xdc_timer_in(&dev->retry, ns);
}

void xd_device_fail(struct xd_device *dev, const char *why)
{
	xd_guest_log(dev->guest, XDC_ERROR, "%s %u: %s: device closed",
		     dev->ops->noun, dev->devid, why);
	disconnect_device(dev);
	hold_device(dev, RETRY_DELAY);
	set_state(dev, XenbusStateClosed);
}

void xd_device_complain(struct xd_device *dev, const char *fmt, ...)
{
	char text[sizeof(dev->complaint)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!strcmp(text, dev->complaint))
		return;
	strcpy(dev->complaint, text);
	xd_guest_log(dev->guest, XDC_ERROR, "%s %u: %s", dev->ops->noun,
		     dev->devid, text);
}

/* The frontend's nodes may be what is wrong, and then only change with its state */
static void connect_failed(struct xd_device *dev)
{
	disconnect_device(dev);
	hold_device(dev, RETRY_DELAY << dev->failures);
	if (dev->failures < DOUBLED_MAX)
		dev->failures++;
}

static void connect_frontend(struct xd_device *dev)
{
	uint64_t now = xdc_now();

	/* a guest that reconnects all the time must not delay others */
	if (now < dev->may_connect) {
		hold_device(dev, dev->may_connect - now);
		return;
	}
	dev->may_connect = now + CONNECT_PERIOD;
	xd_guest_configure(dev->guest);
	/* the frontend's ring and ports stay valid for another try */
	if (dev->ops->connect(dev)) {
		connect_failed(dev);
		return;
	}
	dev->connected = true;
	dev->answered = false;
	dev->failures = 0;
	dev->complaint[0] = '\0';
	set_state(dev, XenbusStateConnected);
	dev->ops->connected(dev);
}

/*
 * The frontend is Closed and was never Initialised: after a detach, Linux's
 * driver may still be removing the previous device of this number, and has
 * written Closed to the new one's directory.  Linux probes only devices that
 * are Initialising, so write that again, as the toolstack did.  Once only: a
 * guest that does not want the device writes Closed again.
 */
static void restart_frontend(struct xd_device *dev)
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
		"%s %u: frontend closed without connecting, as after a detach; reset to Initialising: %s",
		dev->ops->noun, dev->devid, err ? strerror(-err) : "done");
}

/*
 * A frontend that closes may wait for Closing, for Closed, or for InitWait: it
 * gets each of them, see retry_fired().
 */
static void begin_closing(struct xd_device *dev)
{
	uint64_t now = xdc_now(), step = now + CLOSE_STEP;

	/* its memory is in use until it sees Closed: it need not wait for that to begin */
	set_state(dev, XenbusStateClosing);
	disconnect_device(dev);
	dev->answered = true;
	/* a device that has failed does not connect earlier for that */
	if (dev->held && dev->may_connect < now + RETRY_DELAY)
		dev->may_connect = now + RETRY_DELAY;
	now = xdc_now();
	hold_device(dev, now < step ? step - now : 1);
}

/* Linux's driver writes the reason of a fatal error to xenstore, and closes */
static void report_error(struct xd_device *dev)
{
	char dir[80], text[128];

	snprintf(dir, sizeof(dir), "/local/domain/%u/error/device/%s/%u",
		 dev->domid, dev->ops->fe_type, dev->devid);
	if (!xdc_store_text(dev->daemon->xs, dir, "error", text, sizeof(text)))
		xd_device_complain(dev, "the guest's driver has failed: %s",
				   text);
}

static void wait_for_frontend(struct xd_device *dev)
{
	disconnect_device(dev);
	if (!dev->held && dev->be_state != XenbusStateInitWait)
		set_state(dev, XenbusStateInitWait);
}

static void follow_frontend(struct xd_device *dev, enum xenbus_state state)
{
	bool moved = state != dev->fe_state;

	dev->fe_state = state;
	/* it may have mended its nodes: do not let it wait for long */
	if (moved && dev->failures) {
		dev->failures = 0;
		hold_device(dev, RETRY_DELAY);
	}
	switch (state) {
	case XenbusStateInitialising:
		if (moved)
			disconnect_device(dev);
		/*
		 * write even what is there: the watch wakes a frontend that
		 * missed it
		 */
		if (!dev->held &&
		    (moved || dev->be_state != XenbusStateInitWait))
			set_state(dev, XenbusStateInitWait);
		break;
	case XenbusStateInitialised:
		dev->begun = true;
		if (moved)
			disconnect_device(dev);
		/* one end has skipped a state, and is not connected now */
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
		/* the frontend waits for its users, then writes Initialising */
		disconnect_device(dev);
		break;
	case XenbusStateClosing:
		if (moved && !dev->connected)
			report_error(dev);
		/*
		 * Once until it connects again: a driver that fails each time
		 * would begin anew at Closed
		 */
		if (moved && !dev->answered)
			begin_closing(dev);
		else
			wait_for_frontend(dev);
		break;
	case XenbusStateUnknown:
	case XenbusStateClosed:
		wait_for_frontend(dev);
		if (state == XenbusStateClosed)
			restart_frontend(dev);
		break;
	default:
		break;
	}
}

/*
 * The toolstack detaches the device and waits for Closed.  It then removes the
 * directories, but not one in a driver domain: that is removed here.
 */
static void close_offline(struct xd_device *dev, enum xenbus_state state)
{
	if (state != XenbusStateClosed) {
		disconnect_device(dev);
		set_state(dev, XenbusStateClosed);
	}
	if (!dev->daemon->driver_domain || dev->leaving)
		return;
	dev->leaving = true;
	xdc_timer_in(&dev->retry, REMOVE_DELAY);
}

/*
 * Other toolstacks than xl's do not write "online", but Closing to the backend's
 * state, and Initialising if they change their mind.
 */
static bool is_detached(struct xd_device *dev, enum xenbus_state state)
{
	if (state == XenbusStateClosing && dev->be_state != XenbusStateClosing)
		dev->detached = true;
	if (state == XenbusStateInitialising)
		dev->detached = false;
	return dev->detached;
}

/* A toolstack that writes the backend's state last has overwritten ours */
static bool is_overwritten(const struct xd_device *dev, enum xenbus_state state)
{
	return (state == XenbusStateInitialising ||
		state == XenbusStateUnknown) &&
	       dev->be_state != XenbusStateUnknown && dev->be_state != state;
}

void xd_device_look(struct xd_device *dev)
{
	struct xd_daemon *d = dev->daemon;
	enum xenbus_state written = dev->be_state;
	uint32_t online, state;
	bool overwritten;

	if (xdc_store_number(d->xs, dev->be_path, "online", 1, &online))
		online = 1;
	if (xdc_store_number(d->xs, dev->be_path, "state", 8, &state))
		state = XenbusStateUnknown;
	if (is_detached(dev, (enum xenbus_state)state) || !online) {
		close_offline(dev, (enum xenbus_state)state);
		return;
	}
	dev->leaving = false;
	overwritten = is_overwritten(dev, (enum xenbus_state)state);
	if (xdc_store_number(d->xs, dev->fe_path, "state", 8, &state))
		state = XenbusStateUnknown;
	follow_frontend(dev, (enum xenbus_state)state);
	if (!overwritten || dev->be_state != written)
		return;
	xd_guest_log(
		dev->guest, XDC_INFO,
		"%s %u: the toolstack has written %s/state late; written again",
		dev->ops->noun, dev->devid, dev->be_path);
	set_state(dev, written);
}

static void state_path(const struct xd_device *dev, char *path, size_t len)
{
	snprintf(path, len, "%s/state", dev->fe_path);
}

/* Without this watch the device is dead, so a failure is tried again */
static void watch_frontend(struct xd_device *dev)
{
	char path[80];
	int err;

	state_path(dev, path, sizeof(path));
	err = xdc_store_watch(dev->daemon->xs, path);
	dev->watched = !err;
	if (!err)
		return;
	xd_guest_log(dev->guest, XDC_ERROR,
		     "cannot watch %s in xenstore: %s; retry pending", path,
		     strerror(-err));
	xdc_timer_in(&dev->retry, RETRY_DELAY);
}

static void retry_fired(struct xdc_timer *t)
{
	struct xd_device *dev = container_of(t, struct xd_device, retry);

	dev->held = false;
	if (dev->be_state == XenbusStateClosing) {
		set_state(dev, XenbusStateClosed);
		hold_device(dev, CLOSE_STEP);
	}
	if (!dev->watched)
		watch_frontend(dev);
	if (!dev->leaving)
		xd_device_look(dev);
	else if (xdc_store_remove_offline(dev->daemon->xs, dev->be_path))
		xdc_timer_in(&dev->retry, REMOVE_DELAY);
	/* the watch of the backend's directory reports its removal */
}

static int add_device(struct xd_daemon *d, const struct xd_device_ops *ops,
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
	/* computed, because the guest can write to its own directory */
	snprintf(dev->fe_path, sizeof(dev->fe_path),
		 "/local/domain/%u/device/%s/%u", domid, ops->fe_type, devid);
	xdc_timer_init(&d->loop, &dev->retry, retry_fired);
	err = xd_guest_get(d, domid, &dev->guest);
	if (err)
		goto free_dev;
	if (ops->allowed && !ops->allowed(d, dev->guest, devid)) {
		err = -EPERM;
		goto put_guest;
	}
	ops->begin(dev);
	/*
	 * A previous daemon's connection is lost.  These states make the
	 * frontend start anew, whatever its state.
	 */
	dev->be_state = XenbusStateUnknown;
	dev->fe_state = XenbusStateReconfigured; /* no frontend is in it */
	LIST_INSERT_HEAD(&d->devices, dev, link);
	xd_guest_log(dev->guest, XDC_INFO, "%s %u: added", ops->noun, devid);
	watch_frontend(dev);
	*out = dev;
	return 0;

put_guest:
	xd_guest_put(dev->guest);
free_dev:
	ops->free(dev);
	return err;
}

static void remove_device(struct xd_device *dev)
{
	char path[80];

	disconnect_device(dev);
	state_path(dev, path, sizeof(path));
	if (dev->watched)
		xdc_store_unwatch(dev->daemon->xs, path);
	LIST_REMOVE(dev, link);
	xdc_timer_fini(&dev->retry);
	xd_guest_log(dev->guest, XDC_INFO, "%s %u: removed", dev->ops->noun,
		     dev->devid);
	xd_guest_put(dev->guest);
	dev->ops->free(dev);
}

/* The daemon goes on without it */
static void drop_device(struct xd_device *dev)
{
	if (dev->ops->removed)
		dev->ops->removed(dev);
	remove_device(dev);
}

void xd_device_shutdown(struct xd_device *dev)
{
	disconnect_device(dev);
	set_state(dev, XenbusStateClosed);
	remove_device(dev);
}

struct xd_device *xd_device_find(const struct xd_daemon *d, const char *path)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link) {
		size_t len = strlen(dev->fe_path);

		if (!strncmp(path, dev->fe_path, len) &&
		    (!path[len] || path[len] == '/'))
			return dev;
	}
	return NULL;
}

static struct xd_device *find_device(const struct xd_daemon *d,
				     const struct xd_device_ops *ops,
				     uint16_t domid, uint32_t devid)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link)
		if (dev->ops == ops && dev->domid == domid &&
		    dev->devid == devid)
			return dev;
	return NULL;
}

/*
 * xl writes all nodes at once; others in any order, and some of them never.  The
 * domain's id is in the path.
 */
static bool has_device(const struct xd_daemon *d, const char *path)
{
	return xdc_store_exists(d->xs, path, "frontend-id") ||
	       xdc_store_exists(d->xs, path, "frontend") ||
	       xdc_store_exists(d->xs, path, "state");
}

/* Whether the domain exists; a driver domain cannot find out, and assumes so */
static bool has_domain(const struct xd_daemon *d, uint16_t domid)
{
	return d->driver_domain || xdc_store_has_domain(d->xs, domid);
}

/* While no daemon served the device: it must not connect again */
static bool was_detached(const struct xd_device *dev)
{
	struct xs_handle *xs = dev->daemon->xs;
	uint32_t online, state;

	if (!xdc_store_number(xs, dev->be_path, "online", 1, &online))
		return !online;
	return !xdc_store_number(xs, dev->be_path, "state", 8, &state) &&
	       state == XenbusStateClosing;
}

static void find_new(struct xd_daemon *d, const struct xd_device_ops *ops,
		     uint16_t domid, uint32_t devid)
{
	struct xd_device *dev;
	uint32_t state;
	int err;

	/* a directory that nobody has removed */
	if (!has_domain(d, domid))
		return;
	err = add_device(d, ops, domid, devid, &dev);
	if (err && err != -EPERM)
		xdc_log(XDC_ERROR, "guest %u, %s %u: %s", domid, ops->noun,
			devid, strerror(-err));
	if (err)
		return;
	/* the frontend may still be connected to a previous daemon */
	if (!was_detached(dev) &&
	    !xdc_store_number(d->xs, dev->fe_path, "state", 8, &state))
		set_state(dev, XenbusStateInitWait);
	xd_device_look(dev);
}

static void device_changed(struct xd_daemon *d, const struct xd_device_ops *ops,
			   uint16_t domid, uint32_t devid)
{
	struct xd_device *dev = find_device(d, ops, domid, devid);
	char path[64];

	snprintf(path, sizeof(path), "backend/%s/%u/%u", ops->type, domid,
		 devid);
	if (!has_device(d, path)) {
		if (dev)
			drop_device(dev);
	} else if (dev) {
		xd_device_look(dev);
	} else {
		find_new(d, ops, domid, devid);
	}
}

static struct xd_device *next_orphan(const struct xd_daemon *d)
{
	struct xd_device *dev;

	LIST_FOREACH(dev, &d->devices, link)
		if (!has_domain(d, dev->domid))
			return dev;
	return NULL;
}

void xd_device_check_domains(struct xd_daemon *d)
{
	struct xd_device *dev;

	while ((dev = next_orphan(d)))
		drop_device(dev);
}

static const struct xd_device_ops *find_kind(const struct xd_daemon *d,
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
	const struct xd_device_ops *kind = find_kind(d, type);

	if (kind)
		device_changed(d, kind, domid, devid);
}

void xd_device_tell(struct xd_daemon *d, const char *type, uint16_t domid,
		    uint32_t devid)
{
	const struct xd_device_ops *kind = find_kind(d, type);
	struct xd_device *dev;

	if (!kind)
		return;
	dev = find_device(d, kind, domid, devid);
	if (dev)
		dev->told = true;
	else
		device_changed(d, kind, domid, devid);
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

	/* from the first again: a device may be removed meanwhile */
	while ((dev = next_told(d))) {
		dev->told = false;
		device_changed(d, dev->ops, dev->domid, dev->devid);
	}
}

const char *xd_device_state(const struct xd_device *dev)
{
	if (dev->connected)
		return "connected";
	return dev->held ? "retry pending" : "waiting for the guest";
}
