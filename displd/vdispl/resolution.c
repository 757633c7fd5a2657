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

void xd_resolution_keep(struct xd_frontend *f)
{
	char dir[80], text[32];
	unsigned int i;

	for (i = 0; i < XD_CONNECTORS_MAX; i++)
		if (read_text(f, i, dir, sizeof(dir), text, sizeof(text)) ||
		    xd_parse_resolution(text, &f->given[i].width,
					&f->given[i].height))
			break;
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
