// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/container_of.h"
#include "daemon.h"
#include "xenbus/device.h"
#include "vdispl/proto.h"
#include "xenbus/discover.h"

/* xenstore's special watches; only for dom0 */
#define DOMAIN_ADDED "@introduceDomain"
#define DOMAIN_GONE "@releaseDomain"

/*
 * The directory of all devices of a type, relative to this domain's home in
 * xenstore
 */
static void name_root(char *root, size_t len, const char *type)
{
	snprintf(root, len, "backend/%s", type);
}

/* Looks at every device that xenstore has */
static void scan_type(struct xd_daemon *d, const char *type)
{
	unsigned int n, m, i, j;
	char root[32], dir[48];
	char **doms;

	name_root(root, sizeof(root), type);
	doms = xs_directory(d->xs, XBT_NULL, root, &n);
	for (i = 0; doms && i < n; i++) {
		char **devs;

		if (strlen(doms[i]) > 8)
			continue;
		snprintf(dir, sizeof(dir), "%s/%s", root, doms[i]);
		devs = xs_directory(d->xs, XBT_NULL, dir, &m);
		for (j = 0; devs && j < m; j++) {
			char path[64];
			uint16_t domid;
			uint32_t devid;

			if (strlen(devs[j]) > 8 ||
			    (size_t)snprintf(path, sizeof(path), "%s/%s", dir,
					     devs[j]) >= sizeof(path))
				continue;
			if (!xd_parse_backend(path, type, &domid, &devid))
				xd_device_changed(d, type, domid, devid);
		}
		free(devs);
	}
	free(doms);
}

void xd_discover_scan(struct xd_daemon *d)
{
	unsigned int i;

	for (i = 0; d->kinds[i]; i++)
		scan_type(d, d->kinds[i]->type);
}

/* Looks at every known device: xenstore may not have it any more */
static void scan_known(struct xd_daemon *d)
{
	struct xd_device *dev, *next;

	for (dev = LIST_FIRST(&d->devices); dev; dev = next) {
		next = LIST_NEXT(dev, link);
		xd_device_changed(d, dev->ops->type, dev->domid, dev->devid);
	}
}

/* @path is below backend/TYPE, then @token, or below a frontend's directory */
static void follow_event(struct xd_daemon *d, const char *token,
			 const char *path)
{
	struct xd_device *dev;
	const char *type;
	unsigned int i;
	char root[32];
	uint16_t domid;
	uint32_t devid;

	if (!strcmp(token, DOMAIN_GONE))
		xd_device_check_domains(d);
	/* its devices may have been written before */
	if (!strcmp(token, DOMAIN_ADDED))
		xd_discover_scan(d);
	for (i = 0; d->kinds[i]; i++) {
		type = d->kinds[i]->type;
		name_root(root, sizeof(root), type);
		if (strcmp(token, root))
			continue;
		if (!xd_parse_backend(path, type, &domid, &devid)) {
			xd_device_tell(d, type, domid, devid);
		} else {
			scan_type(d, type);
			scan_known(d);
		}
		return;
	}
	dev = xd_device_find(d, token);
	if (dev)
		xd_device_tell(d, dev->ops->type, dev->domid, dev->devid);
}

static void store_event(struct xdc_store_events *e, const char *path,
			const char *token)
{
	follow_event(container_of(e, struct xd_daemon, xs_events), token, path);
}

/* each device once, however many events it had */
static void store_turn_over(struct xdc_store_events *e)
{
	xd_device_look_told(container_of(e, struct xd_daemon, xs_events));
}

static int watch_store(struct xd_daemon *d)
{
	unsigned int i;
	char root[32];

	/* a new watch fires at once, which scans what is there */
	for (i = 0; d->kinds[i]; i++) {
		name_root(root, sizeof(root), d->kinds[i]->type);
		if (!xs_watch(d->xs, root, root))
			return errno ? -errno : -EIO;
	}
	if (d->driver_domain)
		return 0;
	/* toolstacks other than xl may leave the devices of a domain that died */
	if (!xs_watch(d->xs, DOMAIN_ADDED, DOMAIN_ADDED) ||
	    !xs_watch(d->xs, DOMAIN_GONE, DOMAIN_GONE))
		return errno ? -errno : -EIO;
	return 0;
}

int xd_discover_start(struct xd_daemon *d)
{
	char *id;
	int err;

	d->xs = xs_open(XS_UNWATCH_FILTER);
	if (!d->xs)
		return errno ? -errno : -ENODEV;
	id = xs_read(d->xs, XBT_NULL, "domid", NULL);
	d->driver_domain = id && strcmp(id, "0");
	free(id);
	err = watch_store(d);
	if (err)
		return err;
	d->xs_events.event = store_event;
	d->xs_events.turn_over = store_turn_over;
	return xdc_store_events_start(&d->xs_events, &d->loop, d->xs);
}

void xd_discover_stop(struct xd_daemon *d)
{
	if (!d->xs)
		return;
	xdc_store_events_stop(&d->xs_events);
	xs_close(d->xs);
	d->xs = NULL;
}
