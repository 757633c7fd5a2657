/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine: what this domain's kernel reports about itself.  Used by the tests in
 * dom0 and by the agent in the guest.
 */
#ifndef XDB_TEST_MACHINE_H
#define XDB_TEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* everything that must be back at its former value after a test */
struct counts {
	long fds; /* open in this process */
	long pages_mapped; /* this and the rest: -1 without the driver */
	long pages_granted;
	long leases;
	long pages_leaked;
};

void machine_counts(struct counts *c);
bool counts_equal(const struct counts *a, const struct counts *b);

/* one number of the driver's debugfs stats; -1 without it */
long machine_stat(const char *name);

/* a number of /proc/meminfo, in KiB; -1 without it */
long machine_meminfo(const char *name);

/* lines that the kernel has logged since it booted; never decreases */
long machine_log_lines(void);

/* run a program without its output; its exit status or -errno */
int machine_run(const char *const argv[]);
/* `xl VERB WHAT`, in dom0 */
int xl(const char *verb, const char *what);
/* a domain's id by its name, or -1 */
int domid_of(const char *name);

/* modprobe, with parameters or NULL; delete_module; 0 or -errno */
int machine_load(const char *module, const char *params);
int machine_remove(const char *module);
bool machine_has_module(const char *module);
/* set a module's parameter: 0 or -errno */
int machine_set_param(const char *module, const char *name, const char *value);

/*
 * Allocate free memory in a child process, until @leave_mib are left or @most MiB are
 * taken, fill it with @poison and free it again.  Memory that was freed while a peer
 * still used it is overwritten thereby, as the kernel reuses first what was freed
 * last.  Returns MiB poisoned, or -errno.
 */
int machine_pressure(uint64_t poison, long leave_mib, int most);

/* milliseconds of the monotonic clock */
int64_t now_ms(void);
void sleep_ms(long ms);

#endif
