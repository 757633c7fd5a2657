// SPDX-License-Identifier: GPL-2.0-only
/* A buffer that is too large to be sent waits for room in the memory that is shared. */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-client-protocol.h>

#include "agent/maker.h"
#include "guest.h"

#define WIDTH 1920
#define HEIGHT 1200
#define BYTES (WIDTH * HEIGHT * 4)
#define PAGE 4096

/* ids of the program */
enum { REGISTRY = 2, COMPOSITOR, SHM, SURFACE, POOL, BUFFER };

#define ATTACH 1 /* the opcode */

static int fails; /* the errno value of the maker; 0: it makes one */
static int memory; /* the program's */

static int make(struct xwl_maker *m, int memfd, uint64_t offset, uint64_t size)
{
	return fails ? fails : fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

static struct xwl_maker maker = { .make = make };

static int setup(void **state)
{
	memory = memfd_create("pool", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(ftruncate(memory, BYTES), 0);
	maker.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	guest_begin();
	guest.proxy.maker = guest.proxy.across = &maker;
	MUST_SEND(XWL_DISPLAY, "get_registry", REGISTRY);
	binds(REGISTRY, 1, "wl_compositor", 4, COMPOSITOR);
	binds(REGISTRY, 2, "wl_shm", 1, SHM);
	MUST_SEND(COMPOSITOR, "create_surface", SURFACE);
	assert_int_equal(sends_file(SHM, "create_pool", NUMBERS(POOL, BYTES),
				    NULL, fcntl(memory, F_DUPFD_CLOEXEC, 0)),
			 0);
	MUST_SEND(POOL, "create_buffer", BUFFER, 0, WIDTH, HEIGHT, WIDTH * 4,
		  WL_SHM_FORMAT_XRGB8888);
	fails = 0;
	requests(SURFACE, ATTACH);
	return 0;
}

static int teardown(void **state)
{
	guest_end();
	close(maker.pagemap);
	close(memory);
	return 0;
}

/* What client.c does when the pause is over */
static void pause_ends(void)
{
	assert_true(guest.proxy.waiting);
	guest.proxy.waiting = false;
}

static void buffer_waits_for_room(void **state)
{
	fails = -EDQUOT;
	assert_int_equal(SENDS(SURFACE, "attach", BUFFER, 0, 0), -EAGAIN);
	/* the loop asks again for other reasons, and nothing changes */
	assert_int_equal(SENDS(SURFACE, "attach", BUFFER, 0, 0), -EAGAIN);
	assert_int_equal(guest.pauses, 1);
	pause_ends();
	assert_int_equal(SENDS(SURFACE, "attach", BUFFER, 0, 0), -EAGAIN);
	assert_int_equal(guest.pauses, 2);
	assert_int_equal(requests(SURFACE, ATTACH), 0);
	pause_ends();
	fails = 0;
	MUST_SEND(SURFACE, "attach", BUFFER, 0, 0);
	assert_int_equal(requests(SURFACE, ATTACH), 1);
	MUST_SEND(SURFACE, "commit", 0);
	assert_int_equal(commits(SURFACE), 1);
}

static void buffer_does_not_wait_for_ever(void **state)
{
	unsigned int i;
	int err;

	fails = -EDQUOT;
	for (i = 0; i < 1000; i++) {
		err = SENDS(SURFACE, "attach", BUFFER, 0, 0);
		if (err != -EAGAIN)
			break;
		pause_ends();
	}
	assert_int_equal(err, -EOPNOTSUPP);
	assert_non_null(strstr(guest.proxy.why.text,
			       "a buffer of 9000 KiB can neither be shared nor "
			       "sent: the guest may share no more memory"));
}

/* Waiting helps against nothing else */
static void buffer_that_can_never_be_shared_does_not_wait(void **state)
{
	fails = -EFBIG;
	assert_int_equal(SENDS(SURFACE, "attach", BUFFER, 0, 0), -EOPNOTSUPP);
	assert_int_equal(guest.pauses, 0);
	assert_non_null(strstr(guest.proxy.why.text, "can neither be shared"));
}

/* The program has taken its pages away, and there is no room for others: none is lost */
static void commit_waits_for_room_for_new_pages(void **state)
{
	MUST_SEND(SURFACE, "attach", BUFFER, 0, 0);
	MUST_SEND(SURFACE, "damage", 0, 0, 10, 10);
	assert_int_equal(requests(SURFACE, ATTACH), 1);
	assert_int_equal(fallocate(memory,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   PAGE, PAGE),
			 0);
	fails = -EDQUOT;
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	pause_ends();
	assert_int_equal(SENDS(SURFACE, "commit", 0), -EAGAIN);
	assert_int_equal(commits(SURFACE), 0);
	pause_ends();
	fails = 0;
	MUST_SEND(SURFACE, "commit", 0);
	/* the new buffer is attached before */
	assert_int_equal(requests(SURFACE, ATTACH), 1);
	/* and that was once: the next frame of it is as any other */
	MUST_SEND(SURFACE, "attach", BUFFER, 0, 0);
	MUST_SEND(SURFACE, "commit", 0);
	assert_int_equal(requests(SURFACE, ATTACH), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(buffer_waits_for_room),
		TEST(buffer_does_not_wait_for_ever),
		TEST(buffer_that_can_never_be_shared_does_not_wait),
		TEST(commit_waits_for_room_for_new_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
