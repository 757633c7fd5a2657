// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "guest.h"
#include "vkb/connect.h"
#include "vkb/input.h"
#include "vkb/kbd.h"
#include "common/store.h"

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

void xd_kbd_offer(struct xd_kbd *k, uint32_t w, uint32_t h)
{
	struct xd_device *dev = &k->dev;

	offer_max(dev, XENKBD_FIELD_WIDTH, w);
	offer_max(dev, XENKBD_FIELD_HEIGHT, h);
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
	xenevtchn_unmask(k->evtchn, (evtchn_port_t)port);
	xd_kbd_pay(k);
}

static int open_ring(struct xd_kbd *k)
{
	struct xd_device *dev = &k->dev;
	uint32_t ref, port;
	int err;

	err = xdc_store_number(dev->daemon->xs, dev->fe_path,
			       XENKBD_FIELD_RING_GREF, UINT32_MAX, &ref);
	if (!err)
		err = xdc_store_number(dev->daemon->xs, dev->fe_path,
				       XENKBD_FIELD_EVT_CHANNEL, INT32_MAX,
				       &port);
	if (err)
		return err;
	k->evtchn = xenevtchn_open(NULL, 0);
	if (!k->evtchn)
		return errno ? -errno : -ENODEV;
	k->events.fd = xenevtchn_fd(k->evtchn);
	fcntl(k->events.fd, F_SETFL, fcntl(k->events.fd, F_GETFL) | O_NONBLOCK);
	k->events.ready = events_ready;
	err = xdc_loop_add(&dev->daemon->loop, &k->events, EPOLLIN);
	if (err) {
		k->events.fd = -1;
		return err;
	}
	return xd_kbd_ring_open(&k->ring, dev->daemon->gnttab, k->evtchn,
				dev->domid, ref, port);
}

static int connect_frontend(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);
	int err = open_ring(k);

	if (err) {
		xd_guest_log(
			dev->guest, XDC_ERROR,
			"input device %u: cannot connect: %s", dev->devid,
			err == -ENOENT
				? "no ring page or event channel in xenstore"
				: strerror(-err));
		return err;
	}
	negotiate_features(k);
	k->sent = k->dropped = 0;
	xd_kbd_start(k, dev->fe_state == XenbusStateConnected);
	return 0;
}

static void connected(struct xd_device *dev)
{
	struct xd_kbd *k = to_kbd(dev);

	xd_guest_log(dev->guest, XDC_INFO,
		     "input device %u%s%s:%s%s, %u fingers", dev->devid,
		     *k->unique_id ? " " : "", k->unique_id,
		     k->keyboard ? " keyboard," : "",
		     !k->pointer   ? " no pointer"
		     : k->absolute ? " absolute pointer"
				   : " relative pointer",
		     k->nr_contacts);
	if (!k->pointer)
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
	dev->daemon->inputs_changed(dev->daemon, dev->guest);
	xd_kbd_ring_close(&k->ring);
	if (k->events.fd >= 0)
		xdc_loop_remove(&dev->daemon->loop, &k->events);
	k->events.fd = -1;
	xenevtchn_close(k->evtchn);
	k->evtchn = NULL;
}

/* ---- adding and removing ---- */

static struct xd_device *alloc(struct xd_daemon *d)
{
	struct xd_kbd *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->events.fd = -1;
	k->ring.port = -1;
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

	if (xdc_store_text(dev->daemon->xs, dev->be_path,
			   XENKBD_FIELD_UNIQUE_ID, k->unique_id,
			   sizeof(k->unique_id)))
		k->unique_id[0] = '\0';
	/* a device that was connected before opens again by itself */
	dev->begun = !xdc_store_number(dev->daemon->xs, dev->fe_path,
				       XENKBD_FIELD_RING_GREF, UINT32_MAX,
				       &ref);
	dev->daemon->sizes_wanted(dev->daemon, dev->domid);
}

const struct xd_device_ops xd_kbd_ops = {
	/* xl's name for devices that are not for QEMU, whose type is "vkbd" */
	.type = "vinput",	.fe_type = XENKBD_DRIVER_NAME,
	.noun = "input device", .rejoin = true,
	.alloc = alloc,		.free = release,
	.begin = begin,		.connect = connect_frontend,
	.connected = connected, .disconnect = disconnect,
};
