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
	struct xdc_timer tick;
	uint64_t last; /* when a flip was done last */
	uint64_t period; /* of flips */
	uint32_t width, height;
};

static struct headless *from_output(struct xd_output *o)
{
	return container_of(o, struct headless, output);
}

static void finish_flip(struct xdc_timer *t)
{
	struct headless *h = container_of(t, struct headless, tick);

	h->last = xdc_now();
	h->output.flip_done(&h->output);
}

static void destroy(struct xd_output *o)
{
	xdc_timer_fini(&from_output(o)->tick);
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
	xdc_timer_at(&from_output(o)->tick, 0);
	return 0;
}

static void off(struct xd_output *o)
{
	xdc_timer_at(&from_output(o)->tick, 0);
}

static int flip(struct xd_output *o, struct xd_image *image)
{
	struct headless *h = from_output(o);

	/* fires at once if that time has passed */
	xdc_timer_at(&h->tick, h->last + h->period);
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
	me->last = xdc_now();
	if (policy->rate)
		me->period = XDC_NS_PER_S / policy->rate;
	xdc_timer_init(loop, &me->tick, finish_flip);
	*out = &me->output;
	return 0;
}
