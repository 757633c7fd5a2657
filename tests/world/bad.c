// SPDX-License-Identifier: GPL-2.0-only
#include <unistd.h>

#include "bad.h"

int dev;
long mapped, granted;
uint32_t refs[PAGES];

int try_map(struct xen_dmabuf_map *m)
{
	int err = raw(dev, XEN_DMABUF_IOC_MAP, m);

	if (!err) {
		close(m->dmabuf_fd);
		close(m->lease_fd);
	}
	return err;
}

int try_grant(struct xen_dmabuf_grant *g)
{
	int err = raw(dev, XEN_DMABUF_IOC_GRANT, g);

	if (!err)
		close(g->lease_fd);
	return err;
}

void nothing_left(void)
{
	eventually(machine_stat("pages_mapped") == mapped);
	eventually(machine_stat("pages_granted") == granted);
}

void bad_begin(void)
{
	dev = xendmabuf_fd(world.x);
	mapped = machine_stat("pages_mapped");
	granted = machine_stat("pages_granted");
	assert_true(mapped >= 0 && granted >= 0);
}
