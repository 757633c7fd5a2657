/* SPDX-License-Identifier: GPL-2.0-only */
/* What all parts share. */
#ifndef XD_DAEMON_H
#define XD_DAEMON_H

#include <stdbool.h>
#include <sys/queue.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "config.h"
#include "common/loop.h"

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
	bool driver_domain; /* not where the toolstack runs */
	struct xdc_source xs_events;
	struct xdc_source xs_peer; /* tells when it goes away */
	xengnttab_handle *gnttab;
	struct xendmabuf *dmabuf;
	const struct xd_device_ops *const *kinds; /* of devices; NULL ends it */
	LIST_HEAD(, xd_device) devices; /* of all kinds */
	LIST_HEAD(, xd_frontend) frontends; /* displays alone */
	LIST_HEAD(, xd_kbd) kbds; /* input devices alone */
	LIST_HEAD(, xd_guest) guests;
	LIST_HEAD(, xd_dbuf) dying; /* let go of, and not RETURNED yet */
	struct xdc_timer ask_dying; /* those that cannot be watched */
	struct xd_control *control;
	struct xd_hotplug *hotplug; /* NULL: could not be started */
	/* both NULL without this machine's own input devices */
	struct xd_seat *seat;
	struct xd_libinput *libinput;
	/*
	 * A connector, its output or an input device of a guest has come or
	 * gone: find out which belong together.
	 */
	void (*inputs_changed)(struct xd_daemon *d, struct xd_guest *g);
	/* A display or input device is new: tell the input devices its size */
	void (*sizes_wanted)(struct xd_daemon *d, uint16_t domid);
};

#endif
