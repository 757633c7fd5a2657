// SPDX-License-Identifier: GPL-2.0-only
#include "fake_input.h"

#include <stdio.h>

struct xd_input input;
char events[512];
bool relative;

__attribute__((format(printf, 1, 2))) static void note(const char *fmt, ...)
{
	size_t len = strlen(events);
	va_list args;

	va_start(args, fmt);
	vsnprintf(events + len, sizeof(events) - len, fmt, args);
	va_end(args);
}

void xd_input_key(struct xd_input *in, uint32_t code, bool pressed)
{
	assert_ptr_equal(in, &input);
	note("%s %u, ", pressed ? "press" : "lift", code);
}

bool xd_input_is_relative(const struct xd_input *in)
{
	assert_ptr_equal(in, &input);
	return in->kbds[XD_POINTER] && relative;
}

void xd_input_motion(struct xd_input *in, int32_t dx, int32_t dy)
{
	assert_ptr_equal(in, &input);
	note("by %d %d, ", dx, dy);
}

void xd_input_set_locks(struct xd_input *in, unsigned int locks)
{
	assert_ptr_equal(in, &input);
	note("locks %u, ", locks);
}

void xd_input_position(struct xd_input *in, int32_t x, int32_t y)
{
	assert_ptr_equal(in, &input);
	note("at %d %d, ", x, y);
}

void xd_input_wheel(struct xd_input *in, int32_t v120)
{
	assert_ptr_equal(in, &input);
	note("wheel %d, ", v120);
}

void xd_input_touch(struct xd_input *in, enum xd_touch what, int32_t id,
		    int32_t x, int32_t y)
{
	assert_ptr_equal(in, &input);
	note("touch %d %d %d %d, ", what, id, x, y);
}

void xd_input_touch_frame(struct xd_input *in)
{
	assert_ptr_equal(in, &input);
	note("frame, ");
}

void xd_input_release(struct xd_input *in, unsigned int what)
{
	assert_ptr_equal(in, &input);
	note("release %u, ", what);
}
