/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV device of one guest, whatever it is for: its directories in xenstore,
 * and the xenbus states of both ends.
 */
#ifndef XD_XENBUS_DEVICE_H
#define XD_XENBUS_DEVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <xen/io/xenbus.h>

#include "common/loop.h"

struct xd_daemon;
struct xd_device;
struct xd_guest;

struct xd_device_ops {
	const char *type; /* of the backend's directory, "vdispl" */
	const char *fe_type; /* of the frontend's */
	const char *noun; /* in messages */
	/*
	 * The frontend of a daemon that is gone may stay connected, and so be
	 * connected again as it is.  Others have to begin anew.
	 */
	bool rejoin;
	/* Zeroed, in whatever embeds it; free() takes it from all lists. */
	struct xd_device *(*alloc)(struct xd_daemon *d);
	void (*free)(struct xd_device *dev);
	/*
	 * It is new, and the frontend may not have looked at it yet: write
	 * what that may want to read.
	 */
	void (*begin)(struct xd_device *dev);
	/*
	 * The frontend is ready.  On an error disconnect() comes next, and
	 * another try later.
	 */
	int (*connect)(struct xd_device *dev);
	/* and the guest knows it */
	void (*connected)(struct xd_device *dev);
	/* Let go of everything that connect() may have got. */
	void (*disconnect)(struct xd_device *dev);
};

struct xd_device {
	LIST_ENTRY(xd_device) link; /* in the daemon's list */
	const struct xd_device_ops *ops;
	struct xd_daemon *daemon;
	struct xd_guest *guest;
	uint16_t domid;
	uint32_t devid;
	char be_path[64], fe_path[64];
	enum xenbus_state be_state; /* as we wrote it last */
	enum xenbus_state fe_state; /* as we read it last */
	bool told; /* something of it has changed, and is not looked at yet */
	bool watched; /* its frontend's state is; if not, that is tried again */
	bool begun; /* it was ready once, or was asked to begin again */
	bool connected;
	uint64_t may_connect; /* not before */
	struct xdc_timer retry; /* after a fault, not at once */
	bool held; /* until then */
	bool leaving; /* until then, too: its directory goes */
};

/** xd_device_changed - it may be new, changed or gone */
void xd_device_changed(struct xd_daemon *d, const char *type, uint16_t domid,
		       uint32_t devid);
/**
 * xd_device_tell - the same, to be looked at with what else comes meanwhile: a
 * guest may write to its directory as fast as it can
 */
void xd_device_tell(struct xd_daemon *d, const char *type, uint16_t domid,
		    uint32_t devid);
/** xd_device_look_told - now */
void xd_device_look_told(struct xd_daemon *d);
/** xd_device_find - whose frontend's directory @path is, or lies in */
struct xd_device *xd_device_find(const struct xd_daemon *d, const char *path);
/** xd_device_look - at both ends' states in xenstore, and follow */
void xd_device_look(struct xd_device *dev);

/** xd_device_fail - the guest has broken the protocol: this device ends */
void xd_device_fail(struct xd_device *dev, const char *why);
/** xd_device_shutdown - the daemon ends: tell the guest, and free */
void xd_device_shutdown(struct xd_device *dev);
/** xd_device_state - for status, in words */
const char *xd_device_state(const struct xd_device *dev);

#endif
