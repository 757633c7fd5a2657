/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that all parts of the daemon share. */
#ifndef XD_DAEMON_H
#define XD_DAEMON_H

#include <stdbool.h>
#include <sys/queue.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "config.h"
#include "common/loop.h"
#include "common/store-events.h"

struct xd_device;
struct xd_device_ops;
struct xd_frontend;
struct xd_guest;
struct xd_hotplug;
struct xd_kbd;
struct xd_libinput;
struct xd_seat;
struct xendmabuf;
struct xd_control;
struct xd_dbuf;

struct xd_daemon {
	struct xdc_loop loop;
	struct xd_config *config;
	const char *config_path;
	struct xs_handle *xs;
	bool driver_domain; /* the toolstack runs elsewhere */
	struct xdc_store_events xs_events;
	xengnttab_handle *gnttab;
	struct xendmabuf *dmabuf;
	/* types of devices, NULL-terminated */
	const struct xd_device_ops *const *kinds;
	LIST_HEAD(xd_device_list, xd_device) devices; /* of all kinds */
	LIST_HEAD(xd_frontend_list, xd_frontend) frontends; /* displays only */
	LIST_HEAD(xd_kbd_list, xd_kbd) kbds; /* input devices only */
	LIST_HEAD(xd_guest_list, xd_guest) guests;
	uint64_t guests_seen; /* number */
	LIST_HEAD(xd_dbuf_list, xd_dbuf)
	dying; /* released, lease not RETURNED yet */
	struct xdc_timer check_dying; /* polls leases that epoll cannot watch */
	struct xd_control *control;
	struct xd_hotplug *hotplug; /* NULL: could not be started */
	struct xd_seat *seat; /* NULL until [input] names devices */
	struct xd_libinput *libinput; /* NULL unless it does */
	/*
	 * A guest's connector, output or input device was added or removed:
	 * assign its input devices to its connectors.
	 */
	void (*inputs_changed)(struct xd_daemon *d, struct xd_guest *g);
	/*
	 * A display or input device was added: complete the sizes of the
	 * guest's input devices.
	 */
	void (*sizes_wanted)(struct xd_daemon *d, uint16_t domid);
};

#endif
