// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer: the parsers of rings, directories and nodes that a guest writes */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/displif.h>

#include "common/number.h"
#include "vdispl/copy.h"
#include "vdispl/dir.h"
#include "vdispl/proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *data;
	size_t len;
	uint32_t page[1024];
	int mapped;
};

/* The page of reference N + 1 is the input from byte N on */
static uint32_t *map_page(void *context, uint32_t ref)
{
	struct input *in = context;
	size_t n;

	if (!ref || ref > in->len)
		return NULL;
	if (in->mapped++)
		abort();
	n = in->len - (ref - 1);
	memset(in->page, 0, sizeof(in->page));
	memcpy(in->page, in->data + ref - 1,
	       n < sizeof(in->page) ? n : sizeof(in->page));
	return in->page;
}

static void unmap_page(void *context, uint32_t *page)
{
	struct input *in = context;

	in->mapped--;
}

static void fuzz_directory(const uint8_t *data, size_t len)
{
	static const struct xd_dir_pages_ops ops = { map_page, unmap_page };
	static const uint32_t refs[8192];
	struct input in = { .data = data, .len = len };

	xd_dir_write(&ops, &in, data[0], refs,
		     (data[0] | (uint32_t)data[1] << 8) % 8192);
	if (in.mapped)
		abort();
}

/* Read an accepted framebuffer up to its last byte */
static void read_all(const struct xd_fb_desc *fb, const struct xd_dbuf_desc *d)
{
	uint32_t row[64];
	struct xd_rows dst = { row, 16, 4, 4 };
	struct xd_rows src = { NULL, fb->pitch, fb->width, fb->height };
	uint8_t *memory;

	if (d->size > 1 << 20)
		return;
	/* allocated in its exact size, so that the sanitizer sees an overrun */
	memory = malloc(d->size);
	if (!memory)
		return;
	memset(memory, 1, d->size);
	src.pixels = memory + fb->offset;
	xd_copy(&dst, &src, fb->format, 0, 0);
	xd_copy(&dst, &src, fb->format, fb->width - 1, fb->height - 1);
	xd_copy(&dst, &src, fb->format, fb->width / 2,
		fb->height > 4 ? fb->height - 4 : 0);
	free(memory);
}

static void fuzz_requests(const uint8_t *data, size_t len)
{
	struct xendispl_req create, attach;
	struct xd_dbuf_desc d;
	struct xd_fb_desc fb;
	struct xd_mode_desc m;
	uint32_t size, gref;

	if (len < 2 * sizeof(create))
		return;
	memcpy(&create, data, sizeof(create));
	memcpy(&attach, data + sizeof(create), sizeof(attach));
	xd_proto_set_config(&create, &m);
	xd_proto_get_edid(&create, &size, &gref);
	xd_proto_op_name(create.operation);
	if (xd_proto_dbuf_create(&create, &d))
		return;
	if (!d.pages || d.pages > XD_BUFFER_PAGES_MAX || d.offset >= d.size)
		abort();
	if (!xd_proto_fb_attach(&attach, &fb) && !xd_proto_fit(&fb, &d))
		read_all(&fb, &d);
}

static void fuzz_texts(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1);
	uint32_t w, h;
	uint16_t domid;

	if (!text)
		return;
	memcpy(text, data, len);
	text[len] = '\0';
	if (!xd_parse_resolution(text, &w, &h) &&
	    (!w || !h || w > XD_SIDE_MAX || h > XD_SIDE_MAX))
		abort();
	xdc_parse_number(text, UINT32_MAX, &w);
	xd_parse_backend(text, "vdispl", &domid, &w);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_texts(data, len);
	fuzz_requests(data, len);
	if (len >= 2)
		fuzz_directory(data, len);
	return 0;
}
