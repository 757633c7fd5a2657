// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
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
