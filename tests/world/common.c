// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"
#include "fd-message.h"

#define MAX_FDS 1024

struct world world;

static struct counts here, there; /* before the test */
static bool agent_has_driver;
static bool fd_was_open[MAX_FDS];
static int64_t began;

void note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	putchar('\n');
	fflush(stdout);
	va_end(ap);
}

void world_timeout(int seconds)
{
	note("timeout %d", seconds);
}

static const char *err_name(long err)
{
	const char *name = err < 0 ? strerrorname_np(-err) : NULL;

	return !err ? "success" : name ? name : "no errno";
}

void check_err(long got, long expected, const char *what, const char *file,
	       int line)
{
	if (got == expected)
		return;
	note("%s: %s (%ld) instead of %s (%ld)", what, err_name(got), got,
	     err_name(expected), expected);
	_fail(file, line);
}

static bool agent_counts(struct counts *c)
{
	if (agent_try("counts"))
		return false;
	c->fds = agent_value[0];
	c->pages_mapped = agent_value[1];
	c->pages_granted = agent_value[2];
	c->leases = agent_value[3];
	c->pages_leaked = agent_value[4];
	return true;
}

int world_setup(void **state)
{
	const char *domid = getenv("GUEST_DOMID");

	(void)state;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!domid) {
		note("GUEST_DOMID is not set: this program runs inside a world only");
		return -1;
	}
	world.domid = atoi(domid);
	agent_use(world.domid);
	if (agent_wait_ready(world.domid) || agent_try("reset")) {
		note("the agent in domain %u does not answer", world.domid);
		return -1;
	}
	if (xendmabuf_open(&world.x)) {
		note("cannot open /dev/xen/dmabuf");
		return -1;
	}
	if (xendmabuf_info(world.x, &world.info, sizeof(world.info)))
		return -1;
	world.pv = world.info.features & XEN_DMABUF_FEATURE_PV;
	return 0;
}

int world_teardown(void **state)
{
	(void)state;
	xendmabuf_close(world.x);
	return agent_try("reset");
}

static void mark_fds(bool *open)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int fd;

	memset(open, 0, MAX_FDS * sizeof(*open));
	while (d && (e = readdir(d))) {
		fd = atoi(e->d_name);
		if (e->d_name[0] != '.' && fd < MAX_FDS && fd != dirfd(d))
			open[fd] = true;
	}
	if (d)
		closedir(d);
}

/* a failed test jumps out of its function: remove its mappings and descriptors */
static void close_leftovers(void)
{
	bool open[MAX_FDS];
	unsigned long from, to;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");
	int fd;

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "/dmabuf:") &&
		    sscanf(line, "%lx-%lx", &from, &to) == 2)
			munmap((void *)from, to - from);
	if (f)
		fclose(f);
	mark_fds(open);
	for (fd = 3; fd < MAX_FDS; fd++)
		if (open[fd] && !fd_was_open[fd])
			close(fd);
}

int world_test_setup(void **state)
{
	(void)state;
	began = now_ms();
	mark_fds(fd_was_open);
	machine_counts(&here);
	agent_has_driver = agent_counts(&there) && there.leases >= 0;
	return 0;
}

static void tell_counts(const char *where, const struct counts *before,
			const struct counts *after)
{
	note("%s: fds %ld -> %ld, mapped %ld -> %ld, granted %ld -> %ld, leases %ld -> %ld, leaked %ld -> %ld",
	     where, before->fds, after->fds, before->pages_mapped,
	     after->pages_mapped, before->pages_granted, after->pages_granted,
	     before->leases, after->leases, before->pages_leaked,
	     after->pages_leaked);
}

int world_test_teardown(void **state)
{
	int64_t end = now_ms() + WAIT_MS;
	struct counts c;
	bool back;

	(void)state;
	note("took %lld ms", (long long)(end - WAIT_MS - began));
	/* before close_leftovers(): the test itself must have given everything back */
	for (;;) {
		machine_counts(&c);
		back = counts_equal(&here, &c);
		if (back || now_ms() > end || c.fds != here.fds)
			break;
		sleep_ms(50);
	}
	if (!back) {
		tell_counts("dom0: counts differ after the test", &here, &c);
		close_leftovers();
	}
	if (agent_try("reset"))
		return -1;
	if (!agent_has_driver)
		return back ? 0 : -1;
	for (end = now_ms() + WAIT_MS; agent_counts(&c); sleep_ms(50)) {
		if (counts_equal(&there, &c))
			return back ? 0 : -1;
		if (now_ms() > end)
			break;
	}
	tell_counts("guest: counts differ after the test", &there, &c);
	return -1;
}

static sigjmp_buf probe_env;

static void probe_caught(int sig)
{
	siglongjmp(probe_env, sig);
}

static int probe_byte(volatile uint8_t *p, uint8_t *read, uint8_t written)
{
	struct sigaction sa = { .sa_handler = probe_caught }, bus, segv;
	int sig;

	sigaction(SIGBUS, &sa, &bus);
	sigaction(SIGSEGV, &sa, &segv);
	sig = sigsetjmp(probe_env, 1);
	if (!sig) {
		if (read)
			*read = *p;
		else
			*p = written;
	}
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return sig;
}

int probe_read(const volatile uint8_t *p, uint8_t *value)
{
	return probe_byte((volatile uint8_t *)p, value, 0);
}

int probe_write(volatile uint8_t *p, uint8_t value)
{
	return probe_byte(p, NULL, value);
}

int in_child(int (*f)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* cmocka's handlers would report in the parent's name */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		alarm(60);
		_exit(f(arg));
	}
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void fd_send(int sock, int fd)
{
	char byte = 0;

	if (fd_message_send(sock, &byte, 1, fd) != 1)
		fail_msg("sendmsg: %s", strerror(errno));
}

int fd_receive(int sock)
{
	char byte;
	int fd;

	if (fd_message_receive(sock, &byte, 1, 0, &fd) != 1)
		return -errno;
	return fd < 0 ? -EPROTO : fd;
}
