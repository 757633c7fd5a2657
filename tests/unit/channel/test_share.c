// SPDX-License-Identifier: GPL-2.0-only
/* Memory of programs that becomes dma-bufs over the same pages */
#include "unit.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fake-driver.h"
#include "link/memory.h"
#include "links.h"

#define PAGE 4096
#define PAGES 600 /* more than are looked at at a time */
#define SIZE ((uint64_t)PAGES * PAGE)

static struct xch_memory_maker maker;
static unsigned int made;
static uint64_t made_size; /* of the last one */
static int make_fails;

/* A dma-buf of the test's own is the memory itself */
static int make_again(const struct xch_memory_maker *m, int memfd,
		      uint64_t offset, uint64_t size)
{
	if (make_fails)
		return make_fails;
	made++;
	made_size = size;
	return fcntl(memfd, F_DUPFD_CLOEXEC, 0);
}

static int prepare(void **state)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	assert_true(pagemap >= 0);
	xch_memory_maker_init(&maker, -1, pagemap, 64 << 20);
	maker.make = make_again;
	made = 0;
	make_fails = 0;
	return 0;
}

static int finish(void **state)
{
	return close(maker.pagemap);
}

static int make_memfd(uint64_t size)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	return fd;
}

static void punch(int fd, unsigned int page)
{
	assert_int_equal(fallocate(fd,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   (off_t)page * PAGE, PAGE),
			 0);
}

static struct xch_memory *share(int fd)
{
	struct xch_memory *memory;
	int dmabuf = xch_memory_make(&maker, fd, SIZE, &memory);

	assert_true(dmabuf >= 0);
	close(dmabuf);
	return memory;
}

static void memory_that_is_written_is_intact(void **state)
{
	int fd = make_memfd(SIZE);
	struct xch_memory *memory = share(fd);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(xch_memory_intact(memory));
	memset(p, 1, SIZE);
	assert_int_equal(pwrite(fd, "x", 1, 7 * PAGE), 1);
	assert_true(xch_memory_intact(memory));
	/* what the program maps or not is its own affair */
	munmap(p, SIZE);
	assert_true(xch_memory_intact(memory));
	xch_memory_free(memory);
	xch_memory_free(NULL);
	close(fd);
}

static void removed_pages_are_noticed(void **state)
{
	static const unsigned int pages[] = { 0, 511, 512, PAGES - 1 };
	struct xch_memory *memory;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		fd = make_memfd(SIZE);
		memory = share(fd);
		punch(fd, pages[i]);
		assert_false(xch_memory_intact(memory));
		/* a page is there again, but another one */
		assert_int_equal(pwrite(fd, "x", 1, (off_t)pages[i] * PAGE), 1);
		assert_false(xch_memory_intact(memory));
		xch_memory_free(memory);
		close(fd);
	}
}

static void pages_removed_by_madvise_are_noticed(void **state)
{
	int fd = make_memfd(SIZE);
	struct xch_memory *memory = share(fd);
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_int_equal(madvise(p + 3 * PAGE, PAGE, MADV_REMOVE), 0);
	assert_false(xch_memory_intact(memory));
	munmap(p, SIZE);
	xch_memory_free(memory);
	close(fd);
}

static void memory_is_sealed_against_shrinking(void **state)
{
	int fd = make_memfd(SIZE);
	struct xch_memory *memory = share(fd);

	assert_int_equal(ftruncate(fd, PAGE), -1);
	assert_int_equal(errno, EPERM);
	xch_memory_free(memory);
	close(fd);
	/* the program has forbidden that */
	fd = make_memfd(SIZE);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL), 0);
	assert_int_equal(xch_memory_make(&maker, fd, SIZE, &memory), -EPERM);
	close(fd);
	assert_int_equal(made, 1);
}

