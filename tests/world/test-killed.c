// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process is killed at any point: everything that it had is given back.  Signals that do
 * not kill interrupt no call.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "kmod/xdb_importer.h"
#include "raw.h"

#define PAGES 16
#define STEPS 9
#define LARGE 8100 /* a 4K frame */
#define MANY 1100 /* three batches of hypercalls */

static uint32_t refs[PAGES], large_refs[LARGE];

static long count_leases(void)
{
	struct counts c;

	machine_counts(&c);
	return c.leases;
}

/* all steps in turn, with a byte to @ready after each */
static int run_steps(int ready, const char *importer_path)
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
				/* the parent may be dead already */
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
		/* time for the test to kill this process between two steps */
		usleep(20000);
	}
	for (;;)
		pause();
}

static void process_killed_after_each_step_frees_all(void **state)
{
	long mapped = machine_stat("pages_mapped");
	long before = count_leases();
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
			_exit(run_steps(pipefd[1], "/dev/xdb-importer"));
		close(pipefd[1]);
		for (i = 0; i <= step; i++)
			assert_int_equal(read(pipefd[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		close(pipefd[0]);
		eventually(machine_stat("pages_mapped") == mapped);
		eventually(count_leases() == before);
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

/* killed at a random moment of a large MAP */
static void process_killed_during_map_frees_all(void **state)
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

/* killed (how 0), replaced by execve (1), or ended (2): everything is unmapped */
static void end_process_with(size_t pages)
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

static void process_ended_or_replaced_unmaps_all(void **state)
{
	(void)state;
	end_process_with(PAGES);
	end_process_with(MANY);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* a timer's signals do not end a large MAP, mmap or GRANT */
static void signals_that_do_not_kill_interrupt_nothing(void **state)
{
	static const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	static const struct itimerval never;
	struct sigaction act = { .sa_handler = on_alarm }, was;
	struct xen_dmabuf_grant g;
	struct xen_dmabuf_map m;
	int mapping, granting, dev = raw_open();
	void *va = MAP_FAILED;
	struct local l;

	(void)state;
	guest_plain(0, LARGE, "rw", 1, large_refs);
	local_alloc(&l, LARGE, "heap", 1);
	m = raw_map(world.domid, large_refs, LARGE);
	g = raw_grant(world.domid, l.fd, l.refs, LARGE);
	assert_int_equal(sigaction(SIGALRM, &act, &was), 0);
	alarms = 0;
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	mapping = raw(dev, XEN_DMABUF_IOC_MAP, &m);
	granting = raw(dev, XEN_DMABUF_IOC_GRANT, &g);
	if (!mapping)
		va = mmap(NULL, LARGE * PAGE, PROT_READ, MAP_SHARED,
			  m.dmabuf_fd, 0);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	sigaction(SIGALRM, &was, NULL);
	note("%d signals", (int)alarms);
	assert_ok(mapping);
	assert_ok(granting);
	assert_ptr_not_equal(va, MAP_FAILED);
	assert_true(alarms > 0);
	munmap(va, LARGE * PAGE);
	close(m.dmabuf_fd);
	close(m.lease_fd);
	close(g.lease_fd);
	close(dev);
	local_end(&l);
	agent("free 0");
}

#define AREAS 2000 /* for whose locks a signal has some time to come */
#define CHILDREN 40

/* in a child, whose memory nobody has to be told of yet */
static int mmap_between_signals(void *arg)
{
	static const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction act = { .sa_handler = on_alarm };
	uint8_t *areas;
	size_t i;

	areas = mmap(NULL, AREAS * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (areas == MAP_FAILED)
		return 1;
	for (i = 0; i < AREAS; i += 2)
		if (mprotect(areas + i * PAGE, PAGE, PROT_READ))
			return 2;
	if (sigaction(SIGALRM, &act, NULL) ||
	    setitimer(ITIMER_REAL, &often, NULL))
		return 3;
	return mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, *(int *)arg,
		    0) == MAP_FAILED
		       ? 4
		       : 0;
}

static void signals_do_not_interrupt_the_first_mmap(void **state)
{
	struct view v;
	int i;

	(void)state;
	view_begin_plain(&v, PAGES, 1);
	for (i = 0; i < CHILDREN; i++)
		assert_int_equal(in_child(mmap_between_signals, &v.fd), 0);
	view_end_and_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(process_killed_after_each_step_frees_all),
		world_test(process_killed_during_map_frees_all),
		world_test(process_ended_or_replaced_unmaps_all),
		world_test(signals_that_do_not_kill_interrupt_nothing),
		world_test(signals_do_not_interrupt_the_first_mmap),
	};

	return world_run("killed", tests);
}
