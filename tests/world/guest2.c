// SPDX-License-Identifier: GPL-2.0-only
/* A guest of the test's own, beside the one that all tests share */
#include "common.h"

#define NAME "guest2"

void guest_use(uint16_t domid)
{
	world.domid = domid;
	agent_use(domid);
}

void guest2_destroy(void)
{
	assert_ok(xl("destroy", NAME));
}

uint16_t guest2_begin(const char *config)
{
	int domid, err;

	if (domid_of(NAME) > 0)
		guest2_destroy();
	eventually(domid_of(NAME) < 0);
	assert_ok(xl("create", config));
	domid = domid_of(NAME);
	assert_true(domid > 0);
	err = agent_wait_ready(domid);
	if (err) /* or it would disturb other tests */
		guest2_destroy();
	assert_ok(err);
	return domid;
}
