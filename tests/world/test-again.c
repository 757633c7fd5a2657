// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lease leads to its dma-buf again, as long as that exists, and the name of the
 * dma-buf leads to the lease.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

#define PAGES 8
#define ROUNDS 100

static uint32_t refs[PAGES];

static void view_begin(struct view *v, uint64_t seed)
{
	guest_plain(0, PAGES, "rw", seed, refs);
	view_map(v, refs, PAGES, 0);
}

static void read_exporter_name(int fd, char name[64])
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	assert_non_null(f);
	name[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "exp_name:\t%63s", name) == 1)
			break;
	fclose(f);
}

static void dmabuf_named_after_its_lease(void **state)
{
	char name[64], want[64];
	struct view v;

	(void)state;
	view_begin(&v, 1);
	read_exporter_name(v.fd, name);
	snprintf(want, sizeof(want), "xen_dmabuf:%llu",
		 (unsigned long long)xendmabuf_lease_id(v.lease));
	assert_string_equal(name, want);
	view_end_and_free(&v);
}

static void lease_gives_dmabuf_while_it_exists(void **state)
{
	struct stat one, two;
	struct view v;
	int fd;

	(void)state;
	view_begin(&v, 2);
	assert_ok(xendmabuf_lease_dmabuf(v.lease, &fd));
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(fstat(v.fd, &one), 0);
	assert_int_equal(fstat(fd, &two), 0);
	assert_int_equal(one.st_ino, two.st_ino);
	/* the new descriptor alone keeps the buffer, and gives access to it */
	close(v.fd);
	v.fd = fd;
	assert_err(xendmabuf_lease_wait(v.lease, 200), -ETIMEDOUT);
	view_mmap(&v, PROT_READ | PROT_WRITE);
	view_check(&v, 2);
	/* a mapping alone keeps it as well, and leads back to it */
	close(v.fd);
	v.fd = -1;
	assert_ok(xendmabuf_lease_dmabuf(v.lease, &v.fd));
	assert_int_equal(xendmabuf_size(v.fd), PAGES * PAGE);
	view_drop(&v);
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -ESTALE);
	assert_int_equal(fd, -1);
	view_end_and_free(&v);
}

static void lease_of_revoked_map_gives_no_dmabuf(void **state)
{
	struct view v;
	int fd;

	(void)state;
	view_begin(&v, 3);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -ESTALE);
	view_end_and_free(&v);
}

static void lease_of_grant_gives_no_dmabuf(void **state)
{
	struct local l;
	int fd;

	(void)state;
	local_alloc(&l, PAGES, "heap", 4);
	local_grant(&l, 0);
	assert_err(xendmabuf_lease_dmabuf(l.lease, &fd), -EINVAL);
	local_end(&l);
}

/* a read-only map's dma-buf stays read-only for every opener */
static void lease_gives_read_only_dmabuf_of_read_only_map(void **state)
{
	struct view v;
	int fd;

	(void)state;
	guest_plain(0, PAGES, "ro", 5, refs);
	view_map(&v, refs, PAGES, XENDMABUF_RDONLY);
	assert_ok(xendmabuf_lease_dmabuf(v.lease, &fd));
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_ptr_equal(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0),
			 MAP_FAILED);
	close(fd);
	view_end_and_free(&v);
}

/*
 * The dma-buf lives on while its directory entry is in use, but its file does not:
 * the memory of that file may be any other file by now.
 */
static void dmabuf_without_file_is_stale(void **state)
{
	int path, fd, others[64];
	struct view v;
	char name[64];
	size_t i, k;

	(void)state;
	view_begin(&v, 6);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", v.fd);
	path = open(name, O_PATH | O_CLOEXEC);
	assert_true(path >= 0);
	assert_ok(xendmabuf_lease_dmabuf(v.lease, &fd));
	close(fd);
	close(v.fd);
	v.fd = -1;
	for (i = 0; i < 20; i++) {
		assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -ESTALE);
		for (k = 0; k < ARRAY_LEN(others); k++) {
			others[k] = open("/dev/null", O_RDWR | O_CLOEXEC);
			assert_true(others[k] >= 0);
		}
		assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -ESTALE);
		for (k = 0; k < ARRAY_LEN(others); k++)
			close(others[k]);
	}
	assert_int_equal(lease_look(v.lease).pages_in_use, PAGES);
	close(path);
	assert_ok(xendmabuf_lease_wait(v.lease, WAIT_MS));
	assert_err(xendmabuf_lease_dmabuf(v.lease, &fd), -ESTALE);
	view_end_and_free(&v);
}

/* opens the dma-buf again until it is gone; the first unexpected error, or 0 */
static void *open_again(void *arg)
{
	struct xendmabuf_lease *lease = arg;
	intptr_t err;
	int fd;

	while (!(err = xendmabuf_lease_dmabuf(lease, &fd)))
		close(fd);
	return (void *)(err == -ESTALE ? 0 : err);
}

static void last_close_races_with_lease_dmabuf(void **state)
{
	struct view v;
	pthread_t thread[2];
	void *result;
	int i, k;

	(void)state;
	guest_plain(0, PAGES, "rw", 7, refs);
	for (i = 0; i < ROUNDS; i++) {
		view_map(&v, refs, PAGES, 0);
		for (k = 0; k < 2; k++)
			assert_int_equal(pthread_create(&thread[k], NULL,
							open_again, v.lease),
					 0);
		if (i % 2)
			sleep_ms(1);
		close(v.fd);
		v.fd = -1;
		/* the threads can keep it alive in turns, but a revoke cannot fail */
		sleep_ms(2);
		assert_ok(xendmabuf_lease_revoke(v.lease));
		for (k = 0; k < 2; k++) {
			assert_int_equal(pthread_join(thread[k], &result), 0);
			assert_null(result);
		}
		view_end(&v);
	}
	agent("free 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(dmabuf_named_after_its_lease),
		world_test(lease_gives_dmabuf_while_it_exists),
		world_test(lease_of_revoked_map_gives_no_dmabuf),
		world_test(lease_of_grant_gives_no_dmabuf),
		world_test(lease_gives_read_only_dmabuf_of_read_only_map),
		world_test(dmabuf_without_file_is_stale),
		world_test(last_close_races_with_lease_dmabuf),
	};

	return world_run("again", tests);
}
