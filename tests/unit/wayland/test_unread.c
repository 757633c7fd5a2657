// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors for a guest, or for a compositor, that does not read: a program of the
 * host's half, by itself
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "../open-files.h"
#include "host/client/client.h"
#include "host/policy/config.h"

#define KEYMAPS 3000U
/* Of one program: Linux counts those of all programs and guests together */
#define UNREAD_MAX 8U
#define WAITING_MAX 64U

/* ids of the guest, and at the compositor */
enum { REGISTRY = 2, SEAT, KEYBOARD, BUFFER };
enum { OWN_REGISTRY = 2, SYNC, OWN_SHM, ITS_REGISTRY, ITS_SEAT, ITS_KEYBOARD };

static struct xdc_loop loop;
static struct xwl_policy policy;
static struct xwl_account account = { .policy = &policy };
static struct xwl_client *client; /* NULL: it has ended */
static struct xdc_reason why; /* for which it has ended */
static struct xwl_stream compositor;
static struct xwl_link guest;
static int keymap, memory;

static void client_gone(struct xwl_client *c)
{
	why = c->bridge.why;
	xwl_client_destroy(c);
	client = NULL;
}

static void stop(struct xdc_timer *t)
{
	xdc_loop_stop(&loop);
}

static void run(unsigned int ms)
{
	struct xdc_timer limit = { 0 };

	xdc_timer_init(&loop, &limit, stop);
	xdc_timer_in(&limit, ms * XDC_NS_PER_MS);
	assert_int_equal(xdc_loop_run(&loop), 0);
	loop.stop = false;
	xdc_timer_fini(&limit);
}

static void fill(struct xwl_message *m, const int64_t *numbers,
		 const char *text)
{
	unsigned int i;

	for (i = 0; i < m->nr_args; i++) {
		if (m->args[i].type == 's')
			xwl_arg_text(&m->args[i], text);
		else if (m->args[i].type == 'h')
			m->args[i].fd = dup(keymap);
		else
			m->args[i].u = (uint32_t)*numbers++;
	}
}

#define NUMBERS(...) ((const int64_t[]){ __VA_ARGS__, 0 })

static void compositor_says(const struct wl_interface *interface, uint32_t id,
			    const char *event, const int64_t *numbers,
			    const char *text)
{
	struct xwl_message m;

	xwl_message_event(interface, id, event, &m);
	fill(&m, numbers, text);
	assert_int_equal(xwl_stream_send(&compositor, &m), 0);
	while (xwl_stream_flush(&compositor) == -EAGAIN)
		run(1);
}

static void guest_says(const struct wl_interface *interface, uint32_t id,
		       const char *request, const int64_t *numbers,
		       const char *text)
{
	struct xwl_message m;

	xwl_message_request(interface, id, request, &m);
	fill(&m, numbers, text);
	assert_int_equal(xwl_link_message(&guest, &m), 0);
	assert_int_equal(xwl_link_flush(&guest), 0);
	run(20);
}

static void make_keyboard(void)
{
	static const struct xwl_record hello = { .type = XWL_HELLO,
						 .arg = XWL_VERSION };

	compositor_says(&wl_registry_interface, OWN_REGISTRY, "global",
			NUMBERS(4, 5), "wl_seat");
	compositor_says(&wl_registry_interface, OWN_REGISTRY, "global",
			NUMBERS(5, 1), "wl_shm");
	compositor_says(&wl_callback_interface, SYNC, "done", NUMBERS(0), NULL);
	assert_int_equal(xwl_link_send(&guest, &hello, -1), 0);
	guest_says(&wl_display_interface, XWL_DISPLAY, "get_registry",
		   NUMBERS(REGISTRY), NULL);
	compositor_says(&wl_registry_interface, ITS_REGISTRY, "global",
			NUMBERS(4, 5), "wl_seat");
	run(20);
	guest_says(&wl_registry_interface, REGISTRY, "bind",
		   NUMBERS(4, 5, SEAT), "wl_seat");
	guest_says(&wl_seat_interface, SEAT, "get_keyboard", NUMBERS(KEYBOARD),
		   NULL);
}

