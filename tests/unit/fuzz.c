// SPDX-License-Identifier: GPL-2.0-only
/* libFuzzer: the parsers of page directories (from a peer) and of reference lists */
#include <stdlib.h>
#include <string.h>

#include "../../lib/directory.h"

struct input {
	const uint8_t *data;
	size_t len;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Page N of the input has reference N + 1; pages beyond it are not granted */
static int fetch_page(void *context, uint32_t ref, uint32_t page[XDL_DIR_WORDS])
{
	const struct input *in = context;
	size_t at = (size_t)(ref - 1) * 64, n;

	if (at >= in->len)
		return -1;
	n = in->len - at;
	memset(page, 0x11, XENDMABUF_PAGE_SIZE);
	memcpy(page, in->data + at, n < 64 ? n : 64);
	return 0;
}

static void fuzz_refs(const char *text, size_t len)
{
	uint32_t *first, *second;
	size_t nr, nr_second;
	char *formatted;

	if (xendmabuf_refs_parse(text, len, &first, &nr))
		return;
	formatted = xendmabuf_refs_format(first, nr);
	if (!formatted ||
	    xendmabuf_refs_parse(formatted, strlen(formatted), &second,
				 &nr_second) ||
	    nr != nr_second || memcmp(first, second, nr * sizeof(*first)))
		abort();
	free(second);
	free(formatted);
	free(first);
}

static void fuzz_directory(const uint8_t *data, size_t len)
{
	struct input in = { .data = data + 2, .len = len - 2 };
	size_t nr = data[0] | data[1] << 8;
	uint32_t *list;

	if (!nr)
		return;
	list = malloc(nr * sizeof(*list));
	if (list)
		xdl_dir_walk(fetch_page, &in, 1, list, nr);
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_refs((const char *)data, len);
	if (len > 2)
		fuzz_directory(data, len);
	return 0;
}
