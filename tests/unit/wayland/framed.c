// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include "framed.h"
#include "host/policy/config.h"

void begin(uint32_t width)
{
	xwl_config_defaults(&scene.policy);
	scene.policy.framed = true;
	scene.policy.colour = 0xcc0000;
	scene.policy.max[XWL_FRAME_WIDTH] = width;
	/* for a keyboard */
	scene.policy.clipboard = XWL_CLIPBOARD_IN;
	scene_begin();
}

void sends(uint32_t id, const char *request, const int64_t *numbers)
{
	assert_int_equal(guest_sends(id, request, numbers, NULL), 0);
}

void expect(const char *line)
{
	if (!strstr(scene.sent, line))
		fail_msg("no '%s' in:\n%s", line, scene.sent);
}

void expect_not(const char *line)
{
	if (strstr(scene.sent, line))
		fail_msg("'%s' in:\n%s", line, scene.sent);
}

unsigned int count(const char *line)
{
	const char *p = scene.sent;
	unsigned int n = 0;

	while ((p = strstr(p, line))) {
		n++;
		p++;
	}
	return n;
}

void show(void)
{
	sends(SURFACE, "attach", NUMBERS(BUFFER));
	scene_forget();
	sends(SURFACE, "commit", NUMBERS(0));
}
