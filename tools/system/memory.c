// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xendmabuf.h>

#include "system/memory.h"

static const struct source {
	unsigned int source;
	const char *name;
	const char *path; /* NULL: a card in /dev/dri */
} sources[] = {
	{ XENDMABUF_ALLOC_HEAP, "dma-heap", "/dev/dma_heap/system" },
	{ XENDMABUF_ALLOC_UDMABUF, "udmabuf", "/dev/udmabuf" },
	{ XENDMABUF_ALLOC_DUMB, "vgem", NULL },
};

#define NR_SOURCES (sizeof(sources) / sizeof(sources[0]))

/* Whether a page can be allocated; 0 or -errno */
static int try_source(unsigned int source)
{
	int fd, err = xendmabuf_alloc(XENDMABUF_PAGE_SIZE, source, &fd);

	if (!err)
		close(fd);
	return err;
}

__attribute__((format(printf, 3, 4))) static void append(char *text, size_t len,
							 const char *fmt, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + used, len - used, fmt, args);
	va_end(args);
}

unsigned int xt_memory_sources(char *text, size_t len)
{
	unsigned int n = 0;
	size_t i;

	*text = '\0';
	for (i = 0; i < NR_SOURCES; i++)
		if (!try_source(sources[i].source))
			append(text, len, "%s%s", n++ ? " and " : "",
			       sources[i].name);
	return n;
}

#define LOAD_ONE \
	"as root: modprobe udmabuf, or use a kernel with DMABUF_HEAPS_SYSTEM"
#define UNTOUCHABLE \
	"use a kernel with udmabuf or dma-heaps (such as Debian 13's), or make this a PVH guest"
#define JOIN_CARD \
	"add this user to the group of vgem's card in /dev/dri and log in again, or run as root"

/* vgem has no node of its own: its card has the next free number in /dev/dri */
static void vgem_refused(int err, struct xt_refusal *r)
{
	*r = (struct xt_refusal){ .advice = LOAD_ONE };
	if (!err)
		*r = (struct xt_refusal){
			.why = "programs in a PV guest without hardware cannot access vgem's memory",
			.advice = UNTOUCHABLE,
		};
	else if (xt_node_denied(err))
		*r = (struct xt_refusal){
			.why = "this user may not open vgem's card in /dev/dri",
			.advice = JOIN_CARD,
		};
	else if (err == -ENODEV)
		snprintf(r->why, sizeof(r->why), "vgem is not loaded");
	else
		snprintf(r->why, sizeof(r->why), "vgem: %s", strerror(-err));
}

static void source_refused(const struct source *s, int err,
			   struct xt_refusal *r)
{
	if (s->path)
		xt_node_refused(s->path, err, LOAD_ONE, r);
	else
		vgem_refused(err, r);
}

/* How well the advice helps: joining a group takes less than becoming root */
static int rank_advice(const struct source *s, int err)
{
	if (xt_node_denied(err))
		return s->path && xt_node_group(s->path) ? 3 : 2;
	return err ? 0 : 1;
}

void xt_memory_refused(unsigned int source, struct xt_refusal *r)
{
	struct xt_refusal one;
	int err, rank, best = -1;
	size_t i;

	*r = (struct xt_refusal){ 0 };
	for (i = 0; i < NR_SOURCES; i++) {
		if (source != XENDMABUF_ALLOC_ANY &&
		    source != sources[i].source)
			continue;
		err = try_source(sources[i].source);
		if (!err && sources[i].path)
			continue;
		source_refused(&sources[i], err, &one);
		append(r->why, sizeof(r->why), "%s%s", *r->why ? "; " : "",
		       one.why);
		rank = rank_advice(&sources[i], err);
		if (rank <= best)
			continue;
		best = rank;
		memcpy(r->advice, one.advice, sizeof(r->advice));
	}
}