/* Allocators add some bytes for alignment, as GStreamer's does */
static void last_page_is_shared_whole(void **state)
{
	int fd = make_memfd(SIZE - 100), dmabuf;
	struct xch_memory *memory;

	dmabuf = xch_memory_make(&maker, fd, SIZE - 100, &memory);
	assert_true(dmabuf >= 0);
	assert_int_equal(made_size, SIZE);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
	assert_int_equal(pwrite(fd, "x", 1, SIZE - 101), 1);
	assert_true(xch_memory_intact(memory));
	punch(fd, PAGES - 1);
	assert_false(xch_memory_intact(memory));
	xch_memory_free(memory);
	close(dmabuf);
	close(fd);
	fd = make_memfd(SIZE - 100);
	/* no page behind it */
	assert_int_equal(xch_memory_export(&maker, fd, SIZE, PAGE), -EINVAL);
	assert_int_equal(xch_memory_export(&maker, fd, SIZE - PAGE, 2 * PAGE),
			 -EINVAL);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE - 100);
	dmabuf = xch_memory_export(&maker, fd, SIZE - PAGE, PAGE);
	assert_true(dmabuf >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
	close(dmabuf);
	close(fd);
	fd = make_memfd(SIZE - 100);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	assert_int_equal(xch_memory_export(&maker, fd, SIZE - PAGE, PAGE),
			 -EPERM);
	close(fd);
}

static void failure_of_udmabuf_is_returned(void **state)
{
	int fd = make_memfd(SIZE);
	struct xch_memory *memory;

	make_fails = -EMFILE;
	assert_int_equal(xch_memory_make(&maker, fd, SIZE, &memory), -EMFILE);
	close(fd);
	assert_int_equal(xch_memory_make(&maker, fd, SIZE, &memory), -EBADF);
	assert_int_equal(xch_memory_make(&maker, STDIN_FILENO, SIZE, &memory),
			 -EINVAL);
}

static void no_page_map_is_not_intact(void **state)
{
	int fd = make_memfd(SIZE), pagemap = maker.pagemap;
	struct xch_memory *memory;

	maker.pagemap = -1;
	memory = share(fd);
	assert_false(xch_memory_intact(memory));
	xch_memory_free(memory);
	maker.pagemap = pagemap;
	close(fd);
}

/* Where the machine has it: this kernel's udmabuf takes what is sealed here */
static void real_udmabuf_takes_it(void **state)
{
	int udmabuf = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd, dmabuf;
	struct xch_memory_maker real;
	struct xch_memory *memory;

	if (udmabuf < 0)
		skip();
	xch_memory_maker_init(&real, udmabuf, maker.pagemap, 64 << 20);
	fd = make_memfd(SIZE - 1);
	dmabuf = xch_memory_make(&real, fd, SIZE - 1, &memory);
	assert_true(dmabuf >= 0);
	assert_int_equal(lseek(dmabuf, 0, SEEK_END), SIZE);
	assert_true(xch_memory_intact(memory));
	punch(fd, 5);
	assert_false(xch_memory_intact(memory));
	xch_memory_free(memory);
	close(dmabuf);
	close(fd);
	close(udmabuf);
}

/* ---- through a link ---- */

static int begin_link(void **state)
{
	int err = prepare(NULL);

	if (!err)
		err = links_begin(NULL);
	links_client.link.hub.config.maker = &maker;
	return err;
}

static int end_link(void **state)
{
	links_end(NULL);
	return finish(NULL);
}

static struct link_pair open_channel(void)
{
	struct link_pair p = links_open(XCH_SEQPACKET);

	p.near_ch->rules.grants = true;
	return p;
}

static void send_memory(struct link_pair *p, int memfd)
{
	int fd = fcntl(memfd, F_DUPFD_CLOEXEC, 0);

	links_send(p->near, "message", &fd, 1);
	links_settle();
}

static int receive_memory(struct link_pair *p)
{
	int fds[XDC_SOCKET_FDS];

	assert_int_equal(links_receive(p->far, "message", fds), 1);
	return fds[0];
}

static void memory_is_granted_once(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(SIZE), got;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		send_memory(&p, fd);
		got = receive_memory(&p);
		assert_int_equal(lseek(got, 0, SEEK_END), SIZE);
		close(got);
	}
	assert_int_equal(made, 1);
	assert_int_equal(links_client.link.hub.granted.buffers, 1);
	assert_int_equal(links_client.link.hub.granted.total, PAGES);
	assert_int_equal(links_server.link.hub.mapped.buffers, 1);
	close(fd);
	links_close(&p);
}

