// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common/log.h"
#include "format.h"
#include "output/wayland-formats.h"

#include "linux-dmabuf-client-protocol.h"

#define LINEAR 0ULL
#define IMPLICIT 0x00ffffffffffffffULL
/* an index has 16 bits */
#define ENTRIES_MAX 65536U

/* An entry of the table, as linux-dmabuf lays it out */
struct entry {
	uint32_t fourcc, pad;
	uint64_t modifier;
};

static void note_format(struct xd_wl_format_list *list, uint32_t fourcc,
			uint64_t modifier)
{
	struct xd_wl_format *f = list->formats;
	unsigned int i;

	if ((modifier != LINEAR && modifier != IMPLICIT) ||
	    !xd_format_find(fourcc))
		return;
	for (i = 0; i < list->nr && f->fourcc != fourcc; i++)
		f++;
	if (i == XD_WL_FORMATS)
		return;
	if (i == list->nr) {
		*f = (struct xd_wl_format){ .fourcc = fourcc };
		list->nr++;
	}
	if (modifier == LINEAR)
		f->linear = true;
	else
		f->implicit = true;
}

const struct xd_wl_format *xd_wl_formats_find(const struct xd_wl_formats *f,
					      uint32_t fourcc)
{
	const struct xd_wl_format_list *list = &f->list;
	unsigned int i;

	for (i = 0; i < list->nr; i++)
		if (list->formats[i].fourcc == fourcc)
			return &list->formats[i];
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
	struct xd_wl_formats *f = data;

	note_format(&f->list, fourcc, (uint64_t)hi << 32 | lo);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = format,
	.modifier = modifier,
};

/* ---- version 4 and later: a table, and indices into it ---- */

static void drop_table(struct xd_wl_formats *f)
{
	free(f->table);
	f->table = NULL;
	f->table_size = 0;
}

/*
 * The file is copied, not mapped: to read a mapping of it would raise SIGBUS if it is
 * shorter than announced.  It must be in memory, which only such files have seals
 * for: to read another, as of a FUSE file system, could take for ever.
 */
static int read_table(struct xd_wl_formats *f, int fd, uint32_t size)
{
	size_t len = size / sizeof(struct entry) * sizeof(struct entry);
	ssize_t n;

	if (fcntl(fd, F_GET_SEALS) < 0)
		return -errno;
	if (len > ENTRIES_MAX * sizeof(struct entry))
		len = ENTRIES_MAX * sizeof(struct entry);
	f->table = malloc(len);
	if (len && !f->table)
		return -ENOMEM;
	n = pread(fd, f->table, len, 0);
	if (n < 0)
		return -errno;
	f->table_size = (size_t)n;
	return f->table_size < len ? -ENODATA : 0;
}

static void format_table(void *data,
			 struct zwp_linux_dmabuf_feedback_v1 *feedback,
			 int32_t fd, uint32_t size)
{
	struct xd_wl_formats *f = data;
	int err;

	drop_table(f);
	err = read_table(f, fd, size);
	close(fd);
	if (err)
		xdc_log(XDC_WARNING,
			"compositor's table of dma-buf formats: %zu of %u bytes readable: %s",
			f->table_size, size, strerror(-err));
}

static void tranche_done(void *data,
			 struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
}

/* A complete feedback replaces everything announced before */
static void done(void *data, struct zwp_linux_dmabuf_feedback_v1 *feedback)
{
	struct xd_wl_formats *f = data;

	f->list = f->coming;
	f->coming.nr = 0;
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
		if (*index >= f->table_size / sizeof(*entries))
			continue;
		note_format(&f->coming, entries[*index].fourcc,
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
	.tranche_done = tranche_done,
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
	drop_table(f);
	if (f->feedback)
		zwp_linux_dmabuf_feedback_v1_destroy(f->feedback);
	f->feedback = NULL;
}
