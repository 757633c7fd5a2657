// SPDX-License-Identifier: GPL-2.0-only
/* A process is killed, whatever it is at: all that it had is given back. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_importer.h"

#define PAGES 16
#define STEPS 9
#define LARGE 8100 /* a 4K frame */
#define MANY 1100 /* three batches of hypercalls */

static uint32_t refs[PAGES], large_refs[LARGE];

static long leases(void)
{
	struct counts c;

	machine_counts(&c);
	return c.leases;
}

/* one step after the other; a byte to @ready after each */
static int live(int ready, const char *importer_path)
{
	struct xdb_importer_attach req = {
		.kind = XDB_IMPORTER_DYNAMIC,
		.mask_bits = 64,
	};
	struct xendmabuf_lease *lease = NULL;
	struct xendmabuf *x = NULL;
	uint8_t *va = NULL;
	int step, fd = -1, importer = -1, err = 0;
	pid_t self = getpid(), pid;

	for (step = 0; step < STEPS; step++) {
		switch (step) {
		case 0:
			err = xendmabuf_open(&x);
			break;
		case 1:
			err = xendmabuf_map(x, world.domid, refs, PAGES, 0, &fd,
					    &lease);
			break;
		case 2:
			va = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);
			err = va == MAP_FAILED ? -errno : 0;
			break;
		case 3:
			err = pattern_check(va, 0, PAGES, 60, NULL) ? -EIO : 0;
			break;
		case 4:
			pid = fork();
			if (!pid) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				/* it may be dead already */
				if (getppid() != self)
					_exit(0);
				for (;;)
					pause();
			}
			break;
		case 5:
			importer = open(importer_path, O_RDWR | O_CLOEXEC);
			req.dmabuf_fd = fd;
			err = ioctl(importer, XDB_IMPORTER_IOC_ATTACH, &req);
			break;
		case 6:
			err = ioctl(importer, XDB_IMPORTER_IOC_MAP, 3UL);
			break;
		case 7:
			err = xendmabuf_lease_revoke(lease);
			break;
		case 8:
			err = munmap(va, PAGES * PAGE);
			break;
		}
		if (err || write(ready, "", 1) != 1)
			return 1 + step;
		/* whoever watches may want to be in time */
		usleep(20000);
	}
	for (;;)
		pause();
}

static void killed_after_each_step(void **state)
{
	long mapped = machine_stat("pages_mapped");
	long before = leases();
	int pipefd[2], status, step, i;
	pid_t pid;
	char byte;

	(void)state;
	assert_ok(machine_load("xdb_importer", NULL));
	guest_plain(0, PAGES, "rw", 60, refs);
	for (step = 0; step < STEPS; step++) {
		assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
		pid = fork();
		if (!pid)
			_exit(live(pipefd[1], "/dev/xdb-importer"));
		close(pipefd[1]);
		for (i = 0; i <= step; i++)
			assert_int_equal(read(pipefd[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(pipefd[0]);
		eventually(machine_stat("pages_mapped") == mapped);
		eventually(leases() == before);
	}
	agent("free 0");
}

static int map_large_for_ever(void)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	void *va;
	int fd;

	if (xendmabuf_open(&x))
		return 1;
	for (;;) {
		if (xendmabuf_map(x, world.domid, large_refs, LARGE, 0, &fd,
				  &lease))
			return 2;
		va = mmap(NULL, LARGE * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, fd, 0);
		if (va == MAP_FAILED)
			return 3;
		munmap(va, LARGE * PAGE);
		close(fd);
		xendmabuf_lease_close(lease);
	}
}

/* in the middle of what takes longest */
static void killed_while_mapping(void **state)
{
	long mapped = machine_stat("pages_mapped");
	unsigned int seed = now_ms();
	int i, status;
	struct view v;
	pid_t pid;

	(void)state;
	note("seed %u", seed);
	guest_plain(0, LARGE, "rw", 61, large_refs);
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (!pid)
			_exit(map_large_for_ever());
		sleep_ms(5 + rand_r(&seed) % 400);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		eventually(machine_stat("pages_mapped") == mapped);
	}
	view_map(&v, large_refs, LARGE, 0);
	view_mmap(&v, PROT_READ);
	view_check(&v, 61);
	view_end(&v);
	agent("free 0");
}

struct mapper {
	const uint32_t *refs;
	size_t pages;
	int ready;
	int how;
};

static int map_and_stay(struct mapper *m)
{
	struct xendmabuf_lease *lease;
	struct xendmabuf *x;
	uint8_t *va;
	int fd;

	if (xendmabuf_open(&x) ||
	    xendmabuf_map(x, world.domid, m->refs, m->pages, 0, &fd, &lease))
		return 1;
	va = mmap(NULL, m->pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (va == MAP_FAILED || pattern_check(va, 0, m->pages, 44, NULL))
		return 2;
	if (write(m->ready, "", 1) != 1)
		return 3;
	if (m->how == 1)
		execl("/bin/sleep", "sleep", "60", NULL);
	if (m->how == 2)
		return 0;
	alarm(60);
	for (;;)
		pause();
}

/* killed, replaced by another program, or just over: all is unmapped */
static void process_with(size_t pages)
{
	long mapped = machine_stat("pages_mapped");
	uint32_t many[MANY];
	struct mapper m = { .refs = many, .pages = pages };
	int pipefd[2], status;
	char byte;
	pid_t pid;

	guest_plain(0, pages, "rw", 44, many);
	for (m.how = 0; m.how < 3; m.how++) {
		assert_int_equal(pipe2(pipefd, O_CLOEXEC), 0);
		m.ready = pipefd[1];
		pid = fork();
		if (!pid)
			_exit(map_and_stay(&m));
		close(pipefd[1]);
		assert_int_equal(read(pipefd[0], &byte, 1), 1);
		close(pipefd[0]);
		if (m.how)
			eventually(machine_stat("pages_mapped") == mapped);
		else
			assert_true(machine_stat("pages_mapped") > mapped);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		eventually(machine_stat("pages_mapped") == mapped);
	}
	agent("free 0");
}

static void process_ends(void **state)
{
	(void)state;
	process_with(PAGES);
	process_with(MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(killed_after_each_step),
		world_test(killed_while_mapping),
		world_test(process_ends),
	};

	return world_run("killed", tests);
}