static void memory_that_ends_within_a_page_is_shared(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(SIZE - 100), got;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		send_memory(&p, fd);
		got = receive_memory(&p);
		assert_int_equal(lseek(got, 0, SEEK_END), SIZE);
		close(got);
	}
	assert_int_equal(made, 1);
	assert_int_equal(made_size, SIZE);
	assert_int_equal(links_client.link.hub.granted.total, PAGES);
	assert_int_equal(lseek(fd, 0, SEEK_END), SIZE);
	close(fd);
	links_close(&p);
}

static void changed_memory_is_granted_anew(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(SIZE);

	send_memory(&p, fd);
	close(receive_memory(&p));
	punch(fd, 9);
	send_memory(&p, fd);
	close(receive_memory(&p));
	assert_int_equal(made, 2);
	/* and memory that has grown */
	assert_int_equal(ftruncate(fd, SIZE + PAGE), 0);
	send_memory(&p, fd);
	assert_int_equal(lseek(receive_memory(&p), 0, SEEK_END), SIZE + PAGE);
	assert_int_equal(made, 3);
	assert_int_equal(links_client.link.hub.granted.buffers, 3);
	/* the last one is still the same */
	send_memory(&p, fd);
	close(receive_memory(&p));
	assert_int_equal(made, 3);
	close(fd);
	links_close(&p);
}

static void services_may_share_read_only(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(SIZE);

	p.near_ch->read_only = true;
	send_memory(&p, fd);
	close(receive_memory(&p));
	assert_true(fake_leases[0].read_only);
	/* another service shares the same memory for writing */
	p.near_ch->read_only = false;
	send_memory(&p, fd);
	close(receive_memory(&p));
	assert_int_equal(made, 2);
	assert_int_equal(links_client.link.hub.granted.buffers, 2);
	close(fd);
	links_close(&p);
}

static void memory_that_cannot_be_shared_is_copied(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(0), got;

	/* no page at all */
	send_memory(&p, fd);
	got = receive_memory(&p);
	assert_true(fcntl(got, F_GET_SEALS) & F_SEAL_WRITE);
	close(got);
	close(fd);
	/* more than udmabuf makes */
	maker.max = SIZE / 8 - 1;
	fd = make_memfd(SIZE / 8);
	send_memory(&p, fd);
	got = receive_memory(&p);
	assert_true(fcntl(got, F_GET_SEALS) & F_SEAL_WRITE);
	close(got);
	close(fd);
	assert_int_equal(made, 0);
	assert_int_equal(fake_nr, 0);
	links_close(&p);
}

static void expect_ended(struct link_pair *p)
{
	char byte;

	links_settle();
	assert_int_equal(recv(p->near, &byte, 1, MSG_DONTWAIT), 0);
	assert_int_equal(links_client.ended, 0);
	links_close(p);
}

static void failures_end_the_channel_alone(void **state)
{
	struct link_pair p = open_channel();
	int fd = make_memfd(SIZE);

	make_fails = -EMFILE;
	send_memory(&p, fd);
	expect_ended(&p);
	make_fails = 0;
	/* without waiting for room */
	links_client.link.hub.config.sync_timeout = 0;
	fake_grant_fails = -ENOSPC;
	p = open_channel();
	send_memory(&p, fd);
	expect_ended(&p);
	fake_grant_fails = 0;
	/* over the quota: nothing is pinned */
	links_client.link.hub.granted.max_total = PAGES - 1;
	made = 0;
	p = open_channel();
	send_memory(&p, fd);
	expect_ended(&p);
	assert_int_equal(made, 0);
	assert_int_equal(links_client.link.hub.granted.buffers, 0);
	close(fd);
}

#define MAKER(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define LINK(name) cmocka_unit_test_setup_teardown(name, begin_link, end_link)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MAKER(memory_that_is_written_is_intact),
		MAKER(removed_pages_are_noticed),
		MAKER(pages_removed_by_madvise_are_noticed),
		MAKER(memory_is_sealed_against_shrinking),
		MAKER(last_page_is_shared_whole),
		MAKER(failure_of_udmabuf_is_returned),
		MAKER(no_page_map_is_not_intact),
		MAKER(real_udmabuf_takes_it),
		LINK(memory_is_granted_once),
		LINK(memory_that_ends_within_a_page_is_shared),
		LINK(changed_memory_is_granted_anew),
		LINK(services_may_share_read_only),
		LINK(memory_that_cannot_be_shared_is_copied),
		LINK(failures_end_the_channel_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
