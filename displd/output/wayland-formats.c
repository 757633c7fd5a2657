// SPDX-License-Identifier: GPL-2.0-only
/* Which dma-bufs the compositor takes: of the formats that a guest can have,
 * linear or without a word about how the pixels lie, which means the same to
 * whoever reads memory that no GPU has written.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format.h"
#include "output/wayland-display.h"

#define LINEAR 0ULL
#define IMPLICIT 0x00ffffffffffffffULL

/* The table's entries, as the protocol has them */
struct entry {
	uint32_t fourcc, pad;
	uint64_t modifier;
};

static void note(struct xd_wl *wl, uint32_t fourcc, uint64_t modifier)
{
	struct xd_wl_format *f = wl->formats;
	unsigned int i;

	if ((modifier != LINEAR && modifier != IMPLICIT) ||
	    !xd_format_find(fourcc))
		return;
	for (i = 0; i < wl->nr_formats && f->fourcc != fourcc; i++)
		f++;
	if (i == XD_WL_FORMATS)
		return;
	if (i == wl->nr_formats) {
		*f = (struct xd_wl_format){ .fourcc = fourcc };
		wl->nr_formats++;
	}
	if (modifier == LINEAR)
		f->linear = true;
	else
		f->implicit = true;
}

const struct xd_wl_format *xd_wl_format(const struct xd_wl *wl, uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < wl->nr_formats; i++)
		if (wl->formats[i].fourcc == fourcc)
			return &wl->formats[i];
	return NULL;
}

/* ---- version 3: one event each ---- */

static void format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf,
		   uint32_t fourcc)
{
	/* says nothing that modifier() does not */
}

static void modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf,
		     uint32_t fourcc, uint32_t hi, uint32_t lo)
{
	note(data, fourcc, (uint64_t)hi << 32 | lo);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = format,
	.modifier = modifier,
};

/* ---- from version 4 on: a table, and what of it counts ---- */

static void forget_table(struct xd_wl *wl)
{
	if (wl->table)
		munmap(wl->table, wl->table_size);
	wl->table = NULL;
}

static void table(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback,
		  int32_t fd, uint32_t size)
{
	struct xd_wl *wl = data;
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	forget_table(wl);
	/* what is said from now on replaces what was said before */
	wl->nr_formats = 0;
	if (map == MAP_FAILED)
		return;
	wl->table = map;
	wl->table_size = size;
}

static void done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

static void device(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback,
		   struct wl_array *number)
{
	/* the memory is the guest's: there is no device to choose */
}

static void tranche_formats(void *data,
			    struct zwp_linux_dmabuf_feedback_v1 *feedback,
			    struct wl_array *indices)
{
	struct xd_wl *wl = data;
	const struct entry *entries = wl->table;
	uint16_t *index;

	wl_array_for_each(index, indices)
	{
		if (!entries || *index >= wl->table_size / sizeof(*entries))
			continue;
		note(wl, entries[*index].fourcc, entries[*index].modifier);
	}
}

static void tranche_flags(void *data,
			  struct zwp_linux_dmabuf_feedback_v1 *feedback,
			  uint32_t flags)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = done,
	.format_table = table,
	.main_device = device,
	.tranche_done = done,
	.tranche_target_device = device,
	.tranche_formats = tranche_formats,
	.tranche_flags = tranche_flags,
};

void xd_wl_formats_listen(struct xd_wl *wl, uint32_t version)
{
	zwp_linux_dmabuf_v1_add_listener(wl->dmabuf, &dmabuf_listener, wl);
	if (version < 4)
		return;
	wl->feedback = zwp_linux_dmabuf_v1_get_default_feedback(wl->dmabuf);
	zwp_linux_dmabuf_feedback_v1_add_listener(wl->feedback,
						  &feedback_listener, wl);
}

void xd_wl_formats_fini(struct xd_wl *wl)
{
	forget_table(wl);
	if (wl->feedback)
		zwp_linux_dmabuf_feedback_v1_destroy(wl->feedback);
	if (wl->dmabuf)
		zwp_linux_dmabuf_v1_destroy(wl->dmabuf);
}
