// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "guest.h"
#include "vkb/connect.h"
#include "input.h"
#include "vkb/kbd.h"
#include "common/store.h"
#include "xenbus/events.h"
#include "xenbus/node.h"

/* the defaults of Linux's frontend */
#define DEFAULT_MAX_X 800
#define DEFAULT_MAX_Y 600
/* coordinates of a raw pointer */
#define RAW_MAX 0x7fff

static struct xd_kbd *to_kbd(struct xd_device *dev)
{
	return container_of(dev, struct xd_kbd, dev);
}

static bool is_set(struct xd_device *dev, const char *dir, const char *name)
{
	uint32_t v;

	return !xdc_store_number(dev->daemon->xs, dir, name, UINT32_MAX, &v) &&
	       v;
}

/* Offered by the backend and requested by the frontend */
static bool is_agreed(struct xd_device *dev, const char *feature,
		      const char *request)
{
	return is_set(dev, dev->be_path, feature) &&
	       is_set(dev, dev->fe_path, request);
}

static uint32_t read_number_or(struct xd_device *dev, const char *name,
			       uint32_t otherwise)
{
	uint32_t v;

	/* larger sizes could not be sent */
	if (xdc_store_number(dev->daemon->xs, dev->be_path, name, INT32_MAX - 1,
			     &v))
		return otherwise;
	return v;
}

/* ---- sizes ---- */

/* Writes the largest coordinate of a side of @pixels, unless it is set */
static void offer_max(struct xd_device *dev, const char *name, uint32_t pixels)
{
	char text[16];
	uint32_t v;

	if (!xdc_store_number(dev->daemon->xs, dev->be_path, name, UINT32_MAX,
			      &v))
		return;
	snprintf(text, sizeof(text), "%u", pixels - 1);
	xdc_store_write(dev->daemon->xs, dev->be_path, name, text);
}

bool xd_kbd_is_new(struct xd_kbd *k)
{
	struct xd_device *dev = &k->dev;
	uint32_t state;

	return !xdc_store_number(dev->daemon->xs, dev->fe_path, "state", 8,
				 &state) &&
	       state == XenbusStateInitialising;
}

void xd_kbd_offer(struct xd_kbd *k, enum xd_kind kind, uint32_t w, uint32_t h)
{
	struct xd_device *dev = &k->dev;

	if (kind == XD_POINTER) {
		offer_max(dev, XENKBD_FIELD_WIDTH, w);
		offer_max(dev, XENKBD_FIELD_HEIGHT, h);
		return;
	}
	if (!is_set(dev, dev->be_path, XENKBD_FIELD_FEAT_MTOUCH))
		return;
	offer_max(dev, XENKBD_FIELD_MT_WIDTH, w);
	offer_max(dev, XENKBD_FIELD_MT_HEIGHT, h);
}

/* ---- connecting ---- */

static void negotiate_features(struct xd_kbd *k)
{
	struct xd_device *dev = &k->dev;

	k->keyboard = !is_set(dev, dev->be_path, XENKBD_FIELD_FEAT_DSBL_KEYBRD);
	k->pointer = !is_set(dev, dev->be_path, XENKBD_FIELD_FEAT_DSBL_POINTER);
	k->absolute = is_agreed(dev, XENKBD_FIELD_FEAT_ABS_POINTER,
				XENKBD_FIELD_REQ_ABS_POINTER);
	k->max_x = read_number_or(dev, XENKBD_FIELD_WIDTH, DEFAULT_MAX_X);
	k->max_y = read_number_or(dev, XENKBD_FIELD_HEIGHT, DEFAULT_MAX_Y);
	if (k->absolute && is_agreed(dev, XENKBD_FIELD_FEAT_RAW_POINTER,
				     XENKBD_FIELD_REQ_RAW_POINTER))
		k->max_x = k->max_y = RAW_MAX;
	k->nr_contacts = 0;
	if (!is_agreed(dev, XENKBD_FIELD_FEAT_MTOUCH, XENKBD_FIELD_REQ_MTOUCH))
		return;
	k->nr_contacts = read_number_or(dev, XENKBD_FIELD_MT_NUM_CONTACTS, 1);
	if (k->nr_contacts > XD_CONTACTS_MAX)
		k->nr_contacts = XD_CONTACTS_MAX;
	k->touch_max_x =
		read_number_or(dev, XENKBD_FIELD_MT_WIDTH, DEFAULT_MAX_X);
	k->touch_max_y =
		read_number_or(dev, XENKBD_FIELD_MT_HEIGHT, DEFAULT_MAX_Y);
}