static void send_keymaps(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr && client; i++) {
		compositor_says(&wl_keyboard_interface, ITS_KEYBOARD, "keymap",
				NUMBERS(1, 6), NULL);
		if (i % 16 == 15)
			run(1);
	}
	run(20);
}

/* Descriptors that are in the guest's socket */
static unsigned int read_guest(void)
{
	struct xwl_record r;
	struct xdc_reason reason;
	unsigned int n = 0;

	while (!xwl_link_receive(&guest, &r, &reason))
		n += guest.in_fds.nr;
	return n;
}

/* All that the compositor has been sent; returns the descriptors among it */
static unsigned int read_compositor(void)
{
	unsigned int n = 0;

	while (!xwl_stream_read(&compositor)) {
		n += compositor.in_fds.nr;
		xwl_fds_drop(&compositor.in_fds, compositor.in_fds.nr);
		compositor.begin = compositor.end;
	}
	return n;
}

static int setup(void **state)
{
	int channel[2], display[2];

	xwl_config_defaults(&policy);
	why.text[0] = '\0';
	keymap = memfd_create("keymap", MFD_CLOEXEC);
	assert_int_equal(write(keymap, "keymap", 6), 6);
	memory = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(memory, 4096), 0);
	assert_int_equal(fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				    channel),
			 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
				    display),
			 0);
	xwl_link_init(&guest, channel[1], 1 << 20);
	xwl_stream_init(&compositor, display[1], 1 << 20);
	assert_int_equal(xwl_client_create(&loop, &policy, &account, channel[0],
					   display[0], &client),
			 0);
	client->gone = client_gone;
	make_keyboard();
	assert_non_null(client);
	read_guest();
	read_compositor();
	return 0;
}

static int teardown(void **state)
{
	if (client)
		xwl_client_destroy(client);
	client = NULL;
	xwl_link_fini(&guest);
	xwl_stream_fini(&compositor);
	close(keymap);
	close(memory);
	return 0;
}

static void descriptors_wait_for_their_reader(void **state)
{
	unsigned int before = count_open_files(), got;

	send_keymaps(40);
	assert_non_null(client);
	assert_true(count_open_files() <= before + 40);
	got = read_guest();
	assert_in_range(got, 1, UNREAD_MAX);
	while (got < 40 && client) {
		run(5);
		got += read_guest();
	}
	assert_int_equal(got, 40);
	/* their keymap alone */
	assert_int_equal(count_open_files(), before + 1);
}

static void guest_that_does_not_read_descriptors(void **state)
{
	unsigned int before = count_open_files();

	send_keymaps(WAITING_MAX);
	assert_non_null(client);
	assert_true(count_open_files() <= before + WAITING_MAX + 1);
	send_keymaps(KEYMAPS);
	assert_null(client);
	assert_string_equal(why.text, "the guest does not read its events");
	assert_in_range(read_guest(), 1, UNREAD_MAX);
}

/* It is busy; a guest has new memory for a buffer as often as it likes */
static void compositor_that_does_not_read_descriptors(void **state)
{
	struct xwl_record r = {
		.type = XWL_BUFFER,
		.buffer = { BUFFER, 0, 0, 8, 8, 32, 0 },
	};
	unsigned int i, got;

	for (i = 0; i < 40; i++) {
		assert_int_equal(xwl_link_send(&guest, &r, dup(memory)), 0);
		assert_int_equal(xwl_link_flush(&guest), 0);
		r.buffer.flags = XWL_BUFFER_AGAIN;
		run(1);
	}
	run(20);
	assert_non_null(client);
	got = read_compositor();
	assert_in_range(got, 1, UNREAD_MAX);
	while (got < 40 && client) {
		run(5);
		got += read_compositor();
	}
	assert_int_equal(got, 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(descriptors_wait_for_their_reader),
		TEST(guest_that_does_not_read_descriptors),
		TEST(compositor_that_does_not_read_descriptors),
	};

	if (xdc_loop_init(&loop))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
