// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>

#include "vdispl/dbuf.h"
#include "vdispl/fb.h"
#include "vdispl/frontend.h"
#include "guest.h"

int xd_fb_create(struct xd_frontend *f, struct xd_dbuf *d,
		 const struct xd_fb_desc *desc, struct xd_fb **out)
{
	struct xd_fb *fb;
	int err;

	err = xd_guest_charge_framebuffer(f->guest);
	if (err)
		return err;
	fb = calloc(1, sizeof(*fb));
	if (!fb) {
		xd_guest_uncharge_framebuffer(f->guest);
		return -ENOMEM;
	}
	fb->frontend = f;
	fb->desc = *desc;
	fb->users = 1;
	fb->dbuf = d;
	xd_dbuf_get(d);
	fb->next = f->fbs;
	f->fbs = fb;
	*out = fb;
	return 0;
}

void xd_fb_get(struct xd_fb *fb)
{
	fb->users++;
}

void xd_fb_detach(struct xd_fb *fb)
{
	unsigned int i;

	for (i = 0; i < fb->frontend->nr_connectors; i++)
		xd_screen_forget(&fb->frontend->connectors[i].screen, fb);
	fb->detached = true;
	xd_fb_put(fb);
}

void xd_fb_put(struct xd_fb *fb)
{
	struct xd_fb **p;
	unsigned int i;

	if (!fb || --fb->users)
		return;
	for (p = &fb->frontend->fbs; *p != fb; p = &(*p)->next)
		;
	*p = fb->next;
	for (i = 0; i < XD_CONNECTORS_MAX; i++)
		if (fb->images[i])
			xd_screen_release(&fb->frontend->connectors[i].screen,
					  fb);
	xd_guest_uncharge_framebuffer(fb->frontend->guest);
	xd_dbuf_put(fb->dbuf);
	free(fb);
}
