// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer: a guest that sends anything to a bridge that has objects of every kind,
 * and a compositor that sends events meanwhile.  A step is an action, an id, an
 * opcode and a number of bytes for the arguments.  scene.c looks at what leaves.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/client/events.h"
#include "host/policy/config.h"
#include "scene.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take_byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static uint32_t take_word(struct input *in)
{
	uint32_t v = take_byte(in);

	v |= (uint32_t)take_byte(in) << 8;
	v |= (uint32_t)take_byte(in) << 16;
	return v | (uint32_t)take_byte(in) << 24;
}

/* Mostly one of those that are in use, or close to them */
static uint32_t take_id(struct input *in)
{
	uint8_t v = take_byte(in);

	if (v < 64)
		return v;
	/* objects of the clipboard */
	if (v < 80)
		return v + 36;
	if (v < 128)
		return XWL_SERVER_IDS + v % 8;
	return v < 192 ? v * 80U : take_word(in);
}

/* Small, or close to the limits of a number */
static uint32_t take_number(struct input *in)
{
	uint8_t v = take_byte(in);

	if (v < 128)
		return v;
	return v < 160 ? (uint32_t)-(v - 127) : take_word(in);
}

static void take_text(struct input *in, struct xwl_arg *a, char *text,
		      size_t size)
{
	size_t i, len = take_byte(in) % (size - 1);

	for (i = 0; i < len; i++)
		text[i] = (char)take_byte(in);
	text[len] = '\0';
	xwl_arg_text(a, text);
}

static void push_memory(uint8_t kind)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, kind & 1 ? 65536 : 0) ||
	    fcntl(fd, F_ADD_SEALS, kind & 2 ? F_SEAL_SHRINK : 0))
		abort();
	xwl_fds_push(&scene.fds, fd);
}

/* Memory of some kind, or an end of what the clipboard goes through */
static void push_file(uint8_t kind)
{
	int ends[2];

	if (kind & 8) {
		if (kind & 1 ? pipe2(ends, O_CLOEXEC)
			     : socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
			abort();
		close(ends[0]);
		xwl_fds_push(&scene.fds, ends[1]);
	} else {
		push_memory(kind);
	}
}

static ssize_t build_message(struct input *in, const struct wl_message *table,
			     uint32_t id, uint16_t opcode, uint32_t *words,
			     size_t size)
{
	static char texts[4][128];
	unsigned int i, nr_texts = 0;
	struct xwl_message m;

	if (xwl_message_begin(table, id, opcode, &m))
		abort();
	for (i = 0; i < m.nr_args; i++) {
		struct xwl_arg *a = &m.args[i];

		if (a->type == 's')
			take_text(in, a, texts[nr_texts++ % 4],
				  sizeof(texts[0]));
		else if (a->type == 'h')
			push_file(take_byte(in));
		else if (a->type == 'o' || a->type == 'n')
			a->u = take_id(in);
		else if (a->type != 'a')
			a->u = take_number(in);
	}
	return xwl_message_write(&m, words, size);
}

static int send_request(struct input *in)
{
	uint32_t words[XWL_MESSAGE_MAX / 4] = { 0 }, id = take_id(in);
	const struct xwl_object *o = xwl_objects_known(&scene.bridge.guest, id);
	uint8_t opcode = take_byte(in);
	ssize_t len;

	if (!o || !o->interface->method_count) {
		words[0] = id;
		words[1] = 8U << 16 | opcode;
		return guest_raw(words, 2);
	}
	opcode %= (uint8_t)o->interface->method_count;
	len = build_message(in, &o->interface->methods[opcode], id, opcode,
			    words, sizeof(words));
	return len < 0 ? 0 : guest_raw(words, (unsigned int)len / 4);
}

/* A compositor keeps to its protocol, but for the ids and numbers that it sends */
static int send_event(struct input *in)
{
	uint32_t words[XWL_MESSAGE_MAX / 4], id = take_id(in);
	const struct xwl_object *o =
		xwl_objects_known(&scene.bridge.compositor, id);
	uint8_t opcode = take_byte(in);
	struct xwl_header h;
	ssize_t len;

	if (!o || !o->interface->event_count)
		return 0;
	opcode %= (uint8_t)o->interface->event_count;
	len = build_message(in, &o->interface->events[opcode], id, opcode,
			    words, sizeof(words));
	if (len < 0 || xwl_header_read(words, (size_t)len, &h))
		return 0;
	return xwl_events_take(&scene.bridge, &h, (uint8_t *)words, &scene.fds);
}

static int send_buffer(struct input *in)
{
	static uint8_t bytes[XWL_RECORD_MAX];
	struct xwl_record r = { .type = XWL_BUFFER };

	r.buffer.id = take_id(in);
	r.buffer.flags = take_byte(in) & 3;
	r.buffer.offset = take_number(in);
	r.buffer.width = (int32_t)take_number(in);
	r.buffer.height = (int32_t)take_number(in);
	r.buffer.stride = (int32_t)take_number(in);
	if (r.buffer.flags != XWL_BUFFER_INLINE)
		push_memory(take_byte(in));
	return guest_record(bytes, xwl_record_write(&r, bytes));
}

static int send_raw(struct input *in)
{
	uint8_t bytes[256];
	size_t i, len = take_byte(in);

	for (i = 0; i < len; i++)
		bytes[i] = take_byte(in);
	return guest_record(bytes, len);
}

static int run_step(struct input *in)
{
	switch (take_byte(in) % 8) {
	case 0:
		return send_buffer(in);
	case 1:
		return send_raw(in);
	case 2:
	case 3:
		return send_event(in);
	default:
		return send_request(in);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	uint8_t how;

	xwl_config_defaults(&scene.policy);
	scene.policy.allow = take_byte(&in) * 5U;
	how = take_byte(&in);
	scene.policy.clipboard = how % 8;
	scene.policy.framed = how & 8;
	scene.policy.max[XWL_DEPTH] = 3;
	scene.policy.max[XWL_MEMORY] = 256;
	scene_begin();
	while (in.left && !run_step(&in)) {
		scene_forget();
		xwl_fds_drop(&scene.fds, scene.fds.nr);
	}
	scene_end();
	return 0;
}