static void events_ready(struct xdc_source *s, uint32_t events)
{
	struct xd_kbd *k = container_of(s, struct xd_kbd, events);
	int port = xenevtchn_pending(k->evtchn);

	if (port < 0)
		return;
	xd_kbd_ring_heard(&k->ring);
	xd_kbd_pay(k);
}

static int open_ring(struct xd_kbd *k, struct xdc_reason *why)
{
	struct xd_device *dev = &k->dev;
	struct xs_handle *xs = dev->daemon->xs;
	uint32_t ref, port;
	int err;

	err = xd_node_number(xs, dev->fe_path, XENKBD_FIELD_RING_GREF,
			     UINT32_MAX, &ref, why);
	if (!err)
		err = xd_node_number(xs, dev->fe_path, XENKBD_FIELD_EVT_CHANNEL,
				     INT32_MAX, &port, why);
	if (err)
		return err;
	err = xd_events_open(&dev->daemon->loop, &k->events, &k->evtchn, why);
	if (err)
		return err;
	err = xd_kbd_ring_open(&k->ring, &dev->daemon->loop,
			       dev->daemon->gnttab, k->evtchn, dev->domid, ref,
			       port);
	if (err)
		xdc_reason_set(
			why, err,
			"cannot map the page or bind the event channel that %s names: %s",
			dev->fe_path, strerror(-err));
	return err;
}

/* Features have an effect in the backend's directory only */
static void warn_misplaced(struct xd_device *dev)
{
	static const char *const features[] = {
		XENKBD_FIELD_FEAT_ABS_POINTER,
		XENKBD_FIELD_FEAT_MTOUCH,
		XENKBD_FIELD_FEAT_RAW_POINTER,
	};
	struct xs_handle *xs = dev->daemon->xs;
	unsigned int i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (xdc_store_exists(xs, dev->fe_path, features[i]) &&
		    !xdc_store_exists(xs, dev->be_path, features[i]))
			xd_guest_log(
				dev->guest, XDC_WARNING,
				"input device %u: %s/%s ignored: it belongs into %s",
				dev->devid, dev->fe_path, features[i],
				dev->be_path);
}

static void read_unique_id(struct xd_kbd *k)
{
	struct xd_device *dev = &k->dev;
	int err = xdc_store_raw(dev->daemon->xs, dev->be_path,
				XENKBD_FIELD_UNIQUE_ID, k->unique_id,
				sizeof(k->unique_id));

	if (!err)
		return;
	k->unique_id[0] = '\0';
	if (err == -ENAMETOOLONG)
		xd_guest_log(dev->guest, XDC_WARNING,
			     "input device %u: %s/" XENKBD_FIELD_UNIQUE_ID
			     " is longer than %d bytes: ignored",
			     dev->devid, dev->be_path, XD_KBD_ID_MAX - 1);
}

