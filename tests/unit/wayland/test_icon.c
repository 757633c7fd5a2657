// SPDX-License-Identifier: GPL-2.0-only
/* Icons of windows: the host's half gets their pixels though no surface shows them. */
#include "unit.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "guest.h"

/* ids of the program */
enum { REGISTRY = 2, SHM, POOL, BUFFER, ICON };

/* Of xdg-toplevel-icon, which older wayland-protocols do not have */
static const struct wl_interface *icon_types[] = { &wl_buffer_interface, NULL };
static const struct wl_message icon_requests[] = { { "add_buffer", "oi",
						     icon_types } };
static const struct wl_interface icon_interface = {
	.name = "xdg_toplevel_icon_v1",
	.version = 1,
	.method_count = 1,
	.methods = icon_requests,
};

static uint8_t *pixels; /* of the pool */
static char sent[128]; /* the records that the host's half has got */

static int setup(void **state)
{
	int memory = memfd_create("pool", MFD_CLOEXEC);
	struct xwl_object *made;

	guest_begin();
	assert_int_equal(ftruncate(memory, 4096), 0);
	pixels =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	assert_ptr_not_equal(pixels, MAP_FAILED);
	MUST_SEND(XWL_DISPLAY, "get_registry", REGISTRY);
	binds(REGISTRY, 1, "wl_shm", 1, SHM);
	assert_int_equal(sends_file(SHM, "create_pool", NUMBERS(POOL, 4096),
				    NULL, memory),
			 0);
	MUST_SEND(POOL, "create_buffer", BUFFER, 0, 8, 8, 32, 0);
	assert_int_equal(xwl_objects_add(&guest.proxy.objects, ICON,
					 &icon_interface, 1, &made),
			 0);
	commits(ICON);
	return 0;
}

static int teardown(void **state)
{
	munmap(pixels, 4096);
	guest_end();
	return 0;
}

static void receives(void)
{
	struct xdc_reason why;
	struct xwl_record r;
	size_t at = 0;

	sent[0] = '\0';
	assert_int_equal(xwl_link_flush(&guest.link), 0);
	while (!xwl_link_receive(&guest.host, &r, &why)) {
		if (r.type == XWL_BUFFER)
			at += (size_t)snprintf(sent + at, sizeof(sent) - at,
					       "buffer ");
		else if (r.type == XWL_PIXELS)
			at += (size_t)snprintf(sent + at, sizeof(sent) - at,
					       "%zu pixels from %u ", r.len / 4,
					       r.bytes[0]);
		else
			at += (size_t)snprintf(sent + at, sizeof(sent) - at,
					       "message ");
	}
}

static void buffer_comes_before_the_icon(void **state)
{
	pixels[0] = 5;
	MUST_SEND(ICON, "add_buffer", BUFFER, 1);
	receives();
	assert_string_equal(sent, "buffer 64 pixels from 5 message ");
}

/* No damage is told of it */
static void pixels_come_with_each_icon(void **state)
{
	MUST_SEND(ICON, "add_buffer", BUFFER, 1);
	receives();
	pixels[0] = 6;
	MUST_SEND(ICON, "add_buffer", BUFFER, 1);
	receives();
	assert_string_equal(sent, "64 pixels from 6 message ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(buffer_comes_before_the_icon),
		TEST(pixels_come_with_each_icon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
