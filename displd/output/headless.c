// SPDX-License-Identifier: GPL-2.0-only
/* Takes frames at a fixed rate and shows them nowhere. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/container_of.h"
#include "common/loop.h"
#include "output/headless.h"

struct headless {
	struct xd_output output;
	struct xdc_loop *loop;
	struct xdc_work done; /* a flip is under way, until the end of the turn */
	uint32_t width, height;
};

static struct headless *from_output(struct xd_output *o)
{
	return container_of(o, struct headless, output);
}

static void finish_flip(struct xdc_work *w)
{
	struct headless *h = container_of(w, struct headless, done);

	h->output.flip_done(&h->output);
}

static void forget_flip(struct headless *h)
{
	xdc_loop_cancel(h->loop, &h->done);
}

static void destroy(struct xd_output *o)
{
	forget_flip(from_output(o));
	free(o);
}

static int import(struct xd_output *o, const struct xd_picture *pic,
		  struct xd_image **image)
{
	struct xd_image *i = calloc(1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	i->width = pic->width;
	i->height = pic->height;
	*image = i;
	return 0;
}

static int shadow(struct xd_output *o, struct xd_image **image)
{
	struct headless *h = from_output(o);
	struct xd_image *i = calloc(1, sizeof(*i));

	if (!i)
		return -ENOMEM;
	i->width = h->width;
	i->height = h->height;
	i->pitch = h->width * 4;
	i->pixels = calloc(i->height, i->pitch);
	if (!i->pixels) {
		free(i);
		return -ENOMEM;
	}
	*image = i;
	return 0;
}

static void release(struct xd_output *o, struct xd_image *image)
{
	free(image->pixels);
	free(image);
}

static int show(struct xd_output *o, struct xd_image *image, uint32_t x,
		uint32_t y)
{
	forget_flip(from_output(o));
	return 0;
}

static void off(struct xd_output *o)
{
	forget_flip(from_output(o));
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	struct headless *h = from_output(o);

	xdc_loop_later(h->loop, &h->done);
	return 0;
}

static void describe(const struct xd_output *o, char *buf, size_t len,
		     uint32_t *w, uint32_t *h)
{
	const struct headless *me =
		container_of(o, const struct headless, output);

	snprintf(buf, len, "headless");
	*w = me->width;
	*h = me->height;
}

static const struct xd_output_ops ops = {
	.name = "headless",
	.destroy = destroy,
	.import = import,
	.shadow = shadow,
	.release = release,
	.show = show,
	.off = off,
	.flip = flip,
	.describe = describe,
};

int xd_headless_open(struct xdc_loop *loop, const struct xd_policy *policy,
		     uint32_t w, uint32_t h, struct xd_output **out,
		     struct xdc_reason *why)
{
	struct headless *me = calloc(1, sizeof(*me));

	if (!me)
		return xdc_reason_set(why, -ENOMEM, "out of memory");
	me->output.ops = &ops;
	me->width = w;
	me->height = h;
	me->loop = loop;
	me->done.run = finish_flip;
	if (policy->rate)
		me->output.period = XDC_NS_PER_S / policy->rate;
	*out = &me->output;
	return 0;
}
