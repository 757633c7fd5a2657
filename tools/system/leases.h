/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver's debugfs files: leases and statistics */
#ifndef XT_LEASES_H
#define XT_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XT_DEBUGFS_DIR "/sys/kernel/debug/xen_dmabuf"
#define XT_LEASES_PATH XT_DEBUGFS_DIR "/leases"
#define XT_LEASES_MAX 65536U

struct xt_lease_line {
	uint64_t id;
	char kind[8];
	char state[12];
	uint32_t domid;
	uint32_t pages;
	uint32_t in_use;
	uint32_t attachments;
	uint32_t mmaps;
	uint32_t vmaps;
	bool rdonly;
	int64_t pid;
	char comm[80]; /* with the driver's escapes */
};

/** xt_leases_parse_line - one line of the file leases; -EINVAL if it is not one */
int xt_leases_parse_line(const char *line, struct xt_lease_line *lease);

/** xt_leases_read - all lines; malloc'ed */
int xt_leases_read(const char *path, struct xt_lease_line **leases, size_t *nr);

/** xt_leases_explain - why reading them failed with @err */
const char *xt_leases_explain(int err);
/** xt_leases_advice - and what to do */
const char *xt_leases_advice(int err);

/** xt_stats_read - one figure of the file stats; -ENOENT if it is not there */
int xt_stats_read(const char *name, uint64_t *value);

#endif
