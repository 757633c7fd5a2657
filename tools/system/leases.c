// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/controls.h"
#include "system/leases.h"

int xt_leases_parse_line(const char *line, struct xt_lease_line *lease)
{
	char access[4];
	int at = 0;
	size_t len;

	memset(lease, 0, sizeof(*lease));
	if (sscanf(line,
		   "%" SCNu64 " %7s %11s %" SCNu32 " %" SCNu32 " %" SCNu32
		   " %" SCNu32 " %" SCNu32 " %" SCNu32 " %3s %" SCNd64 " %n",
		   &lease->id, lease->kind, lease->state, &lease->domid,
		   &lease->pages, &lease->in_use, &lease->attachments,
		   &lease->mmaps, &lease->vmaps, access, &lease->pid,
		   &at) != 11 ||
	    !at)
		return -EINVAL;
	if (strcmp(access, "ro") && strcmp(access, "rw"))
		return -EINVAL;
	lease->rdonly = !strcmp(access, "ro");
	/* a process's name, in which the driver has escaped blanks and the like */
	snprintf(lease->comm, sizeof(lease->comm), "%s", line + at);
	len = strcspn(lease->comm, "\n");
	lease->comm[len] = '\0';
	/* any process chooses its name, and root lists it */
	xdc_controls_hide(lease->comm, len, "");
	return 0;
}

int xt_leases_read(const char *path, struct xt_lease_line **leases, size_t *nr)
{
	struct xt_lease_line *all = NULL, *grown;
	size_t n = 0, room = 0;
	char line[512];
	int err = 0;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return -errno;
	/* the first line names the columns */
	if (!fgets(line, sizeof(line), f))
		err = -EPROTO;
	while (!err && n < XT_LEASES_MAX && fgets(line, sizeof(line), f)) {
		if (n == room) {
			room = room ? room * 2 : 16;
			grown = realloc(all, room * sizeof(*all));
			if (!grown) {
				err = -ENOMEM;
				break;
			}
			all = grown;
		}
		err = xt_leases_parse_line(line, &all[n]) ? -EPROTO : 0;
		n++;
	}
	fclose(f);
	if (err) {
		free(all);
		return err;
	}
	*leases = all;
	*nr = n;
	return 0;
}

const char *xt_leases_explain(int err)
{
	switch (err) {
	case -EACCES:
		return "only root may read debugfs";
	case -EPERM:
		return "the kernel lets nobody read debugfs";
	case -ENOENT:
		return "the driver is not loaded, or debugfs is not mounted";
	case -EPROTO:
		return "unknown format";
	default:
		return strerror(-err);
	}
}

const char *xt_leases_advice(int err)
{
	switch (err) {
	case -EACCES:
		return "run as root; or xendmabuf info, which shows every user how many pages are shared";
	case -EPERM:
		return "boot without lockdown=confidentiality; xendmabuf info shows how many pages are shared";
	case -EPROTO:
		return "install the same version of driver and tool";
	default:
		return "as root: modprobe xen_dmabuf; mount -t debugfs none /sys/kernel/debug";
	}
}

int xt_stats_read(const char *name, uint64_t *value)
{
	char line[128], word[64];
	int err = -ENOENT;
	FILE *f;

	f = fopen(XT_DEBUGFS_DIR "/stats", "re");
	if (!f)
		return -errno;
	while (err && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %" SCNu64, word, value) == 2 &&
		    !strcmp(word, name))
			err = 0;
	}
	fclose(f);
	return err;
}
