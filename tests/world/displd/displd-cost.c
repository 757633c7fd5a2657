// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-cost PID SECONDS: what flips cost the daemon PID and dom0 as a whole.
 * displd-cost bare DOMID MS SECONDS: the same of a process that does what no flip can do
 * without: it waits in epoll_wait() for so many milliseconds, and sends domain DOMID two
 * events (of the response, and of the flip; that nobody hears them saves Xen's work for
 * the receiver).
 *
 * Prints the flips done in these seconds; nanoseconds of the clock, of the process and
 * of dom0's first processor; dom0's hypercalls, or -1 where Xen does not trace them
 * (PVH); and how many of each kind, as NUMBER:TIMES.  Marks the time for bench/count.c
 * as well.
 *
 * In these worlds dom0 has physical processor 0 for itself: only this one is measured.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xen/trace.h>

#include "bench/mark.h"
#include "control.h"

#define TRACE "trace"
/* xen/trace.h: a record is a header, two words of time if TIMED, and EXTRAS words */
#define EVENT(header) (0x0fffffff & (header))
#define EXTRAS(header) ((header) >> 28 & 7)
#define TIMED(header) ((header) >> 31)
#define CALL(word) (0xfffff & (word))

#define CALLS 64U

struct taken {
	uint64_t flips, clock, process, dom0;
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t process_ns(const char *pid)
{
	uint64_t ns = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%" SCNu64, &ns) != 1)
		perror(path);
	if (file)
		fclose(file);
	return ns;
}

static uint64_t dom0_ns(xc_interface *xc)
{
	xc_vcpuinfo_t info = { .cpu_time = 0 };

	if (xc_vcpu_getinfo(xc, 0, 0, &info))
		perror("xc_vcpu_getinfo");
	return info.cpu_time;
}

/* of a bare process, which it counts in memory that both share; NULL: the daemon's flips */
static volatile uint64_t *wakes;

static uint64_t count_flips(void)
{
	static const char key[] = "\"done\":";
	uint64_t n = 0;
	char *text = NULL, *at;
	size_t len = 0;
	FILE *file;

	if (wakes)
		return *wakes;
	file = open_memstream(&text, &len);
	if (!file || xd_client_status(XD_CONTROL_PATH, true, file))
		exit(1);
	fclose(file);
	for (at = text; (at = strstr(at, key)); at += sizeof(key) - 1)
		n += strtoull(at + sizeof(key) - 1, NULL, 10);
	free(text);
	return n;
}

/*
 * The flips are read first, at the start as at the end: so they were done between the
 * two readings of the clocks, however long the daemon takes to answer.
 */
static struct taken read_all(xc_interface *xc, const char *pid)
{
	struct taken now = { .flips = count_flips() };

	now.clock = clock_ns();
	now.process = process_ns(pid);
	now.dom0 = dom0_ns(xc);
	return now;
}

/* The process of "bare"; never returns */
static void wake_up(uint32_t domid, int ms)
{
	xenevtchn_handle *evtchn = xenevtchn_open(NULL, 0);
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	int one = evtchn ? xenevtchn_bind_unbound_port(evtchn, domid) : -1;
	int two = evtchn ? xenevtchn_bind_unbound_port(evtchn, domid) : -1;
	struct epoll_event none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (epfd < 0 || one < 0 || two < 0)
		_exit(1);
	while (!epoll_wait(epfd, &none, 1, ms) &&
	       !xenevtchn_notify(evtchn, (evtchn_port_t)one) &&
	       !xenevtchn_notify(evtchn, (evtchn_port_t)two))
		++*wakes;
	_exit(1);
}

/* Its process id as text */
static const char *start_bare(uint32_t domid, int ms)
{
	static char text[16];
	void *shared = mmap(NULL, sizeof(*wakes), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (shared == MAP_FAILED)
		exit(1);
	wakes = shared;
	pid = fork();
	if (!pid)
		wake_up(domid, ms);
	snprintf(text, sizeof(text), "%d", pid);
	return text;
}

static pid_t start_trace(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		execlp("xentrace", "xentrace", "-D", "-S", "256", "-e",
		       "0x0020f000", TRACE, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/*
 * Counts between dom0_ns()'s hypercalls: the first and the last domctl of the trace.
 * @kinds may have some that came after it.
 */
static long count_hypercalls(long kinds[CALLS])
{
	FILE *file = fopen(TRACE, "rb");
	uint32_t header, words[2 + 7], cpu = UINT32_MAX;
	long n = -1, at_end = -1;

	if (!file)
		perror(TRACE);
	while (file && fread(&header, 4, 1, file) == 1) {
		uint32_t time = TIMED(header) ? 2 : 0;
		uint32_t len = time + EXTRAS(header);

		if (fread(words, 4, len, file) != len)
			break;
		if (EVENT(header) == TRC_TRACE_CPU_CHANGE)
			cpu = words[time];
		if (cpu || EVENT(header) != TRC_PV_HYPERCALL_V2)
			continue;
		if (n >= 0) {
			n++;
			kinds[CALL(words[time]) % CALLS]++;
		}
		if (CALL(words[time]) != __HYPERVISOR_domctl)
			continue;
		if (n < 0)
			n = 0;
		at_end = n;
	}
	if (file)
		fclose(file);
	remove(TRACE);
	return at_end;
}

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	struct taken before, after;
	long kinds[CALLS] = { 0 };
	unsigned int i;
	const char *pid = argv[1];
	pid_t trace;

	if (!xc || (argc != 3 && (argc != 5 || strcmp(pid, "bare") != 0)))
		return 2;
	if (argc == 5)
		pid = start_bare((uint32_t)atoi(argv[2]), atoi(argv[3]));
	trace = start_trace();
	sleep(1); /* until xentrace runs */
	before = read_all(xc, pid);
	mark(MARK_OTHER);
	sleep((unsigned int)atoi(argv[argc - 1]));
	after = read_all(xc, pid);
	mark(MARK_END);
	if (trace > 0 && !kill(trace, SIGTERM))
		waitpid(trace, NULL, 0);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %ld",
	       after.flips - before.flips, after.clock - before.clock,
	       after.process - before.process, after.dom0 - before.dom0,
	       count_hypercalls(kinds));
	for (i = 0; i < CALLS; i++)
		if (kinds[i])
			printf(" %u:%ld", i, kinds[i]);
	printf("\n");
	xc_interface_close(xc);
	return 0;
}
