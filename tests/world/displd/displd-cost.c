// SPDX-License-Identifier: GPL-2.0-only
/*
 * displd-cost PID SECONDS: what a process and dom0 as a whole take meanwhile.
 *
 * Prints nanoseconds of the process, nanoseconds of dom0's first processor, and
 * dom0's hypercalls, or -1 where Xen does not trace them (PVH).  They are counted on
 * physical processor 0, which dom0 has for itself in these worlds.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xen/trace.h>

#define TRACE "trace"
/* xen/trace.h: a record is its header, perhaps two words of time, and extras */
#define EVENT(header) ((header)&0x0fffffff)
#define EXTRAS(header) ((header) >> 28 & 7)
#define TIMED(header) ((header) >> 31)

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

static void trace(const char *seconds)
{
	pid_t pid = fork();

	if (!pid) {
		execlp("xentrace", "xentrace", "-D", "-S", "256", "-e",
		       "0x0020f000", "-T", seconds, TRACE, (char *)NULL);
		_exit(127);
	}
	sleep((unsigned int)atoi(seconds));
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static long hypercalls(void)
{
	FILE *file = fopen(TRACE, "rb");
	uint32_t header, words[2 + 7], cpu = UINT32_MAX;
	long n = 0;

	while (file && fread(&header, 4, 1, file) == 1) {
		uint32_t time = TIMED(header) ? 2 : 0;
		uint32_t len = time + EXTRAS(header);

		if (fread(words, 4, len, file) != len)
			break;
		if (EVENT(header) == TRC_TRACE_CPU_CHANGE)
			cpu = words[time];
		else if (!cpu && EVENT(header) == TRC_PV_HYPERCALL_V2)
			n++;
	}
	if (file)
		fclose(file);
	remove(TRACE);
	/* dom0 cannot do without */
	return n ? n : -1;
}

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	uint64_t process, dom0;

	if (argc != 3 || !xc)
		return 2;
	process = process_ns(argv[1]);
	dom0 = dom0_ns(xc);
	trace(argv[2]);
	process = process_ns(argv[1]) - process;
	dom0 = dom0_ns(xc) - dom0;
	printf("%" PRIu64 " %" PRIu64 " %ld\n", process, dom0, hypercalls());
	xc_interface_close(xc);
	return 0;
}
