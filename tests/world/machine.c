// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"
#include "pattern.h"

#define DEBUGFS "/sys/kernel/debug"
#define STATS DEBUGFS "/xen_dmabuf/stats"
#define LEASES DEBUGFS "/xen_dmabuf/leases"

int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

static FILE *debugfs_open(const char *path)
{
	FILE *f = fopen(path, "re");

	if (f || !machine_has_module("xen_dmabuf"))
		return f;
	mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	return fopen(path, "re");
}

long machine_stat(const char *name)
{
	FILE *f = debugfs_open(STATS);
	char key[64];
	long value, found = -1;

	if (!f)
		return -1;
	while (fscanf(f, "%63s %ld", key, &value) == 2)
		if (!strcmp(key, name))
			found = value;
	fclose(f);
	return found;
}

static long count_leases(void)
{
	FILE *f = debugfs_open(LEASES);
	char line[512];
	long n = 0;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		n++;
	fclose(f);
	return n - 1; /* the first line is the header */
}

static long count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	long n = 0;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 3; /* ".", ".." and the directory itself */
}

void machine_counts(struct counts *c)
{
	c->fds = count_fds();
	c->pages_mapped = machine_stat("pages_mapped");
	c->pages_granted = machine_stat("pages_granted");
	c->pages_leaked = machine_stat("pages_leaked");
	c->leases = count_leases();
}

bool counts_equal(const struct counts *a, const struct counts *b)
{
	return a->fds == b->fds && a->pages_mapped == b->pages_mapped &&
	       a->pages_granted == b->pages_granted && a->leases == b->leases &&
	       a->pages_leaked == b->pages_leaked;
}

long machine_meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "re");
	size_t len = strlen(name);
	long found = -1;
	char line[128];

	if (!f)
		return -1;
	while (found < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && line[len] == ':')
			found = atol(line + len + 1);
	fclose(f);
	return found;
}

long machine_log_lines(void)
{
	/* sequence numbers, not a count of lines kept: the ring may wrap */
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];
	long last = -1;
	ssize_t n;

	if (fd < 0)
		return -1;
	for (;;) {
		n = read(fd, record, sizeof(record) - 1);
		if (n < 0 && (errno == EPIPE || errno == EINVAL))
			continue; /* overwritten meanwhile, or a long record */
		if (n <= 0)
			break;
		record[n] = '\0';
		sscanf(record, "%*u,%ld,", &last);
	}
	close(fd);
	return last + 1;
}

int machine_run(const char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		syscall(SYS_close_range, 3U, ~0U, 0U);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

bool machine_has_module(const char *module)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module);
	return !access(path, F_OK);
}

int machine_load(const char *module, const char *params)
{
	const char *argv[] = { "modprobe", module, params, NULL };
	int err = machine_run(argv);

	return err > 0 ? -ENODEV : err;
}

int machine_remove(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

int machine_set_param(const char *module, const char *name, const char *value)
{
	ssize_t len = strlen(value);
	char path[256];
	int fd, err;

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module,
		 name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = write(fd, value, len) == len ? 0 : -errno;
	close(fd);
	return err;
}

#define MIB (1024UL * 1024)
#define AT_ONCE 4 /* MiB */

static void poison_free_memory(uint64_t poison, long leave_mib, int most,
			       int report)
{
	int mib = 0, fd = open("/proc/self/oom_score_adj", O_WRONLY);
	uint64_t *chunk;
	size_t i;

	/* if memory runs out all the same, this process is killed, not the test */
	if (fd >= 0 && write(fd, "1000", 4) < 0)
		_exit(1);
	while (mib < most &&
	       machine_meminfo("MemAvailable") > (leave_mib + AT_ONCE) * 1024 &&
	       machine_meminfo("MemFree") > (leave_mib / 2 + AT_ONCE) * 1024) {
		/* MAP_POPULATE: single page faults take minutes under emulation */
		chunk = mmap(NULL, AT_ONCE * MIB, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (chunk == MAP_FAILED)
			break;
		for (i = 0; i < AT_ONCE * MIB / sizeof(*chunk); i++)
			chunk[i] = poison;
		mib += AT_ONCE;
	}
	if (write(report, &mib, sizeof(mib)) != sizeof(mib))
		_exit(1);
	_exit(0);
}

int machine_pressure(uint64_t poison, long leave_mib, int most)
{
	int pipefd[2], status, mib;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid)
		poison_free_memory(poison, leave_mib, most, pipefd[1]);
	close(pipefd[1]);
	if (pid < 0) {
		close(pipefd[0]);
		return -ENOMEM;
	}
	if (read(pipefd[0], &mib, sizeof(mib)) != sizeof(mib))
		mib = -ECHILD;
	close(pipefd[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return mib;
}

int xl(const char *verb, const char *what)
{
	const char *argv[] = { "xl", verb, what, NULL };

	return machine_run(argv);
}

int domid_of(const char *name)
{
	char cmd[64];
	int domid = -1;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "xl domid %s 2>/dev/null", name);
	f = popen(cmd, "re");
	if (!f || fscanf(f, "%d", &domid) != 1)
		domid = -1;
	if (f)
		pclose(f);
	return domid;
}
