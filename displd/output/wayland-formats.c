// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client.h>

#include "format.h"
#include "output/wayland-formats.h"

#include "linux-dmabuf-client-protocol.h"

#define LINEAR 0ULL
#define IMPLICIT 0x00ffffffffffffffULL

/* An entry of the table, as linux-dmabuf lays it out */
struct entry {
	uint32_t fourcc, pad;
	uint64_t modifier;
};

static void note_format(struct xd_wl_formats *fs, uint32_t fourcc,
			uint64_t modifier)
{
	struct xd_wl_format *f = fs->formats;
	unsigned int i;

	if ((modifier != LINEAR && modifier != IMPLICIT) ||
	    !xd_format_find(fourcc))
		return;
	for (i = 0; i < fs->nr && f->fourcc != fourcc; i++)
		f++;
	if (i == XD_WL_FORMATS)
		return;
	if (i == fs->nr) {
		*f = (struct xd_wl_format){ .fourcc = fourcc };
		fs->nr++;
	}
	if (modifier == LINEAR)
		f->linear = true;
	else
		f->implicit = true;
}

const struct xd_wl_format *xd_wl_formats_find(const struct xd_wl_formats *f,
					      uint32_t fourcc)
{
	unsigned int i;

	for (i = 0; i < f->nr; i++)
		if (f->formats[i].fourcc == fourcc)
			return &f->formats[i];
	return NULL;
}

/* ---- linux-dmabuf version 3: an event for each format ---- */

static void format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf,
		   uint32_t fourcc)
{
	/* modifier() says the same and more */
}

static void modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf,
		     uint32_t fourcc, uint32_t hi, uint32_t lo)
{
	note_format(data, fourcc, (uint64_t)hi << 32 | lo);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = format,
	.modifier = modifier,
};

/* ---- version 4 and later: a table, and indices into it ---- */

static void unmap_table(struct xd_wl_formats *f)
{
	if (f->table)
		munmap(f->table, f->table_size);
	f->table = NULL;
}

static void format_table(void *data,
			 struct zwp_linux_dmabuf_feedback_v1 *feedback,
			 int32_t fd, uint32_t size)
{
	struct xd_wl_formats *f = data;
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	close(fd);
	unmap_table(f);
	/* a new table replaces everything announced before */
	f->nr = 0;
	if (map == MAP_FAILED)
		return;
	f->table = map;
	f->table_size = size;
}

static void done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

static void ignore_device(void *data,
			  struct zwp_linux_dmabuf_feedback_v1 *feedback,
			  struct wl_array *number)
{
	/* the memory is the guest's: no device allocates it */
}

static void tranche_formats(void *data,
			    struct zwp_linux_dmabuf_feedback_v1 *feedback,
			    struct wl_array *indices)
{
	struct xd_wl_formats *f = data;
	const struct entry *entries = f->table;
	uint16_t *index;

	wl_array_for_each(index, indices) {
		if (!entries || *index >= f->table_size / sizeof(*entries))
			continue;
		note_format(f, entries[*index].fourcc,
			    entries[*index].modifier);
	}
}

static void tranche_flags(void *data,
			  struct zwp_linux_dmabuf_feedback_v1 *feedback,
			  uint32_t flags)
{
}

static const struct zwp_linux_dmabuf_feedback_v1_listener feedback_listener = {
	.done = done,
	.format_table = format_table,
	.main_device = ignore_device,
	.tranche_done = done,
	.tranche_target_device = ignore_device,
	.tranche_formats = tranche_formats,
	.tranche_flags = tranche_flags,
};

void xd_wl_formats_listen(struct xd_wl_formats *f,
			  struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t version)
{
	zwp_linux_dmabuf_v1_add_listener(dmabuf, &dmabuf_listener, f);
	if (version < 4)
		return;
	f->feedback = zwp_linux_dmabuf_v1_get_default_feedback(dmabuf);
	zwp_linux_dmabuf_feedback_v1_add_listener(f->feedback,
						  &feedback_listener, f);
}

void xd_wl_formats_fini(struct xd_wl_formats *f)
{
	unmap_table(f);
	if (f->feedback)
		zwp_linux_dmabuf_feedback_v1_destroy(f->feedback);
	f->feedback = NULL;
}
