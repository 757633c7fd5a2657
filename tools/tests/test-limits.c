// SPDX-License-Identifier: GPL-2.0-only
/* Which limit doctor names where no frame fits */
#include "fake-system.h"

#define PARAMETERS "/sys/module/xen_dmabuf/parameters/"
/* As many as any limit, so that none of xen-channeld's is in the way */
#define LINKED "use camera usb linked 65536 65536 \n"

/* The limits of the domain, a user and a file, as the driver reports them */
static void set_limits(uint32_t all, uint32_t user, uint32_t file)
{
	os.info.pages_mapped_limit = os.info.pages_granted_limit = all;
	os.info.user_pages_mapped_limit = user;
	os.info.user_pages_granted_limit = user;
	os.info.file_pages_mapped_limit = file;
	os.info.file_pages_granted_limit = file;
}

static void frames_that_no_limit_stops_fit(void **state)
{
	set_limits(32768, 32768, 32768);
	run_doctor();
	says("ok    map        4 more 4K frames fit");
	says("ok    grant      4 more 4K frames fit");
	/* a driver that knows no limits of a user and a file */
	set_limits(32768, 0, 0);
	run_doctor();
	says("ok    map        4 more 4K frames fit");
	says("ok    grant      4 more 4K frames fit");
}

static void limit_of_a_user_is_named(void **state)
{
	set_limits(32768, 4000, 4000);
	run_doctor();
	says("note  map        0 more 4K frames fit (0 of 32768 pages mapped)\n"
	     "                 Try: raise " PARAMETERS
	     "user_mapped_pages (now 4000)\n");
	says("raise " PARAMETERS "user_granted_pages (now 4000)\n");
}

/* The user's limit is the smaller one, but others have used the domain's */
static void limit_with_the_least_left_is_named(void **state)
{
	set_limits(10000, 9000, 9000);
	os.info.pages_mapped = os.info.pages_granted = 9990;
	run_doctor();
	says("raise " PARAMETERS "max_mapped_pages (now 10000)\n");
	says("raise " PARAMETERS "max_granted_pages (now 10000)\n");
	says_not("user_");
}

static void limit_of_one_call_is_named(void **state)
{
	os.services = LINKED;
	os.info.max_pages = 2000;
	run_doctor();
	says("note  map        0 more 4K frames fit");
	says("note  grant      0 more 4K frames fit");
	says("note  channels   linked with usb; 0 more 1920x1080 frames");
	says("raise " PARAMETERS "max_pages (now 2000)\n");
	says_not("gnttab_max_frames");
	says_not("max_mapped_pages");
}

static void limit_of_a_file_is_named(void **state)
{
	set_limits(32768, 32768, 4000);
	run_doctor();
	says("note  map        0 more 4K frames fit");
	says("raise " PARAMETERS "file_mapped_pages (now 4000)\n");
	says("note  grant      0 more 4K frames fit");
	says("raise " PARAMETERS "file_granted_pages (now 4000)\n");
}

static void limit_of_a_channel_is_named(void **state)
{
	os.services = LINKED;
	os.info.user_pages_mapped_limit = 2000;
	run_doctor();
	says("note  channels   linked with usb; 16 more 1920x1080 frames can be sent to it, and 0 received\n"
	     "                 Try: raise " PARAMETERS
	     "user_mapped_pages (now 2000)\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SYSTEM_TEST(frames_that_no_limit_stops_fit),
		SYSTEM_TEST(limit_of_a_user_is_named),
		SYSTEM_TEST(limit_with_the_least_left_is_named),
		SYSTEM_TEST(limit_of_one_call_is_named),
		SYSTEM_TEST(limit_of_a_file_is_named),
		SYSTEM_TEST(limit_of_a_channel_is_named),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
