// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "common/store.h"
#include "daemon.h"
#include "guest.h"
#include "vdispl/frontend.h"
#include "vdispl/resolution.h"

static int read_text(const struct xd_frontend *f, unsigned int index, char *dir,
		     size_t dir_len, char *text, uint32_t len)
{
	snprintf(dir, dir_len, "%s/%u", f->dev.fe_path, index);
	return xdc_store_text(f->daemon->xs, dir, XENDISPL_FIELD_RESOLUTION,
			      text, len);
}

/*
 * Notes for a daemon that is started later: nodes in the backend's directory, which
 * the guest cannot write.  The toolstack removes them with the directory.
 */
static void name_note(char *name, size_t len, unsigned int index)
{
	snprintf(name, len, XENDISPL_FIELD_RESOLUTION "-%u", index);
}

/* ENOENT: there is no note, or the guest may have written it */
static int read_note(const struct xd_frontend *f, unsigned int index,
		     uint32_t *w, uint32_t *h)
{
	struct xs_handle *xs = f->daemon->xs;
	char name[32], text[32];

	name_note(name, sizeof(name), index);
	if (xdc_store_text(xs, f->dev.be_path, name, text, sizeof(text)) ||
	    !xdc_store_protected(xs, f->dev.be_path, name, f->domid))
		return -ENOENT;
	return xd_parse_resolution(text, w, h);
}

static void write_note(const struct xd_frontend *f, unsigned int index,
		       const char *text)
{
	char name[32];

	name_note(name, sizeof(name), index);
	xdc_store_write(f->daemon->xs, f->dev.be_path, name, text);
}

void xd_resolution_keep(struct xd_frontend *f)
{
	char dir[80], text[32];
	unsigned int i;

	for (i = 0; i < XD_CONNECTORS_MAX; i++)
		if (read_note(f, i, &f->given[i].width, &f->given[i].height))
			break;
	/* an earlier daemon has served this display */
	if (i)
		return;
	for (i = 0; i < XD_CONNECTORS_MAX; i++) {
		if (read_text(f, i, dir, sizeof(dir), text, sizeof(text)) ||
		    xd_parse_resolution(text, &f->given[i].width,
					&f->given[i].height))
			break;
		write_note(f, i, text);
	}
}

void xd_resolution_forget(struct xd_frontend *f)
{
	uint32_t w, h;
	unsigned int i;

	for (i = 0; i < XD_CONNECTORS_MAX && !read_note(f, i, &w, &h); i++)
		write_note(f, i, "");
}

/* The guest has changed the node after the toolstack wrote it */
static void warn_changed(struct xd_frontend *f, unsigned int index,
			 const char *dir, const char *text)
{
	char place[XD_PLACE_TEXT];

	xd_guest_log(f->guest, XDC_WARNING,
		     "connector %s: %s/" XENDISPL_FIELD_RESOLUTION
		     " was changed to '%s'; the size remains %ux%u",
		     xd_place_format(place, XD_PLACE(f->devid, index)), dir,
		     text, f->given[index].width, f->given[index].height);
}

int xd_resolution_find(struct xd_frontend *f, unsigned int index, uint32_t *w,
		       uint32_t *h, struct xdc_reason *why)
{
	char dir[80], text[32];
	int err;
	bool kept = f->given[index].width;

	err = read_text(f, index, dir, sizeof(dir), text, sizeof(text));
	if (err && !kept)
		return xdc_reason_set(why, err, "no node %s/%s", dir,
				      XENDISPL_FIELD_RESOLUTION);
	if (!err)
		err = xd_parse_resolution(text, w, h);
	if (!kept)
		return err ? xdc_reason_set(
				     why, err,
				     "%s/%s is '%s', and must be WIDTHxHEIGHT, such as 800x600",
				     dir, XENDISPL_FIELD_RESOLUTION, text)
			   : 0;
	if (!err && *w == f->given[index].width && *h == f->given[index].height)
		return 0;
	/* check after reading: what a guest wrote it can still write */
	if (!err && xdc_store_protected(f->daemon->xs, dir,
					XENDISPL_FIELD_RESOLUTION, f->domid))
		return 0;
	warn_changed(f, index, dir, err == -ENOENT ? "" : text);
	*w = f->given[index].width;
	*h = f->given[index].height;
	return 0;
}
