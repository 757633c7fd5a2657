/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV device of one guest, of any type: its directories in xenstore, and the
 * xenbus states of both ends.
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
	const char *type; /* in the backend's path: "vdispl" */
	const char *fe_type; /* in the frontend's path */
	const char *noun; /* the type, in messages */
	/*
	 * The frontend may stay Connected after its daemon has ended, and is
	 * connected again in that state.  Other types start anew.
	 */
	bool rejoin;
	/*
	 * Whether this guest may have such a device; NULL: it may.  Otherwise
	 * the device is not served.
	 */
	bool (*allowed)(struct xd_daemon *d, struct xd_guest *g,
			uint32_t devid);
	/*
	 * Returns a zeroed device, embedded in a structure of the type's own.
	 * free() removes it from all lists.
	 */
	struct xd_device *(*alloc)(struct xd_daemon *d);
	void (*free)(struct xd_device *dev);
	/*
	 * The device is new.  Write what a frontend may read before it
	 * connects.
	 */
	void (*begin)(struct xd_device *dev);
	/*
	 * The frontend is Initialised.  After an error, disconnect() is called,
	 * and connect() again later.
	 */
	int (*connect)(struct xd_device *dev);
	/* The state Connected was written to xenstore. */
	void (*connected)(struct xd_device *dev);
	/*
	 * Release everything that connect() has acquired, also after an error.
	 */
	void (*disconnect)(struct xd_device *dev);
	/*
	 * The device or its domain does not exist any more.  Toolstacks may
	 * have left its directories.  NULL: nothing to do.
	 */
	void (*removed)(struct xd_device *dev);
};

struct xd_device {
	LIST_ENTRY(xd_device) link; /* in the daemon's list */
	const struct xd_device_ops *ops;
	struct xd_daemon *daemon;
	struct xd_guest *guest;
	uint16_t domid;
	uint32_t devid;
	char be_path[64], fe_path[64];
	enum xenbus_state be_state; /* last value written */
	enum xenbus_state fe_state; /* last value read */
	bool told; /* changed in xenstore, not looked at yet */
	bool watched; /* frontend's state is watched; else retry */
	bool begun; /* was Initialised once, or was restarted */
	bool connected;
	bool answered; /* its Closing, since it was connected */
	uint64_t may_connect; /* earliest time of the next connect, in ns */
	struct xdc_timer retry; /* ends held and leaving */
	bool held; /* not connected until then */
	bool leaving; /* until then: its directory is removed */
	bool detached; /* the toolstack has written Closing, without "online" */
	unsigned int failures; /* of connecting, in a row */
	char complaint[256]; /* the last of xd_device_complain() */
};

/** xd_device_changed - a device was added, changed or removed */
void xd_device_changed(struct xd_daemon *d, const char *type, uint16_t domid,
		       uint32_t devid);
/**
 * xd_device_tell - as xd_device_changed(), at the next xd_device_look_told()
 *
 * Limits the work for a guest that writes to its directory all the time.
 */
void xd_device_tell(struct xd_daemon *d, const char *type, uint16_t domid,
		    uint32_t devid);
/** xd_device_look_told - look at all devices marked by xd_device_tell() */
void xd_device_look_told(struct xd_daemon *d);
/** xd_device_find - the device whose frontend's directory contains @path */
struct xd_device *xd_device_find(const struct xd_daemon *d, const char *path);
/** xd_device_look - read both ends' states in xenstore and act on them */
void xd_device_look(struct xd_device *dev);

/** xd_device_fail - the guest broke the protocol: disconnect, retry later */
void xd_device_fail(struct xd_device *dev, const char *why);
/**
 * xd_device_complain - why connect() has failed; not logged again until it is
 *			another reason, or the device was connected
 */
__attribute__((format(printf, 2, 3))) void
xd_device_complain(struct xd_device *dev, const char *fmt, ...);
/** xd_device_check_domains - remove the devices of domains that are gone */
void xd_device_check_domains(struct xd_daemon *d);
/** xd_device_shutdown - close and free, because the daemon ends */
void xd_device_shutdown(struct xd_device *dev);
/** xd_device_state - the state as text, for status */
const char *xd_device_state(const struct xd_device *dev);

#endif
