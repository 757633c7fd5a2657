// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a peer that writes anywhere in the control page at any time.  Six
 * bytes a step: an action, a number, and four bytes that are written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "link/ring.h"

#define STEP 6
#define SIZE XCH_PAGE

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static union {
	struct xch_ring_control control;
	uint32_t words[XCH_PAGE / 4];
} page;
static struct xch_ring ring;
/* allocated, so that the sanitizer sees an access behind its end */
static uint8_t *out, *in;
/* the expected state, kept apart from the peer's page */
static uint32_t produced, consumed;

static void must(bool good)
{
	if (!good)
		abort();
}

static void attach_ring(void)
{
	struct xch_ring_memory memory = {
		.control = &page.control,
		.bytes = { out, in },
		.pages = 1,
	};

	xch_ring_format(&memory);
	must(!xch_ring_attach(&ring, &memory, XCH_SERVER));
	produced = consumed = 0;
}

static void write_bytes(size_t len)
{
	static const uint8_t data[2 * SIZE];
	uint32_t read = page.control.from[XCH_SERVER].receiver.index;
	ssize_t n = xch_ring_write(&ring, data, len);

	if (n < 0) {
		must(n == -EPROTO);
		attach_ring();
		return;
	}
	must(produced - read <= SIZE && (size_t)n <= len);
	must((size_t)n == len || n == (ssize_t)(SIZE - (produced - read)));
	produced += (uint32_t)n;
}

static void read_bytes(size_t len)
{
	static uint8_t data[2 * SIZE];
	uint32_t written = page.control.from[XCH_CLIENT].sender.index;
	ssize_t n = xch_ring_read(&ring, data, len);

	if (n < 0) {
		must(n == -EPROTO);
		attach_ring();
		return;
	}
	must(written - consumed <= SIZE && (size_t)n <= len);
	must((size_t)n == len || n == (ssize_t)(written - consumed));
	consumed += (uint32_t)n;
}

static void run_step(const uint8_t *d)
{
	uint32_t v;

	memcpy(&v, d + 2, sizeof(v));
	switch (d[0] % 8) {
	case 0:
		page.words[d[1] % 80] = v;
		break;
	case 1:
		/* as the protocol wants it */
		page.control.from[XCH_CLIENT].sender.index += d[1];
		break;
	case 2:
		page.control.from[XCH_SERVER].receiver.index += d[1];
		break;
	case 3:
		write_bytes(v % (2 * SIZE));
		break;
	case 4:
		read_bytes(v % (2 * SIZE));
		break;
	case 5:
		xch_ring_flush(&ring);
		must(page.control.from[XCH_SERVER].sender.index == produced ||
		     ring.published == produced);
		break;
	case 6:
		if (xch_ring_await_bytes(&ring) < 0)
			attach_ring();
		break;
	case 7:
		if (xch_ring_await_room(&ring) < 0)
			attach_ring();
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t i;

	if (!out)
		out = calloc(1, SIZE);
	if (!in)
		in = calloc(1, SIZE);
	must(out && in);
	attach_ring();
	for (i = 0; i + STEP <= len; i += STEP)
		run_step(data + i);
	return 0;
}
