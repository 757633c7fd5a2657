// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "frontend.h"
#include "log.h"
#include "proto.h"
#include "xs.h"

/* relative: below this domain's own home, whichever domain it is */
#define ROOT "backend/vdispl"
/* a turn's share; what is left stays readable */
#define EVENTS_A_TURN 64

static int join(char *path, size_t len, const char *dir, const char *name)
{
	int n = snprintf(path, len, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static char *read_value(struct xd_daemon *d, const char *dir, const char *name)
{
	char path[192];

	if (join(path, sizeof(path), dir, name))
		return NULL;
	/* NUL-terminated by libxenstore, whatever else is in it */
	return xs_read(d->xs, XBT_NULL, path, NULL);
}

int xd_xs_number(struct xd_daemon *d, const char *dir, const char *name,
		 uint32_t max, uint32_t *out)
{
	char *text = read_value(d, dir, name);
	int err;

	if (!text)
		return -ENOENT;
	err = xd_parse_number(text, max, out);
	free(text);
	return err;
}

int xd_xs_text(struct xd_daemon *d, const char *dir, const char *name,
	       char *buf, uint32_t len)
{
	char *text = read_value(d, dir, name);
	char *p;

	if (!text)
		return -ENOENT;
	snprintf(buf, len, "%s", text);
	free(text);
	for (p = buf; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	return 0;
}

/*
 * A toolstack removes directories when it likes, and a write would make them
 * again, for good.
 */
static int write_once(struct xd_daemon *d, const char *dir, const char *path,
		      const char *value)
{
	xs_transaction_t t = xs_transaction_start(d->xs);
	char known[192];
	char *id = NULL;
	bool good = false;

	if (t == XBT_NULL)
		return errno ? -errno : -EIO;
	if (!join(known, sizeof(known), dir, "frontend-id"))
		id = xs_read(d->xs, t, known, NULL);
	if (id)
		good = xs_write(d->xs, t, path, value,
				(unsigned int)strlen(value));
	free(id);
	if (!xs_transaction_end(d->xs, t, !good))
		return errno ? -errno : -EIO;
	return good ? 0 : -ENOENT;
}

int xd_xs_write(struct xd_daemon *d, const char *dir, const char *name,
		const char *value)
{
	char path[192];
	int err = join(path, sizeof(path), dir, name);
	unsigned int tries;

	for (tries = 0; !err && tries < 10; tries++) {
		err = write_once(d, dir, path, value);
		if (err != -EAGAIN)
			return err;
		err = 0;
	}
	return err ? err : -EAGAIN;
}

int xd_xs_exists(struct xd_daemon *d, const char *dir)
{
	/* writing below a directory that went would make it again */
	char *id = read_value(d, dir, "frontend-id");

	free(id);
	return id != NULL;
}

void xd_xs_watch(struct xd_daemon *d, const char *dir)
{
	if (!xs_watch(d->xs, dir, dir))
		xd_log(XD_ERROR, "xenstore does not watch %s: %s", dir,
		       strerror(errno));
}

void xd_xs_unwatch(struct xd_daemon *d, const char *dir)
{
	xs_unwatch(d->xs, dir, dir);
}

/* Everything that is there, and everything that was */
static void scan(struct xd_daemon *d)
{
	struct xd_frontend *f, *next;
	unsigned int n, m, i, j;
	char dir[64];
	char **doms = xs_directory(d->xs, XBT_NULL, ROOT, &n);

	for (i = 0; doms && i < n; i++) {
		char **devs;

		if (strlen(doms[i]) > 8)
			continue;
		snprintf(dir, sizeof(dir), ROOT "/%s", doms[i]);
		devs = xs_directory(d->xs, XBT_NULL, dir, &m);
		for (j = 0; devs && j < m; j++) {
			char path[64];
			uint16_t domid;
			uint32_t devid;

			if (strlen(devs[j]) > 8 ||
			    join(path, sizeof(path), dir, devs[j]))
				continue;
			if (!xd_parse_backend(path, &domid, &devid))
				xd_frontend_changed(d, domid, devid);
		}
		free(devs);
	}
	free(doms);
	for (f = d->frontends; f; f = next) {
		next = f->next;
		xd_frontend_changed(d, f->domid, f->devid);
	}
}

/* "/local/domain/N/device/vdispl/M[/...]" of a frontend that we know */
static void frontend_event(struct xd_daemon *d, const char *token)
{
	struct xd_frontend *f;

	for (f = d->frontends; f; f = f->next) {
		if (strncmp(token, f->fe_path, strlen(f->fe_path)))
			continue;
		if (token[strlen(f->fe_path)] != '/')
			continue;
		xd_frontend_changed(d, f->domid, f->devid);
		return;
	}
}

static void xs_ready(struct xd_source *s, uint32_t events)
{
	struct xd_daemon *d =
		(struct xd_daemon *)((char *)s -
				     offsetof(struct xd_daemon, xs_events));
	uint16_t domid;
	uint32_t devid;
	unsigned int i;

	if (events & (EPOLLHUP | EPOLLERR)) {
		xd_log(XD_ERROR, "xenstore has gone away");
		xd_loop_stop(&d->loop);
		return;
	}
	for (i = 0; i < EVENTS_A_TURN; i++) {
		char **event = xs_check_watch(d->xs);

		if (!event)
			return;
		xd_log(XD_DEBUG, "xenstore: %s", event[XS_WATCH_PATH]);
		if (strcmp(event[XS_WATCH_TOKEN], ROOT))
			frontend_event(d, event[XS_WATCH_TOKEN]);
		else if (!xd_parse_backend(event[XS_WATCH_PATH], &domid,
					   &devid))
			xd_frontend_changed(d, domid, devid);
		else
			scan(d);
		free(event);
	}
}

int xd_xs_start(struct xd_daemon *d)
{
	int err;

	d->xs_events.fd = -1;
	d->xs = xs_open(XS_UNWATCH_FILTER);
	if (!d->xs)
		return errno ? -errno : -ENODEV;
	/* its first event, at once, makes us look at what is there */
	if (!xs_watch(d->xs, ROOT, ROOT))
		return errno ? -errno : -EIO;
	d->xs_events.fd = xs_fileno(d->xs);
	d->xs_events.ready = xs_ready;
	err = xd_loop_add(&d->loop, &d->xs_events, EPOLLIN);
	if (err)
		d->xs_events.fd = -1;
	return err;
}

void xd_xs_stop(struct xd_daemon *d)
{
	if (!d->xs)
		return;
	xd_loop_remove(&d->loop, &d->xs_events);
	d->xs_events.fd = -1;
	xs_close(d->xs);
	d->xs = NULL;
}
