// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "link/blob.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void xch_blobs_init(struct xch_blobs *b, uint32_t max_bytes)
{
	memset(b, 0, sizeof(*b));
	b->max_bytes = max_bytes;
	b->part = -1;
}

void xch_blobs_clear(struct xch_blobs *b)
{
	while (b->nr)
		close(b->done[--b->nr].fd);
	if (b->part >= 0)
		close(b->part);
	b->part = -1;
	b->part_at = b->part_total = 0;
	b->bytes = 0;
	b->channel = 0;
	b->err = 0;
}

/* A failure is remembered: the other parts are skipped, and the message fails */
static void begin_part(struct xch_blobs *b, uint32_t total, uint64_t room)
{
	b->part_total = total;
	if (b->err)
		return;
	if (total > b->max_bytes)
		b->err = -EFBIG;
	else if (total > room || b->bytes > room - total)
		b->err = -EDQUOT;
	if (b->err)
		return;
	b->bytes += total;
	b->part = memfd_create("xen-channel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (b->part < 0)
		b->err = -errno;
}

static void write_part(struct xch_blobs *b, const struct xch_blob *blob)
{
	ssize_t n = 0;

	if (b->part < 0 || b->err)
		return;
	if (blob->len)
		n = pwrite(b->part, blob->bytes, blob->len, blob->at);
	if (n != (ssize_t)blob->len)
		b->err = n < 0 ? -errno : -ENOMEM;
}

static void end_part(struct xch_blobs *b)
{
	if (b->part >= 0 && fcntl(b->part, F_ADD_SEALS, SEALS))
		b->err = -errno;
	b->done[b->nr].id = b->last_id;
	b->done[b->nr++].fd = b->part;
	b->part = -1;
	b->part_at = b->part_total = 0;
}

int xch_blobs_receive(struct xch_blobs *b, const struct xch_frame *f,
		      uint64_t room)
{
	struct xch_blob blob;

	if (xch_parse_blob(f, &blob))
		return -EPROTO;
	if (b->channel && b->channel != f->channel)
		return -EPROTO;
	b->channel = f->channel;
	if (!blob.at) {
		if (b->part_at || f->arg <= b->last_id ||
		    b->nr == XCH_ATTACHMENTS_MAX)
			return -EPROTO;
		b->last_id = f->arg;
		begin_part(b, blob.total, room);
	} else if (f->arg != b->last_id || blob.at != b->part_at ||
		   blob.total != b->part_total) {
		return -EPROTO;
	}
	write_part(b, &blob);
	b->part_at += (uint32_t)blob.len;
	if (blob.end)
		end_part(b);
	return 0;
}

int xch_blobs_take(struct xch_blobs *b, uint32_t channel, uint32_t id)
{
	unsigned int i;
	int fd;

	for (i = 0; i < b->nr; i++)
		if (b->done[i].id == id)
			break;
	if (i == b->nr || b->channel != channel)
		return -EPROTO;
	if (b->err)
		return b->err;
	fd = b->done[i].fd;
	b->done[i] = b->done[--b->nr];
	return fd;
}
