// SPDX-License-Identifier: GPL-2.0-only
/* GRANT waits for writers if asked; tracepoints tell the life of a share. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "edu.h"
#include "events.h"
#include "kmod/xdb_importer.h"
#include "raw.h"

#define PAGES 8

static int call_importer(int importer, unsigned long cmd, unsigned long arg)
{
	int ret = ioctl(importer, cmd, arg);

	return ret < 0 ? -errno : ret;
}

/* a device attached to @dmabuf */
static int importer_begin(int dmabuf)
{
	struct xdb_importer_attach req = {
		.dmabuf_fd = dmabuf,
		.kind = XDB_IMPORTER_STATIC,
		.mask_bits = 64,
	};
	int fd;

	assert_ok(machine_load("xdb_importer", NULL));
	fd = open("/dev/xdb-importer", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(call_importer(fd, XDB_IMPORTER_IOC_ATTACH, (uintptr_t)&req));
	return fd;
}

/* ---- writers ---- */

static struct {
	struct local local;
	int writer;
	struct xen_dmabuf_grant waiting;
} w;

static void writer_begin(void)
{
	local_alloc(&w.local, PAGES, "heap", 1);
	w.writer = importer_begin(w.local.fd);
	w.waiting = raw_grant(world.domid, w.local.fd, w.local.refs, PAGES);
	w.waiting.flags = XEN_DMABUF_GRANT_WAIT;
}

static void writer_end(void)
{
	close(w.writer);
	local_end(&w.local);
}

/* grant, and end the grant; when GRANT returned.  ETIMEDOUT: it waited in vain */
static int64_t grant_once(struct xen_dmabuf_grant g)
{
	int64_t ended;

	assert_ok(raw(xendmabuf_fd(world.x), XEN_DMABUF_IOC_GRANT, &g));
	ended = now_ms();
	close(g.lease_fd);
	return ended;
}

/* when the fence was signalled, shared with the process that does it */
static volatile int64_t *signalled;

static pid_t signal_fence_later(void)
{
	pid_t pid;

	signalled = mmap(NULL, sizeof(*signalled), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(signalled != MAP_FAILED);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	sleep_ms(4000);
	*signalled = now_ms();
	_exit(!!call_importer(w.writer, XDB_IMPORTER_IOC_SIGNAL, 0));
}

static int exit_status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void grant_waits_for_writers_if_asked(void **state)
{
	struct xen_dmabuf_grant at_once;
	int64_t began, ended;
	pid_t pid;

	(void)state;
	writer_begin();
	at_once = w.waiting;
	at_once.flags = 0;
	/* no writer: nothing to wait for */
	grant_once(w.waiting);

	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_WRITE, 0));
	grant_once(at_once);
	pid = signal_fence_later();
	began = now_ms();
	ended = grant_once(w.waiting);
	assert_int_equal(exit_status_of(pid), 0);
	note("waited %lld ms", (long long)(ended - began));
	assert_true(began < *signalled && *signalled <= ended);
	munmap((void *)(uintptr_t)signalled, sizeof(*signalled));

	/* a device that does not write */
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_FENCE, 0));
	grant_once(w.waiting);
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_SIGNAL, 0));
	writer_end();
}

static void grant_of_hung_writer_fails_etimedout(void **state)
{
	long granted = machine_stat("pages_granted");
	int64_t began;

	(void)state;
	writer_begin();
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_WRITE, 0));
	began = now_ms();
	assert_err(raw(xendmabuf_fd(world.x), XEN_DMABUF_IOC_GRANT, &w.waiting),
		   -ETIMEDOUT);
	assert_true(now_ms() - began >= 9500);
	/* nothing stays attached or granted */
	assert_int_equal(machine_stat("pages_granted"), granted);
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_SIGNAL, 0));
	writer_end();
}

static void ignore_signal(int sig)
{
	(void)sig;
}

/* waits while a timer sends signals, which do not interrupt it */
static void grant_under_signals(void)
{
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action = { .sa_handler = ignore_signal };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	_exit(raw(xendmabuf_fd(world.x), XEN_DMABUF_IOC_GRANT, &w.waiting) ? 1
									   : 2);
}

static void grant_that_waits_ends_by_sigkill_alone(void **state)
{
	int64_t began;
	int status;
	pid_t pid;

	(void)state;
	writer_begin();
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_WRITE, 0));
	began = now_ms();
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		grant_under_signals();
	sleep_ms(2000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* GRANT would have waited longer by itself */
	assert_true(now_ms() - began < 9500);
	assert_ok(call_importer(w.writer, XDB_IMPORTER_IOC_SIGNAL, 0));
	writer_end();
}

/* ---- tracepoints ---- */

/* the line that the events of a lease end with */
static const char *lease_text(uint64_t id)
{
	static char text[128];

	snprintf(text, sizeof(text), "lease=%llu domid=%u pages=%u rw",
		 (unsigned long long)id, world.domid, PAGES);
	return text;
}

/* refused for a card that reaches 16 MiB alone; false without a card */
static bool bounce_refused(int dmabuf)
{
	int edu = edu_open(), err;

	if (edu < 0)
		return false;
	/* the kernel maps for a static importer when it attaches, or not */
	err = edu_attach(edu, dmabuf, 24);
	if (!err)
		err = edu_map(edu, XDB_EDU_BOTH, NULL);
	close(edu);
	assert_err(err, -EREMOTEIO);
	return true;
}

static void tracepoints_tell_the_life_of_a_share(void **state)
{
	uint64_t map_id, grant_id;
	uint32_t refs[PAGES];
	bool bounced;
	struct view v;
	struct local l;

	(void)state;
	if (!events_begin())
		skip();
	agent("load xen_dmabuf");
	guest_plain(0, PAGES, "rw", 1, refs);
	view_map(&v, refs, PAGES, 0);
	map_id = xendmabuf_lease_id(v.lease);
	bounced = bounce_refused(v.fd);
	assert_ok(xendmabuf_lease_revoke(v.lease));
	view_end(&v);
	agent("free 0");
	local_alloc(&l, PAGES, "heap", 2);
	local_grant(&l, 0);
	grant_id = xendmabuf_lease_id(l.lease);
	assert_ok(local_to_guest(&l, 0, "rw"));
	agent("free 0");
	local_end(&l);
	events_end();

	events_print();
	assert_true(events_have("xen_dmabuf_map:", lease_text(map_id)));
	assert_true(events_have("xen_dmabuf_revoke:", lease_text(map_id)));
	assert_true(events_have("xen_dmabuf_returned:", lease_text(map_id)));
	assert_true(events_have("xen_dmabuf_grant:", lease_text(grant_id)));
	assert_true(events_have("xen_dmabuf_revoke:", lease_text(grant_id)));
	assert_true(events_have("xen_dmabuf_returned:", lease_text(grant_id)));
	assert_true(!bounced ||
		    events_have("xen_dmabuf_bounce_refused:", "device=0000:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(grant_waits_for_writers_if_asked),
		world_test(grant_of_hung_writer_fails_etimedout),
		world_test(grant_that_waits_ends_by_sigkill_alone),
		world_test(tracepoints_tell_the_life_of_a_share),
	};

	return world_run("grant", tests);
}
