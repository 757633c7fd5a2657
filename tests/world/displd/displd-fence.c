// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fence on the buffers that xen-displd has, as a compositor can put it there.
 *
 * displd-fence PID COMMAND...: makes Linux believe that something is written to each
 * dma-buf of xen-dmabuf's that process PID has open, and runs the command.  Fails if the
 * command does, or if the fence was over before the command was: it lasts ten seconds.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vgem.h"

static bool is_ours(const char *pid, const char *fd)
{
	char path[300], line[128];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/fdinfo/%s", pid, fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		found |= !strncmp(line, "exp_name:\txen_dmabuf", 20);
	if (f)
		fclose(f);
	return found;
}

static void put_fence(int process, const char *fd, int sync)
{
	struct dma_buf_import_sync_file arg = { .flags = DMA_BUF_SYNC_WRITE,
						.fd = sync };
	int dmabuf = (int)syscall(SYS_pidfd_getfd, process, atoi(fd), 0);

	if (dmabuf < 0 || ioctl(dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &arg))
		err(1, "descriptor %s", fd);
	close(dmabuf);
}

/* Returns the number of buffers */
static unsigned int put_fences(const char *pid, int sync)
{
	int process = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
	unsigned int n = 0;
	struct dirent *entry;
	char path[64];
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	if (process < 0 || !d)
		err(1, "process %s", pid);
	while ((entry = readdir(d))) {
		if (!is_ours(pid, entry->d_name))
			continue;
		put_fence(process, entry->d_name, sync);
		n++;
	}
	closedir(d);
	close(process);
	return n;
}

static bool succeeds(char **command)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(*command, command);
		err(127, "%s", *command);
	}
	return waitpid(pid, &status, 0) == pid && !status;
}

int main(int argc, char **argv)
{
	struct pollfd fence = { .events = POLLIN };
	struct vgem_work work;
	unsigned int n;
	bool passed;

	if (argc < 3)
		errx(2, "usage: displd-fence PID COMMAND...");
	errno = -vgem_begin_work(&work);
	if (errno)
		err(1, "a fence of vgem");
	fence.fd = vgem_sync_file(work.dmabuf);
	n = put_fences(argv[1], fence.fd);
	printf("a fence on %u buffers\n", n);
	fflush(stdout);
	passed = n && succeeds(argv + 2);
	if (poll(&fence, 1, 0))
		errx(1, "the fence was over first");
	vgem_end(work.card, work.fence);
	return !passed;
}
