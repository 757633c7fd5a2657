// SPDX-License-Identifier: GPL-2.0-only
/*
 * measure-cost DOMID COMMAND...: runs the command, and marks its beginning and end for
 * bench/count.c.  Prints its nanoseconds: of the clock, of dom0's first processor and of
 * the first one of the domain DOMID.  Ends as the command has ended.
 *
 * In these worlds dom0 and the guest have one processor each.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>

#include "bench/mark.h"

struct taken {
	uint64_t clock, dom0, guest;
};

static int fail(const char *what)
{
	fprintf(stderr, "measure-cost: %s: %s\n", what, strerror(errno));
	return 1;
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int read_all(xc_interface *xc, uint32_t domid, struct taken *now)
{
	xc_vcpuinfo_t dom0, guest;

	if (xc_vcpu_getinfo(xc, 0, 0, &dom0) ||
	    xc_vcpu_getinfo(xc, domid, 0, &guest))
		return fail("xc_vcpu_getinfo");
	now->clock = clock_ns();
	now->dom0 = dom0.cpu_time;
	now->guest = guest.cpu_time;
	return 0;
}

static int run(char **command)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fail(command[0]);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct taken begin, end;
	uint32_t domid;
	int status;

	if (argc < 3)
		return 2;
	if (!xc)
		return fail("xc_interface_open");
	domid = (uint32_t)strtoul(argv[1], NULL, 10);
	if (read_all(xc, domid, &begin))
		return 1;
	mark(MARK_OTHER);
	status = run(argv + 2);
	mark(MARK_END);
	if (read_all(xc, domid, &end))
		return 1;
	printf("%llu %llu %llu\n",
	       (unsigned long long)(end.clock - begin.clock),
	       (unsigned long long)(end.dom0 - begin.dom0),
	       (unsigned long long)(end.guest - begin.guest));
	xc_interface_close(xc);
	return status;
}
