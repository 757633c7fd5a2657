// SPDX-License-Identifier: GPL-2.0-only
#include "unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "link/kind.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

static const struct xch_rules all = {
	.fds = XCH_FDS_ALL,
	.grants = true,
	.udmabuf = true,
	.udmabuf_max = 64U << 20,
	.max_copy = 1U << 20,
};

/* Looks at @fd, and closes it */
static struct xch_facts look(int fd)
{
	struct xch_facts facts;

	assert_true(fd >= 0);
	assert_int_equal(xch_kind_look(fd, &facts), 0);
	close(fd);
	return facts;
}

static int make_memfd(off_t size, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (seals)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static void expect(struct xch_facts facts, const struct xch_rules *rules,
		   enum xch_treatment treatment, const char *reason)
{
	const char *why = "not set";

	assert_int_equal(xch_kind_decide(&facts, rules, &why), treatment);
	if (!reason)
		assert_null(why);
	else
		assert_string_equal(why, reason);
}

static void kind_memory_by_its_seals(void **state)
{
	struct xch_facts f = look(make_memfd(8192, 0));

	assert_int_equal(f.kind, XCH_KIND_MEMFD);
	assert_int_equal(f.size, 8192);
	assert_true(f.writable);
	expect(f, &all, XCH_SHARE_MEMORY, NULL);
	f = look(make_memfd(8192, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
	expect(f, &all, XCH_SHARE_MEMORY, NULL);
	f = look(make_memfd(8192, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
	assert_true(f.seals & F_SEAL_WRITE);
	expect(f, &all, XCH_COPY, NULL);
	f = look(make_memfd(8192, F_SEAL_FUTURE_WRITE));
	expect(f, &all, XCH_COPY, "sealed against writing");
	f = look(make_memfd(8192, F_SEAL_GROW | F_SEAL_SEAL));
	expect(f, &all, XCH_COPY, "cannot be sealed against shrinking");
	/* not made for sealing */
	f = look(memfd_create("test", MFD_CLOEXEC));
	assert_int_equal(f.kind, XCH_KIND_FILE);
}

static void kind_memory_by_its_size(void **state)
{
	/* it grows to whole pages if it may */
	expect(look(make_memfd(5000, 0)), &all, XCH_SHARE_MEMORY, NULL);
	expect(look(make_memfd((2 << 20) + 1, 0)), &all, XCH_SHARE_MEMORY,
	       NULL);
	expect(look(make_memfd(5000, F_SEAL_GROW)), &all, XCH_COPY,
	       "cannot grow to whole pages");
	expect(look(make_memfd(8192, F_SEAL_GROW)), &all, XCH_SHARE_MEMORY,
	       NULL);
	expect(look(make_memfd(0, 0)), &all, XCH_COPY, "empty");
	expect(look(make_memfd(2 << 20, F_SEAL_WRITE)), &all, XCH_REFUSE,
	       "larger than max-copy");
	expect(look(make_memfd(65 << 20, 0)), &all, XCH_REFUSE,
	       "larger than udmabuf allows");
}

static void kind_memory_by_what_is_there(void **state)
{
	struct xch_facts f = look(make_memfd(8192, 0));
	struct xch_rules r = all;

	r.udmabuf = false;
	expect(f, &r, XCH_COPY, "no udmabuf");
	r.grants = false;
	expect(f, &r, XCH_COPY, "buffers cannot be granted or mapped");
	f.size = 2 << 20;
	expect(f, &r, XCH_REFUSE, "buffers cannot be granted or mapped");
	f.size = 8192;
	f.huge = true;
	expect(f, &all, XCH_COPY, "memory in huge pages");
	f.huge = f.writable = false;
	expect(f, &all, XCH_COPY, "not open for writing");
	f.readable = false;
	expect(f, &all, XCH_REFUSE, "not open for reading");
}

static void kind_dmabuf_and_fence(void **state)
{
	struct xch_facts f = { .kind = XCH_KIND_DMABUF, .size = 1 << 30 };
	struct xch_rules r = all;

	expect(f, &all, XCH_SHARE, NULL);
	r.grants = false;
	expect(f, &r, XCH_REFUSE, "buffers cannot be granted or mapped");
	f.kind = XCH_KIND_FENCE;
	expect(f, &all, XCH_WAIT, NULL);
	expect(f, &r, XCH_WAIT, NULL);
}

static void kind_pipes(void **state)
{
	struct xch_facts f;
	int p[2];

	assert_int_equal(pipe(p), 0);
	f = look(p[0]);
	assert_int_equal(f.kind, XCH_KIND_PIPE);
	expect(f, &all, XCH_RELAY_FROM_PIPE, NULL);
	expect(look(p[1]), &all, XCH_RELAY_TO_PIPE, NULL);
	f.readable = f.writable = true;
	expect(f, &all, XCH_REFUSE, "pipe open for reading and writing");
}

static int listen_anywhere(void)
{
	struct sockaddr address = { .sa_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* Linux picks an abstract name */
	assert_int_equal(bind(fd, &address, sizeof(address.sa_family)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void kind_sockets(void **state)
{
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	expect(look(sv[0]), &all, XCH_RELAY_STREAM, NULL);
	close(sv[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	expect(look(sv[0]), &all, XCH_RELAY_SEQPACKET, NULL);
	close(sv[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), 0);
	assert_int_equal(look(sv[0]).kind, XCH_KIND_SOCKET);
	close(sv[1]);
	assert_int_equal(look(listen_anywhere()).kind, XCH_KIND_SOCKET);
	assert_int_equal(look(socket(AF_UNIX, SOCK_STREAM, 0)).kind,
			 XCH_KIND_SOCKET);
	assert_int_equal(look(socket(AF_INET, SOCK_STREAM, 0)).kind,
			 XCH_KIND_SOCKET);
}

/* In the folder of the build: /tmp is a tmpfs on many systems, and is not to be one here */
static int make_file(int flags)
{
	char path[] = "test_kind.XXXXXX";
	int fd = mkstemp(path), again;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "content", 7), 7);
	again = open(path, flags | O_CLOEXEC);
	unlink(path);
	close(fd);
	return again;
}

static void kind_regular_files(void **state)
{
	struct xch_facts f = look(make_file(O_RDONLY));

	assert_int_equal(f.kind, XCH_KIND_FILE);
	assert_int_equal(f.size, 7);
	assert_false(f.tmpfs);
	f.waits = false; /* but on overlayfs, as in containers */
	expect(f, &all, XCH_COPY, NULL);
	f.size = (1 << 20) + 1;
	expect(f, &all, XCH_REFUSE, "larger than max-copy");
	f.size = 7;
	f.waits = true;
	expect(f, &all, XCH_REFUSE,
	       "its file system cannot be read without waiting, as overlayfs, "
	       "NFS and FUSE cannot; send a memfd with its content");
	expect(look(make_file(O_RDWR)), &all, XCH_REFUSE,
	       "file open for writing");
	expect(look(make_file(O_PATH)), &all, XCH_REFUSE,
	       "descriptors of this kind cannot be sent");
}

static void kind_others_refused(void **state)
{
	const struct {
		int fd;
		enum xch_kind kind;
	} cases[] = {
		{ eventfd(0, EFD_CLOEXEC), XCH_KIND_ANONYMOUS },
		{ timerfd_create(CLOCK_MONOTONIC, 0), XCH_KIND_ANONYMOUS },
		{ epoll_create1(0), XCH_KIND_ANONYMOUS },
		{ open("/dev/null", O_RDWR), XCH_KIND_DEVICE },
		{ open("/", O_RDONLY | O_DIRECTORY), XCH_KIND_DIRECTORY },
	};
	struct xch_facts f;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f = look(cases[i].fd);
		assert_int_equal(f.kind, cases[i].kind);
		assert_non_null(xch_kind_name(f.kind));
		expect(f, &all, XCH_REFUSE,
		       "descriptors of this kind cannot be sent");
	}
	assert_int_equal(xch_kind_look(-1, &f), -EBADF);
}

/* A service has to allow each kind */
static void kind_by_the_rules_of_the_service(void **state)
{
	static const struct {
		enum xch_kind kind;
		unsigned int rule;
	} rows[] = {
		{ XCH_KIND_DMABUF, XCH_FDS_DMABUF },
		{ XCH_KIND_MEMFD, XCH_FDS_MEMORY },
		{ XCH_KIND_FILE, XCH_FDS_MEMORY },
		{ XCH_KIND_FENCE, XCH_FDS_SYNC },
		{ XCH_KIND_PIPE, XCH_FDS_PIPE },
		{ XCH_KIND_STREAM, XCH_FDS_PIPE },
		{ XCH_KIND_SEQPACKET, XCH_FDS_PIPE },
	};
	struct xch_facts f = { .size = 4096, .readable = true };
	struct xch_rules r = all;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f.kind = rows[i].kind;
		r.fds = rows[i].rule;
		assert_int_not_equal(xch_kind_decide(&f, &r, &why), XCH_REFUSE);
		r.fds = XCH_FDS_ALL & ~rows[i].rule;
		expect(f, &r, XCH_REFUSE,
		       "the service does not allow this kind");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kind_memory_by_its_seals),
		cmocka_unit_test(kind_memory_by_its_size),
		cmocka_unit_test(kind_memory_by_what_is_there),
		cmocka_unit_test(kind_dmabuf_and_fence),
		cmocka_unit_test(kind_pipes),
		cmocka_unit_test(kind_sockets),
		cmocka_unit_test(kind_regular_files),
		cmocka_unit_test(kind_others_refused),
		cmocka_unit_test(kind_by_the_rules_of_the_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
