// SPDX-License-Identifier: GPL-2.0-only
#include "fake_device.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon.h"
#include "xenbus/device.h"
#include "vdispl/connect.h"
#include "guest.h"
#include "vkb/connect.h"
#include "common/store.h"

struct xd_daemon d;
struct xd_guest guest;
int online, be_state, fe_state;
bool there, has_id, introduced, allowed, may_write, may_remove;
const char *error;
char states[512];
unsigned int logged;
static unsigned int configured, connects;
unsigned int asked, connected, disconnected, removals, forgotten;
uint64_t now_ns, timer_ns, disconnect_ns;
int connect_err, watch_err, watches;

/* ---- xenstore ---- */

int xdc_store_number(struct xs_handle *xs, const char *dir, const char *name,
		     uint32_t max, uint32_t *out)
{
	int value = !strcmp(name, "online")	   ? online
		    : !strncmp(dir, "backend/", 8) ? be_state
						   : fe_state;

	if (value == NONE)
		return -ENOENT;
	*out = (uint32_t)value;
	return *out > max ? -EINVAL : 0;
}

int xdc_store_text(struct xs_handle *xs, const char *dir, const char *name,
		   char *buf, uint32_t len)
{
	assert_string_equal(dir, "/local/domain/7/error/device/vdispl/3");
	if (!error)
		return -ENOENT;
	snprintf(buf, len, "%s", error);
	return 0;
}

int xdc_store_write(struct xs_handle *xs, const char *dir, const char *name,
		    const char *value)
{
	assert_string_equal(name, "state");
	if (!strncmp(dir, "backend/", 8)) {
		be_state = atoi(value);
		assert_true(strlen(states) + strlen(value) < sizeof(states));
		strcat(states, value);
		return 0;
	}
	assert_string_equal(dir, "/local/domain/7/device/vdispl/3");
	asked++;
	if (!may_write)
		return -EACCES;
	fe_state = atoi(value);
	return 0;
}

int xdc_store_remove_offline(struct xs_handle *xs, const char *dir)
{
	assert_string_equal(dir, "backend/vdispl/7/3");
	removals++;
	if (!may_remove)
		return -EBUSY;
	there = false;
	return 0;
}

bool xdc_store_exists(struct xs_handle *xs, const char *dir, const char *name)
{
	return there && (has_id || !strcmp(name, "state"));
}

bool xdc_store_has_domain(struct xs_handle *xs, uint16_t domid)
{
	return introduced;
}

int xdc_store_watch(struct xs_handle *xs, const char *dir)
{
	assert_string_equal(dir, "/local/domain/7/device/vdispl/3/state");
	if (!watch_err)
		watches++;
	return watch_err;
}

void xdc_store_unwatch(struct xs_handle *xs, const char *dir)
{
	watches--;
}

/* ---- guests, timers, log ---- */

int xd_guest_get(struct xd_daemon *daemon, uint16_t domid,
		 struct xd_guest **out)
{
	*out = &guest;
	return 0;
}

void xd_guest_put(struct xd_guest *g)
{
}

void xd_guest_configure(struct xd_guest *g)
{
	configured++;
}

void xd_guest_log(struct xd_guest *g, enum xdc_level level, const char *fmt,
		  ...)
{
	logged += level == XDC_ERROR;
}

void xdc_log(enum xdc_level level, const char *fmt, ...)
{
}

void xdc_timer_init(struct xdc_loop *l, struct xdc_timer *t,
		    void (*fired)(struct xdc_timer *t))
{
	t->fired = fired;
}

uint64_t xdc_now(void)
{
	return now_ns;
}

void xdc_timer_in(struct xdc_timer *t, uint64_t ns)
{
	timer_ns = ns;
}

void xdc_timer_fini(struct xdc_timer *t)
{
}

/* ---- a device ---- */

static bool is_allowed(struct xd_daemon *daemon, struct xd_guest *g,
		       uint32_t devid)
{
	return allowed;
}

static struct xd_device *alloc(struct xd_daemon *daemon)
{
	return calloc(1, sizeof(struct xd_device));
}

static void release(struct xd_device *dev)
{
	free(dev);
}

static void begin(struct xd_device *dev)
{
}

static int connect_it(struct xd_device *dev)
{
	/* a guest may have got another name since it was seen first */
	assert_int_equal(configured, ++connects);
	if (connect_err)
		xd_device_complain(dev, "error %d", connect_err);
	return connect_err;
}

static void now_connected(struct xd_device *dev)
{
	connected++;
}

static void disconnect(struct xd_device *dev)
{
	disconnected++;
	now_ns += disconnect_ns;
	disconnect_ns = 0;
}

static void removed(struct xd_device *dev)
{
	forgotten++;
}

const struct xd_device_ops xd_frontend_ops = {
	.type = "vdispl",
	.fe_type = "vdispl",
	.noun = "device",
	.allowed = is_allowed,
	.alloc = alloc,
	.free = release,
	.begin = begin,
	.connect = connect_it,
	.connected = now_connected,
	.disconnect = disconnect,
	.removed = removed,
};

const struct xd_device_ops xd_kbd_ops = {
	.type = "vinput",
	.fe_type = "vkbd",
};

static const struct xd_device_ops *const kinds[] = { &xd_frontend_ops,
						     &xd_kbd_ops, NULL };

/* A new device, as the toolstack makes it */
int attached(void **state)
{
	memset(&d, 0, sizeof(d));
	d.kinds = kinds;
	online = 1;
	be_state = fe_state = XenbusStateInitialising;
	there = has_id = introduced = allowed = may_write = may_remove = true;
	states[0] = '\0';
	error = NULL;
	logged = 0;
	configured = connects = 0;
	asked = connected = disconnected = removals = forgotten = 0;
	now_ns = 100 * XDC_NS_PER_S;
	timer_ns = disconnect_ns = 0;
	connect_err = watch_err = watches = 0;
	return 0;
}

int gone(void **state)
{
	there = false;
	xd_device_changed(&d, "vdispl", 7, 3);
	assert_true(LIST_EMPTY(&d.devices));
	assert_int_equal(watches, 0);
	return 0;
}

void report_change(void)
{
	xd_device_changed(&d, "vdispl", 7, 3);
}

void set_frontend_state(int state)
{
	fe_state = state;
	report_change();
}

void fire(void)
{
	now_ns += timer_ns;
	LIST_FIRST(&d.devices)->retry.fired(&LIST_FIRST(&d.devices)->retry);
}

void connects_and_stays(void **state)
{
	report_change();
	assert_false(LIST_EMPTY(&d.devices));
	assert_int_equal(be_state, XenbusStateInitWait);
	set_frontend_state(XenbusStateInitialised);
	assert_int_equal(be_state, XenbusStateConnected);
	assert_int_equal(connected, 1);
	set_frontend_state(XenbusStateConnected);
	assert_true(LIST_FIRST(&d.devices)->connected);
}
