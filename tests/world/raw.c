// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common.h"
#include "raw.h"

int raw(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? -errno : 0;
}

struct xen_dmabuf_map raw_map(uint32_t domid, const uint32_t *refs, size_t n)
{
	return (struct xen_dmabuf_map){
		.size = sizeof(struct xen_dmabuf_map),
		.domid = domid,
		.nr_refs = n,
		.refs = (uintptr_t)refs,
	};
}

struct xen_dmabuf_grant raw_grant(uint32_t domid, int dmabuf, uint32_t *refs,
				  size_t n)
{
	return (struct xen_dmabuf_grant){
		.size = sizeof(struct xen_dmabuf_grant),
		.domid = domid,
		.dmabuf_fd = dmabuf,
		.nr_refs = n,
		.refs = (uintptr_t)refs,
	};
}

unsigned long raw_param(const char *name, unsigned long value)
{
	unsigned long old = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/xen_dmabuf/parameters/%s",
		 name);
	f = fopen(path, "r+e");
	if (!f || fscanf(f, "%lu", &old) != 1)
		fail_msg("cannot read %s", path);
	rewind(f);
	fprintf(f, "%lu\n", value);
	if (fclose(f))
		fail_msg("cannot write %s", path);
	return old;
}

int raw_open(void)
{
	int fd = open("/dev/xen/dmabuf", O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

struct xen_dmabuf_info raw_info(int fd)
{
	struct xen_dmabuf_info info = { .size = sizeof(info) };

	assert_ok(raw(fd, XEN_DMABUF_IOC_INFO, &info));
	return info;
}

long raw_fdinfo(int fd, const char *key)
{
	char path[64], line[128];
	size_t len = strlen(key);
	long found = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len) && line[len] == ':')
			found = atol(line + len + 1);
	fclose(f);
	return found;
}