/* Linux's driver asks once, when it finds the device, and not again in a restored guest */
static void warn_unrequested(struct xd_device *dev)
{
	static const struct {
		const char *feature, *request, *what;
	} all[] = {
		{ XENKBD_FIELD_FEAT_ABS_POINTER, XENKBD_FIELD_REQ_ABS_POINTER,
		  "an absolute pointer" },
		{ XENKBD_FIELD_FEAT_MTOUCH, XENKBD_FIELD_REQ_MTOUCH,
		  "a touch screen" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (is_set(dev, dev->be_path, all[i].feature) &&
		    !xdc_store_exists(dev->daemon->xs, dev->fe_path,
				      all[i].request))
			xd_guest_log(
				dev->guest, XDC_WARNING,
				"input device %u: the guest does not ask for %s, which it is offered. After a restore or migration: detach the device (xl vkb-detach), and attach it again",
				dev->devid, all[i].what);
}

static int connect_frontend(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);
	struct xdc_reason why;
	int err = open_ring(k, &why);

	if (err) {
		xd_device_complain(dev, "cannot connect: %s", why.text);
		return err;
	}
	/* nodes that are written one by one may come after the directory */
	read_unique_id(k);
	negotiate_features(k);
	warn_misplaced(dev);
	warn_unrequested(dev);
	k->sent = k->dropped = 0;
	/* Linux's new frontend may be Connected when it is seen; its page is empty */
	xd_kbd_start(k, dev->fe_state == XenbusStateConnected && k->ring.prod);
	return 0;
}

static void connected(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);
	char id[64];

	xdc_printable(id, sizeof(id), k->unique_id);
	xd_guest_log(dev->guest, XDC_INFO,
		     "input device %u%s%s:%s%s, %u fingers", dev->devid,
		     *id ? " " : "", id, k->keyboard ? " keyboard," : "",
		     !k->pointer   ? " no pointer"
		     : k->absolute ? " absolute pointer"
				   : " relative pointer",
		     k->nr_contacts);
	if (!k->pointer && k->keyboard)
		xd_guest_log(
			dev->guest, XDC_WARNING,
			"input device %u: no keys are sent without a pointer: Linux's driver would crash the guest",
			dev->devid);
	dev->daemon->inputs_changed(dev->daemon, dev->guest);
}

static void disconnect(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);

	if (!k->evtchn)
		return;
	if (k->ring.page)
		xd_kbd_release(k, XD_INPUT_ALL);
	/* the page goes away */
	xdc_timer_fini(&k->retry);
	dev->daemon->inputs_changed(dev->daemon, dev->guest);
	xd_kbd_ring_close(&k->ring);
	xd_events_close(&dev->daemon->loop, &k->events, &k->evtchn);
}

/* ---- adding and removing ---- */

static struct xd_device *alloc(struct xd_daemon *d)
{
	struct xd_kbd *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->events.fd = -1;
	k->events.ready = events_ready;
	k->ring.port = -1;
	xd_kbd_init(k, &d->loop);
	LIST_INSERT_HEAD(&d->kbds, k, link);
	return &k->dev;
}

static void release(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);

	LIST_REMOVE(k, link);
	free(k);
}

static void begin(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);
	uint32_t ref;

	read_unique_id(k);
	/* a device that was connected before opens again by itself */
	dev->begun = !xdc_store_number(dev->daemon->xs, dev->fe_path,
				       XENKBD_FIELD_RING_GREF, UINT32_MAX,
				       &ref);
	dev->daemon->sizes_wanted(dev->daemon, dev->domid);
}

/* Devices of the type vkbd are usually QEMU's, which must not lose them */
static bool is_vkbd_allowed(struct xd_daemon *d, struct xd_guest *g,
			    uint32_t devid)
{
	if (g->policy.vkbd)
		return true;
	/* a guest without a display of ours has nothing to do with us */
	if (!g->told_of_vkbd && g->users > 1) {
		g->told_of_vkbd = true;
		xd_guest_log(
			g, XDC_INFO,
			"input device backend/vkbd/%u/%u left to QEMU: see vkbd in xen-displd.conf(5)",
			g->domid, devid);
	}
	return false;
}

/* xl's name for devices that are not for QEMU */
const struct xd_device_ops xd_kbd_ops = {
	.type = "vinput",
	.fe_type = XENKBD_DRIVER_NAME,
	.noun = "input device",
	.rejoin = true,
	.alloc = alloc,
	.free = release,
	.begin = begin,
	.connect = connect_frontend,
	.connected = connected,
	.disconnect = disconnect,
};

const struct xd_device_ops xd_vkbd_ops = {
	.type = XENKBD_DRIVER_NAME,
	.fe_type = XENKBD_DRIVER_NAME,
	.noun = "input device",
	.rejoin = true,
	.allowed = is_vkbd_allowed,
	.alloc = alloc,
	.free = release,
	.begin = begin,
	.connect = connect_frontend,
	.connected = connected,
	.disconnect = disconnect,
};
