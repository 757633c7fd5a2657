// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: what a peer has written in xenstore.  The first byte says which nodes
 * there are, then their values follow, separated by newlines.  What is valid is
 * written again, and reads the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake-store.h"
#include "meeting.h"

#define PEER 7
#define SELF 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool good)
{
	if (!good)
		abort();
}

static void set_nodes(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "version", "generation",
					     "bound-to", "ring-refs",
					     "event-channel" };
	char text[2048], dir[XCH_MEETING_PATH], path[128], *rest = text;
	const char *value;
	size_t i;

	if (len > sizeof(text) - 1)
		len = sizeof(text) - 1;
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	xch_meeting_path(dir, PEER, SELF);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		value = strsep(&rest, "\n");
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (data[0] & 1 << i)
			store_set(path, value ? value : "");
	}
}

static void check_meeting(const struct xch_meeting *m)
{
	unsigned int i;

	must(strlen(m->generation) == XCH_GENERATION - 1);
	must(!*m->bound_to || strlen(m->bound_to) == XCH_GENERATION - 1);
	for (i = 0; i < XCH_TRANSPORT_REFS && m->offers; i++)
		must(m->offer.refs[i] >= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct xch_meeting first, second;
	struct xs_handle *xs;
	int err;

	if (!len)
		return 0;
	store_reset();
	/* dom0 may read all of it: what is tested is the parser */
	store_domid = 0;
	xs = xs_open(0);
	set_nodes(data, len);
	err = xch_meeting_read(xs, PEER, SELF, &first);
	must(!err || err == -ENOENT || err == -EPROTO ||
	     err == -EPROTONOSUPPORT);
	if (!err) {
		check_meeting(&first);
		must(!xch_meeting_write(xs, PEER, SELF, &first));
		must(!xch_meeting_read(xs, PEER, SELF, &second));
		must(!memcmp(&first, &second, sizeof(first)));
	}
	xs_close(xs);
	return 0;
}
